"""Letters with a link that somebody requested, or that stops a change.

Mentoring is in mentoring_letters.py, an organisation's own words in own_words.py. links.py decides when they
go.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from credserv.exchange.bookings import build_calendar
from credserv.journeys.admit.letters import link_of_letter
from credserv.journeys.admit.notices import FREEZE, change_told
from credserv.journeys.admit.sign_in import INVITATION_LIFE, WALLET_LINK_LIFE
from credserv.journeys.admit.writing_to import language_of
from credserv.journeys.deliver.letter_form import Content, Speech, issuer_name, letter_of
from credserv.journeys.deliver.mentoring_letters import booked, booking_letter, case_letter, feedback_letter
from credserv.journeys.deliver.notification_letters import notification_letter
from credserv.journeys.deliver.own_words import own_letter
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.access import LinkPurpose
from credserv.records.letters import DueLinkLetter


def link_letter(services: Services, due: DueLinkLetter, now: datetime) -> Letter | None:
    """Return the letter with a requested link; None if it leads nowhere, which the requester must not
    learn.
    """
    link = None if due.wanted is None else link_of_letter(services, due.wanted, now)
    if due.wanted is None or link is None:
        return None
    language = language_of(services, due.wanted.subject) or due.language
    own = own_letter(services, due.wanted, link, language, now)
    write, claim = _LINK_LETTERS[due.wanted.purpose], due.wanted.claim
    content, subject = own or write(services, Speech.of(language), link, claim, now)
    letter = letter_of(services, due.wanted.subject, None, subject, content, f"link.{due.token_sha256}")
    if due.wanted.purpose is not LinkPurpose.BOOKING_LETTER:
        return letter
    booking = booked(services, due.wanted.claim)
    return replace(letter, calendar=build_calendar(booking), calendar_method=booking.method)


def _wallet_letter(
    services: Services, speech: Speech, link: str, claim: str | None, now: datetime
) -> tuple[Content, str]:
    issuer, again = issuer_name(services), f"{services.public_url}/wallet"
    if claim:
        first = speech.say("You asked for a link to keep your badge from %(issuer)s.", issuer=issuer)
        button, subject = speech.say("Keep my badge"), speech.say("Your link to keep your badge")
    else:
        first = speech.say("You asked for a link to open your wallet from %(issuer)s.", issuer=issuer)
        button, subject = speech.say("Open my wallet"), speech.say("Your link to open your wallet")
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(first,),
        button=button,
        link=link,
        notes=(
            speech.say(
                "This link shows that the address is yours, so please do not pass it on. It works once, "
                "until %(day)s; a newer one ends it. You can ask for a new one at any time: %(again)s",
                day=speech.day(now + WALLET_LINK_LIFE),
                again=again,
            ),
            _not_you(speech),
        ),
        language=speech.language,
    )
    return content, subject


def _console_letter(
    services: Services, speech: Speech, link: str, _claim: str | None, _now: datetime
) -> tuple[Content, str]:
    issuer = issuer_name(services)
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(speech.say("You asked for a link to the console of %(issuer)s.", issuer=issuer),),
        button=speech.say("Sign in"),
        link=link,
        notes=(
            speech.say("It works once, within 15 minutes. Please do not pass it on."),
            _not_you(speech),
        ),
        language=speech.language,
    )
    return content, speech.say("Sign in to the console of %(issuer)s", issuer=issuer)


def _proof_letter(
    services: Services, speech: Speech, link: str, _claim: str | None, _now: datetime
) -> tuple[Content, str]:
    where = f"{services.public_url}/wallet/sessions"
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "Somebody who is signed in to your wallet at %(issuer)s wants to change it.",
                issuer=issuer_name(services),
            ),
        ),
        button=speech.say("Yes, it is me"),
        link=link,
        notes=(
            speech.say(
                "The link works once, within 15 minutes, in the browser in which it was asked for. Please do "
                "not pass it on."
            ),
            speech.say(
                "If you did not ask for this link, do not open it: nothing changes unless you do. "
                "Somebody else may be signed in to your wallet. See where, and sign out everywhere: "
                "%(where)s",
                where=where,
            ),
        ),
        language=speech.language,
    )
    return content, speech.say("Is it you?")


def _address_letter(
    services: Services, speech: Speech, link: str, _claim: str | None, _now: datetime
) -> tuple[Content, str]:
    issuer = issuer_name(services)
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say("You asked to add this address to your wallet at %(issuer)s.", issuer=issuer),
        ),
        button=speech.say("Add this address"),
        link=link,
        notes=(
            speech.say(
                "The link works once, within 15 minutes, in the browser in which your wallet is open. Please "
                "do not pass it on."
            ),
            _not_you(speech),
        ),
        language=speech.language,
    )
    return content, speech.say("Add this address to your wallet")


def _join_letter(
    services: Services, speech: Speech, link: str, _claim: str | None, _now: datetime
) -> tuple[Content, str]:
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "You asked to join the wallet of this address at %(issuer)s with another one of yours.",
                issuer=issuer_name(services),
            ),
        ),
        button=speech.say("Show that both are mine"),
        link=link,
        notes=(
            speech.say(
                "The link works once, within 15 minutes, in the browser in which you asked for it. Please do "
                "not pass it on."
            ),
            _not_you(speech),
        ),
        language=speech.language,
    )
    return content, speech.say("Join your wallets")


def _notice_letter(
    services: Services, speech: Speech, link: str, claim: str | None, now: datetime
) -> tuple[Content, str]:
    where = f"{services.public_url}/wallet/identity"
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "Something about your wallet at %(issuer)s has changed: %(what)s.",
                issuer=issuer_name(services),
                what=speech.say(change_told(claim or "").value),
            ),
            speech.say("If it was you, you do not have to do anything. If it was not you, stop it:"),
        ),
        button=speech.say("This was not me"),
        link=link,
        notes=(
            speech.say(
                "The link works until %(day)s. It ends all sessions of the wallet, and for three days "
                "nobody can change how it is opened. Then sign in with an address that only you read, "
                "and look at what opens your wallet: %(where)s",
                day=speech.day(now + FREEZE),
                where=where,
            ),
        ),
        language=speech.language,
    )
    return content, speech.say("Your wallet has changed")


def _invitation(
    services: Services, speech: Speech, link: str, _claim: str | None, now: datetime
) -> tuple[Content, str]:
    issuer, where = issuer_name(services), f"{services.public_url}/console"
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "You are invited to work in the console of %(issuer)s, where its badges are issued.",
                issuer=issuer,
            ),
        ),
        button=speech.say("Accept and sign in"),
        link=link,
        notes=(
            speech.say(
                "The link works once, until %(day)s. After that, ask for one at %(where)s with this address.",
                day=speech.day(now + INVITATION_LIFE),
                where=where,
            ),
            speech.no_matter(services),
        ),
        language=speech.language,
    )
    return content, speech.say("You are invited to the console of %(issuer)s", issuer=issuer)


def _not_you(speech: Speech) -> str:
    return speech.say("If you did not ask for it, you do not have to do anything.")


_LINK_LETTERS = {
    LinkPurpose.WALLET_LETTER: _wallet_letter,
    LinkPurpose.PROOF_LETTER: _proof_letter,
    LinkPurpose.ADDRESS_LETTER: _address_letter,
    LinkPurpose.JOIN_LETTER: _join_letter,
    LinkPurpose.NOTICE_LETTER: _notice_letter,
    LinkPurpose.CONSOLE_LETTER: _console_letter,
    LinkPurpose.INVITATION: _invitation,
    LinkPurpose.FEEDBACK_LETTER: feedback_letter,
    LinkPurpose.BOOKING_LETTER: booking_letter,
    LinkPurpose.CASE_LETTER: case_letter,
    LinkPurpose.TOLD_LETTER: notification_letter,
}

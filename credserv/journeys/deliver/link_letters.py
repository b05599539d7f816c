"""Deliver: what the letters say that bring a link which somebody asked for, or which stops a change.

Those about mentoring are in mentoring_letters.py, an organisation's own words in own_words.py. When letters
go is in links.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from credserv.exchange.bookings import build_calendar
from credserv.journeys.admit.letters import resolve_letter
from credserv.journeys.admit.notices import FREEZE, change_told
from credserv.journeys.admit.sign_in import INVITATION_LIFE, WALLET_LINK_LIFE
from credserv.journeys.deliver.letter_form import Content, contact, day_of, greeting, issuer_name, letter_of
from credserv.journeys.deliver.mentoring_letters import booked, booking_letter, case_letter, feedback_letter
from credserv.journeys.deliver.own_words import own_letter
from credserv.journeys.deliver.told_letters import told_letter
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.access import LinkPurpose
from credserv.records.letters import DueLinkLetter

_NOT_YOU = "You did not ask for it? Then nothing needs to be done."


def link_letter(services: Services, due: DueLinkLetter, now: datetime) -> Letter | None:
    """The letter with the link that somebody asked for. None where it leads nowhere: of that, whoever asked
    is not to learn."""
    link = None if due.wanted is None else resolve_letter(services, due.wanted, now)
    if due.wanted is None or link is None:
        return None
    own = own_letter(services, due.wanted, link, now)
    content, subject = own or _LINK_LETTERS[due.wanted.purpose](services, link, due.wanted.claim, now)
    letter = letter_of(services, due.wanted.subject, None, subject, content, f"link.{due.token_sha256}")
    if due.wanted.purpose is not LinkPurpose.BOOKING_LETTER:
        return letter
    booking = booked(services, due.wanted.claim)
    return replace(letter, calendar=build_calendar(booking), calendar_method=booking.method)


def _wallet_letter(services: Services, link: str, claim: str | None, now: datetime) -> tuple[Content, str]:
    issuer = issuer_name(services)
    asked = "keep your badge" if claim else "open your wallet"
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"You asked for a link to {asked} from {issuer}.",),
        button="Keep my badge" if claim else "Open my wallet",
        link=link,
        notes=(
            "This link shows that the address is yours, so please do not pass it on. It works once, until "
            f"{day_of(now + WALLET_LINK_LIFE)}; a newer one ends it. You can ask for a new one at any time: "
            f"{services.public_url}/wallet",
            _NOT_YOU,
        ),
    )
    return content, f"Your link to {asked}"


def _console_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[Content, str]:
    issuer = issuer_name(services)
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"You asked for a link to the console of {issuer}.",),
        button="Sign in",
        link=link,
        notes=("It works once, within 15 minutes. Please do not pass it on.", _NOT_YOU),
    )
    return content, f"Sign in to the console of {issuer}"


def _works_once(where: str) -> str:
    """where: of which browser."""
    return f"The link works once, within 15 minutes, in the browser {where}. Please do not pass it on."


def _proof_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[Content, str]:
    issuer, where = issuer_name(services), f"{services.public_url}/wallet/sessions"
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"Somebody who is signed in to your wallet at {issuer} wants to change it.",),
        button="Yes, it is me",
        link=link,
        notes=(
            _works_once("in which it was asked for"),
            "You did not ask for it? Then do not open it: without it nothing is changed. Somebody may be "
            f"signed in to your wallet. See where, and sign out everywhere: {where}",
        ),
    )
    return content, "Is it you?"


def _address_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[Content, str]:
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"You asked to add this address to your wallet at {issuer_name(services)}.",),
        button="Add this address",
        link=link,
        notes=(
            _works_once("in which your wallet is open"),
            _NOT_YOU,
        ),
    )
    return content, "Add this address to your wallet"


def _join_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[Content, str]:
    content = Content(
        greeting=greeting(None),
        paragraphs=(
            f"You asked to join the wallet of this address at {issuer_name(services)} with another one of "
            "yours.",
        ),
        button="Show that both are mine",
        link=link,
        notes=(
            _works_once("in which you asked for it"),
            _NOT_YOU,
        ),
    )
    return content, "Join your wallets"


def _notice_letter(services: Services, link: str, claim: str | None, now: datetime) -> tuple[Content, str]:
    content = Content(
        greeting=greeting(None),
        paragraphs=(
            f"Something about your wallet at {issuer_name(services)} has changed: "
            f"{change_told(claim or '').value}.",
            "It was you? Then nothing needs to be done. If it was not you, stop it:",
        ),
        button="This was not me",
        link=link,
        notes=(
            f"The link works until {day_of(now + FREEZE)}. It ends all sessions of the wallet, and for three "
            "days nobody changes how it is opened. See what opens it, with an address that only you read: "
            f"{services.public_url}/wallet/identity",
        ),
    )
    return content, "Your wallet has changed"


def _invitation(services: Services, link: str, _claim: str | None, now: datetime) -> tuple[Content, str]:
    issuer = issuer_name(services)
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"You are invited to work in the console of {issuer}, where its badges are issued.",),
        button="Accept and sign in",
        link=link,
        notes=(
            f"The link works once, until {day_of(now + INVITATION_LIFE)}. After that, ask for one at "
            f"{services.public_url}/console with this address.",
            f"You do not know what this is about? Then nothing needs to be done.{contact(services)}",
        ),
    )
    return content, f"You are invited to the console of {issuer}"


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
    LinkPurpose.TOLD_LETTER: told_letter,
}

"""Deliver: what the letters say that tell a person of a badge, or bring a link that somebody asked for.

An award letter opens nothing: it leads to a page that names the badge. When letters go, and what is written
down of that, is in outbox.py.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from credserv.exchange.bookings import build_calendar
from credserv.ground.errors import NotFoundError
from credserv.ground.names import one_line
from credserv.journeys.accredit.bookings import booking_of
from credserv.journeys.accredit.news import News, news_of
from credserv.journeys.admit.letters import resolve_letter
from credserv.journeys.admit.notices import FREEZE, change_told
from credserv.journeys.admit.sign_in import INVITATION_LIFE, WALLET_LINK_LIFE
from credserv.journeys.deliver.words import fill, words_for
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.access import FEEDBACK_LIFE, LinkPurpose
from credserv.records.achievements import AchievementVersion
from credserv.records.feedback_rounds import IN_ROUND
from credserv.records.letter_words import LetterWords
from credserv.records.letters import DueLetter, DueLinkLetter, Tells
from credserv.records.lives import Life
from credserv.records.mentoring import MentoringSession

_MAX_LINE_CHARS = 150


# --- what the letters say -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    """One letter in words: the same for its plain and its HTML form. greeting: "" for none of its own."""

    greeting: str
    paragraphs: Sequence[str]
    button: str
    link: str
    notes: Sequence[str]
    language: str = "en"


def badge_letter(services: Services, due: DueLetter) -> Letter:
    """The letter about one badge, in the organisation's own words where there are some for the person. Raises
    NotFoundError for an unknown achievement."""
    member = services.store.members.of_person(due.person_id) if services.store.letter_words.all() else None
    own = words_for(services, due.tells, None if member is None else member.language)
    if own is not None:
        return _own_letter(services, due, own)
    if due.tells is Tells.DUE:
        life = services.store.accreditations.of_credential(due.letter.credential_id)
        return _due_letter(services, due) if life is None else _renewal_letter(services, due, life)
    return _award_letter(services, due)


def _own_letter(services: Services, due: DueLetter, words: LetterWords) -> Letter:
    version = _version(services, due)
    ends = version.ends(due.awarded_at)
    filled = fill(
        words,
        {
            "name": _line(due.name or ""),
            "badge": _line(str(version.achievement["name"])),
            "issuer": _issuer_name(services),
            "description": _line(str(version.achievement.get("description", "")), 500),
            "ends": "" if ends is None else services.today(ends).isoformat(),
            "contact": _line(str(services.issuer.profile.get("email") or "")),
        },
    )
    link = f"{services.public_url}/wallet/credentials/{due.letter.credential_id}"
    content = _Content("", filled.paragraphs, filled.button, link, filled.notes, filled.language)
    key = f"{due.tells.value}.{due.letter.credential_id}"
    return _letter(due.email, due.name, filled.subject, content, key)


def _award_letter(services: Services, due: DueLetter) -> Letter:
    version = _version(services, due)
    issuer, badge = _issuer_name(services), _line(str(version.achievement["name"]))
    content = _Content(
        greeting=_greeting(due.name),
        paragraphs=(
            f"{issuer} has awarded you the badge “{badge}”.",
            _line(str(version.achievement.get("description", "")), 500),
            "It is waiting for you. Sign in to keep it, download it and share it:",
        ),
        button="See my badge",
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            "The page names the badge and asks you to sign in; there is no password and no account.",
            f"The badge is a digital credential (Open Badges 3.0), signed by {issuer}. Whoever you show it "
            "to can check that it is genuine and still valid, free and without an account.",
            f"You do not know what this is about? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    subject = f"{issuer} has awarded you “{badge}”"
    return _letter(due.email, due.name, subject, content, f"award.{due.letter.credential_id}")


def _renewal_letter(services: Services, due: DueLetter, life: Life) -> Letter:
    """Of an accreditation, whose term ends, or has ended and is in grace."""
    version, term = _version(services, due), life.newest
    issuer, badge = _issuer_name(services), _line(str(version.achievement["name"]))
    ended = due.letter.queued_at >= term.term_end
    first = (
        f"The term of your accreditation “{badge}” from {issuer} ended on {_day(term.term_end)}."
        if ended
        else f"The term of your accreditation “{badge}” from {issuer} ends on {_day(term.term_end)}."
    )
    content = _Content(
        greeting=_greeting(due.name),
        paragraphs=(
            first,
            f"It stays in force until {_day(term.grace_end)}. What a renewal asks, and how far you are:",
        ),
        button="See what my renewal asks",
        link=f"{services.public_url}/wallet/mentoring/practice",
        notes=(
            "The next term follows on this one, whether you renew early or late. After the day named above "
            "it is not in force until it is renewed.",
            f"You do not need it any more? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    subject = f"Your accreditation “{badge}” {'is in grace' if ended else 'is due for renewal'}"
    key = f"renewal.{term.number}.{'grace' if ended else 'due'}.{due.letter.credential_id}"
    return _letter(due.email, due.name, subject, content, key)


def _due_letter(services: Services, due: DueLetter) -> Letter:
    version = _version(services, due)
    issuer, badge = _issuer_name(services), _line(str(version.achievement["name"]))
    ends = version.ends(due.awarded_at)
    until = "soon" if ends is None else f"on {_day(ends)}"
    content = _Content(
        greeting=_greeting(due.name),
        paragraphs=(
            f"Your badge “{badge}” from {issuer} ends {until}.",
            "Until then it is good as it is. What it takes to earn it again is on its page:",
        ),
        button="See my badge",
        link=f"{services.public_url}/wallet/credentials/{due.letter.credential_id}",
        notes=(
            "After that day it stays in your wallet, and whoever checks it sees that it was genuine and has "
            "ended.",
            f"You do not need it any more? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    subject = f"Your badge “{badge}” ends {until}"
    return _letter(due.email, due.name, subject, content, f"due.{due.letter.credential_id}")


def link_letter(services: Services, due: DueLinkLetter, now: datetime) -> Letter | None:
    """The letter with the link that somebody asked for. None where it leads nowhere: of that, whoever asked
    is not to learn."""
    link = None if due.wanted is None else resolve_letter(services, due.wanted, now)
    if due.wanted is None or link is None:
        return None
    content, subject = _LINK_LETTERS[due.wanted.purpose](services, link, due.wanted.claim, now)
    letter = _letter(due.wanted.subject, None, subject, content, f"link.{due.token_sha256}")
    if due.wanted.purpose is not LinkPurpose.BOOKING_LETTER:
        return letter
    booking = booking_of(services, _session(services, due.wanted.claim))
    return replace(letter, calendar=build_calendar(booking), calendar_method=booking.method)


def _version(services: Services, due: DueLetter) -> AchievementVersion:
    version = services.store.achievements.get(due.achievement_key, due.achievement_version)
    if version is None:
        raise NotFoundError(f"there is no achievement {due.achievement_key} {due.achievement_version}")
    return version


def _issuer_name(services: Services) -> str:
    return _line(str(services.issuer.profile.get("name") or services.public_url))


def _contact(services: Services) -> str:
    email = services.issuer.profile.get("email")
    return f" Questions go to {_line(str(email))}." if email else ""


def _greeting(name: str | None) -> str:
    return f"Hello {_line(name)}," if name and _line(name) else "Hello,"


def _wallet_letter(services: Services, link: str, claim: str | None, now: datetime) -> tuple[_Content, str]:
    issuer = _issuer_name(services)
    asked = "keep your badge" if claim else "open your wallet"
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(f"You asked for a link to {asked} from {issuer}.",),
        button="Keep my badge" if claim else "Open my wallet",
        link=link,
        notes=(
            "This link shows that the address is yours, so please do not pass it on. It works once, until "
            f"{_day(now + WALLET_LINK_LIFE)}; a newer one ends it. You can ask for a new one at any time: "
            f"{services.public_url}/wallet",
            _NOT_YOU,
        ),
    )
    return content, f"Your link to {asked}"


def _console_letter(
    services: Services, link: str, _claim: str | None, _now: datetime
) -> tuple[_Content, str]:
    issuer = _issuer_name(services)
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(f"You asked for a link to the console of {issuer}.",),
        button="Sign in",
        link=link,
        notes=("It works once, within 15 minutes. Please do not pass it on.", _NOT_YOU),
    )
    return content, f"Sign in to the console of {issuer}"


def _works_once(where: str) -> str:
    """where: of which browser."""
    return f"The link works once, within 15 minutes, in the browser {where}. Please do not pass it on."


def _proof_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[_Content, str]:
    issuer, where = _issuer_name(services), f"{services.public_url}/wallet/sessions"
    content = _Content(
        greeting=_greeting(None),
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


def _address_letter(
    services: Services, link: str, _claim: str | None, _now: datetime
) -> tuple[_Content, str]:
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(f"You asked to add this address to your wallet at {_issuer_name(services)}.",),
        button="Add this address",
        link=link,
        notes=(
            _works_once("in which your wallet is open"),
            _NOT_YOU,
        ),
    )
    return content, "Add this address to your wallet"


def _join_letter(services: Services, link: str, _claim: str | None, _now: datetime) -> tuple[_Content, str]:
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(
            f"You asked to join the wallet of this address at {_issuer_name(services)} with another one of "
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


def _notice(services: Services, link: str, claim: str | None, now: datetime) -> tuple[_Content, str]:
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(
            f"Something about your wallet at {_issuer_name(services)} has changed: "
            f"{change_told(claim or '').value}.",
            "It was you? Then nothing needs to be done. If it was not you, stop it:",
        ),
        button="This was not me",
        link=link,
        notes=(
            f"The link works until {_day(now + FREEZE)}. It ends all sessions of the wallet, and for three "
            "days nobody changes how it is opened. See what opens it, with an address that only you read: "
            f"{services.public_url}/wallet/identity",
        ),
    )
    return content, "Your wallet has changed"


def _invitation(services: Services, link: str, _claim: str | None, now: datetime) -> tuple[_Content, str]:
    issuer = _issuer_name(services)
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(f"You are invited to work in the console of {issuer}, where its badges are issued.",),
        button="Accept and sign in",
        link=link,
        notes=(
            f"The link works once, until {_day(now + INVITATION_LIFE)}. After that, ask for one at "
            f"{services.public_url}/console with this address.",
            f"You do not know what this is about? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    return content, f"You are invited to the console of {issuer}"


def _feedback(services: Services, link: str, claim: str | None, now: datetime) -> tuple[_Content, str]:
    """claim: of whom, by whom, as what, about which achievement."""
    issuer = _issuer_name(services)
    of, _, role, key = (claim or "   ").split(" ")
    one = services.store.feedback_rounds.get(key.removeprefix(IN_ROUND))
    ends_at = now + FEEDBACK_LIFE if one is None else one.closes_at
    key = key if one is None else one.achievement_key
    person, version = services.store.roster.get(of), services.store.achievements.newest(key)
    who = _line(person.name) if person is not None and person.name else "somebody whom you know"
    what = _line(str(version.achievement["name"])) if version is not None else key
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(
            f"{issuer} asks what you saw of {who}: how well do they do what the badge “{what}” asks for?",
            f"{_AS.get(role, f'You are asked as their {role}.')} It takes a minute, and needs no account.",
        ),
        button="Say what I saw",
        link=link,
        notes=(
            f"The link is for you alone, and answers once, until {_day(ends_at)}. What you say "
            "is kept with your address.",
            f"You do not know what this is about? Then nothing needs to be done.{_contact(services)}",
        ),
    )
    return content, f"{issuer} asks what you saw of {who}"


# Where "as their" would not do.
_AS = {"self": "You are asked about yourself.", "report": "You are asked as somebody whom they lead."}


def _case(services: Services, link: str, claim: str | None, _now: datetime) -> tuple[_Content, str]:
    """What happened, and no reason: that is for the person alone."""
    news, about = news_of(claim or "")
    said, subject = _NEWS[news]
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(said.format(issuer=_issuer_name(services), about=_line(about)),),
        button="See what it is",
        link=link,
        notes=(f"The page asks you to sign in.{_contact(services)}",),
    )
    return content, subject


def _booking(services: Services, link: str, claim: str | None, _now: datetime) -> tuple[_Content, str]:
    """claim: the session's id."""
    booking = booking_of(services, _session(services, claim))
    what = "was cancelled" if booking.is_cancelled else "is agreed on"
    at = booking.begins.astimezone(ZoneInfo(services.issuer.time_zone))
    when = f"{_day(at)}, {at:%H:%M} ({services.issuer.time_zone})"
    content = _Content(
        greeting=_greeting(None),
        paragraphs=(f"Your mentoring session {what}: {when}.", _line(booking.summary)),
        button="See the session",
        link=link,
        notes=("The calendar entry is in this letter; a later one takes its place.",),
    )
    return content, f"Mentoring session {what}: {when}"


def _session(services: Services, session_id: str | None) -> MentoringSession:
    """Raises NotFoundError."""
    found = services.store.mentoring.find(session_id or "")
    if found is None:
        raise NotFoundError("there is no such session")
    return found


def _day(instant: datetime) -> str:
    return f"{instant.day} {instant:%B %Y}"


def _letter(to: str, to_name: str | None, subject: str, content: _Content, key: str) -> Letter:
    return Letter(
        to=to,
        to_name=_line(to_name) if to_name else None,
        subject=_line(subject, 2 * _MAX_LINE_CHARS),
        text=_plain(content),
        html=_html(content),
        key=key.replace(":", "."),
    )


def _line(text: str, max_chars: int = _MAX_LINE_CHARS) -> str:
    """One line of printable text: a name with a line break in it is still a name, and gets its letter."""
    return textwrap.shorten(one_line(text), max_chars, placeholder=" …")


def _plain(content: _Content) -> str:
    """Links stand alone on their lines, unbroken."""
    above = [_wrap(text) for text in filter(None, (content.greeting, *content.paragraphs))]
    below = [_wrap(note) for note in content.notes]
    return "\n\n".join([*above, content.link, *below]) + "\n"


def _wrap(text: str) -> str:
    return textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


def _html(content: _Content) -> str:
    """Without pictures, styles from elsewhere or anything that tells us whether it was read."""
    above = "".join(_paragraph(text) for text in filter(None, (content.greeting, *content.paragraphs)))
    below = "".join(_paragraph(note, small=True) for note in content.notes)
    button = (
        f'<p style="margin:1.5em 0"><a href="{escape(content.link)}" style="display:inline-block;'
        "padding:.75em 1.5em;border-radius:.4em;background:#1d4f91;color:#ffffff;font-weight:bold;"
        f'text-decoration:none">{escape(content.button)}</a></p>'
    )
    return (
        f'<!doctype html>\n<html lang="{escape(content.language)}">'
        '<body style="margin:0;padding:1.5em;font-family:sans-serif;'
        'line-height:1.5;color:#1a2330;background:#ffffff"><div style="max-width:36em;margin:0 auto">\n'
        f"{above}\n{button}\n{below}\n</div></body></html>\n"
    )


def _paragraph(text: str, *, small: bool = False) -> str:
    style = "margin:0 0 1em" + (";font-size:.9em;color:#525e6e" if small else "")
    return f'<p style="{style}">{escape(text)}</p>\n'


_NEWS = {
    News.DRAWN: (
        "Your accreditation at {issuer} was drawn for an audit ({about}). Chance decided it, which anyone "
        "can check. An auditor looks at what it was granted on; you need not do anything.",
        "Your accreditation was drawn for an audit",
    ),
    News.FOUND: (
        "An auditor at {issuer} has looked at your accreditation ({about}). What they found, and what you "
        "can do, stands in your wallet.",
        "An auditor has looked at your accreditation",
    ),
    News.APPEAL_DECIDED: (
        "{issuer} has decided your appeal ({about}). The decision and its reason stand in your wallet.",
        "Your appeal was decided",
    ),
    News.FOUNDER_ENDS: (
        "Your time as a founder at {issuer} ends ({about}). Until then you endorse and assess without being "
        "accredited. To go on, apply for the accreditation.",
        "Your time as a founder ends soon",
    ),
}
_NOT_YOU = "You did not ask for it? Then nothing needs to be done."
_LINK_LETTERS = {
    LinkPurpose.WALLET_LETTER: _wallet_letter,
    LinkPurpose.PROOF_LETTER: _proof_letter,
    LinkPurpose.ADDRESS_LETTER: _address_letter,
    LinkPurpose.JOIN_LETTER: _join_letter,
    LinkPurpose.NOTICE_LETTER: _notice,
    LinkPurpose.CONSOLE_LETTER: _console_letter,
    LinkPurpose.INVITATION: _invitation,
    LinkPurpose.FEEDBACK_LETTER: _feedback,
    LinkPurpose.BOOKING_LETTER: _booking,
    LinkPurpose.CASE_LETTER: _case,
}

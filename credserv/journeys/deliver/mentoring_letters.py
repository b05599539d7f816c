"""Deliver: what the letters say that come of mentoring: what somebody is asked, a session, a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.exchange.bookings import Booking
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.bookings import booking_of
from credserv.journeys.accredit.news import News, news_of
from credserv.journeys.deliver.letter_form import Content, contact, day_of, greeting, issuer_name, line
from credserv.journeys.services import Services
from credserv.records.access import FEEDBACK_LIFE
from credserv.records.feedback_rounds import IN_ROUND

# Where "as their" would not do.
_AS = {"self": "You are asked about yourself.", "report": "You are asked as somebody whom they lead."}
_NEWS = {
    News.ENDORSED: (
        "Somebody has endorsed your application at {issuer} ({about}). Whether it counts, and what is still "
        "open, stands in your wallet.",
        "You were endorsed",
    ),
    News.ENDORSE_AGAIN: (
        "You endorsed somebody at {issuer} ({about}). Their badge was revoked, their appeal was upheld, and "
        "another badge stands in its place. What you signed names the one before: say the same of the new "
        "one by one click, if you still stand by it.",
        "Say again what you said of somebody",
    ),
    News.REFUSED: (
        "{issuer} has refused your application ({about}). The reason, and until when you can appeal, stand "
        "in your wallet.",
        "Your application was refused",
    ),
    News.SUSPENDED: (
        "{issuer} has suspended your accreditation ({about}). The reason, and until when you can appeal, "
        "stand in your wallet.",
        "Your accreditation was suspended",
    ),
    News.RESTORED: (
        "The suspension of your accreditation at {issuer} is over ({about}): it is in force again, unless "
        "its term has ended meanwhile.",
        "Your accreditation was restored",
    ),
    News.REVOKED: (
        "{issuer} has revoked your accreditation ({about}). The reason, and until when you can appeal, stand "
        "in your wallet.",
        "Your accreditation was revoked",
    ),
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
    News.CASE_DUE: (
        "Accreditations at {issuer} were drawn for an audit ({about}). They wait for an auditor who had no "
        "part in them.",
        "Cases of an audit wait for you",
    ),
    News.CASE_LATE: (
        "A case of an audit at {issuer} is overdue ({about}): nobody has looked at it, or the time in which "
        "it could be remedied is over.",
        "A case of an audit is overdue",
    ),
    News.FOUNDER_ENDS: (
        "Your time as a founder at {issuer} ends ({about}). Until then you endorse and assess without being "
        "accredited. To go on, apply for the accreditation.",
        "Your time as a founder ends soon",
    ),
}


@dataclass(frozen=True)
class AskedFor:
    """Of whom somebody is asked what they saw, as what, about which badge, and until when."""

    who: str
    role: str
    what: str
    ends_at: datetime


def asked_for(services: Services, claim: str | None, now: datetime) -> AskedFor:
    """claim: of whom, by whom, as what, about which achievement."""
    of, _, role, key = (claim or "   ").split(" ")
    one = services.store.feedback_rounds.get(key.removeprefix(IN_ROUND))
    ends_at = now + FEEDBACK_LIFE if one is None else one.closes_at
    key = key if one is None else one.achievement_key
    person, version = services.store.roster.get(of), services.store.achievements.newest(key)
    who = line(person.name) if person is not None and person.name else "somebody whom you know"
    what = line(str(version.achievement["name"])) if version is not None else key
    return AskedFor(who, role, what, ends_at)


def feedback_letter(services: Services, link: str, claim: str | None, now: datetime) -> tuple[Content, str]:
    issuer, asked = issuer_name(services), asked_for(services, claim, now)
    content = Content(
        greeting=greeting(None),
        paragraphs=(
            f"{issuer} asks what you saw of {asked.who}: how well do they do what the badge “{asked.what}” "
            "asks for?",
            f"{_AS.get(asked.role, f'You are asked as their {asked.role}.')} It takes a minute, and needs no "
            "account.",
        ),
        button="Say what I saw",
        link=link,
        notes=(
            f"The link is for you alone, and answers once, until {day_of(asked.ends_at)}. What you say "
            "is kept with your address.",
            f"You do not know what this is about? Then nothing needs to be done.{contact(services)}",
        ),
    )
    return content, f"{issuer} asks what you saw of {asked.who}"


def case_letter(services: Services, link: str, claim: str | None, _now: datetime) -> tuple[Content, str]:
    """What happened, and no reason: that is for the person alone."""
    news, about = news_of(claim or "")
    said, subject = _NEWS[news]
    content = Content(
        greeting=greeting(None),
        paragraphs=(said.format(issuer=issuer_name(services), about=line(about)),),
        button="See what it is",
        link=link,
        notes=(f"The page asks you to sign in.{contact(services)}",),
    )
    return content, subject


def booking_letter(services: Services, link: str, claim: str | None, _now: datetime) -> tuple[Content, str]:
    """claim: the session's id."""
    booking = booked(services, claim)
    what = "was cancelled" if booking.is_cancelled else "is agreed on"
    at = booking.begins.astimezone(services.zone)
    when = f"{day_of(at)}, {at:%H:%M} ({services.issuer.time_zone})"
    content = Content(
        greeting=greeting(None),
        paragraphs=(f"Your mentoring session {what}: {when}.", line(booking.summary)),
        button="See the session",
        link=link,
        notes=("The calendar entry is in this letter; a later one takes its place.",),
    )
    return content, f"Mentoring session {what}: {when}"


def booked(services: Services, session_id: str | None) -> Booking:
    """The calendar entry of a session. Raises NotFoundError."""
    found = services.store.mentoring.find(session_id or "")
    if found is None:
        raise NotFoundError("there is no such session")
    return booking_of(services, found)

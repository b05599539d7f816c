"""Letters about mentoring: requests for feedback, sessions, cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.exchange.bookings import Booking
from credserv.ground.errors import NotFoundError
from credserv.ground.languages import local_minute
from credserv.journeys.accredit.bookings import booking_of
from credserv.journeys.accredit.news import News, news_of
from credserv.journeys.deliver.letter_form import Content, Speech, issuer_name, line
from credserv.journeys.services import Services
from credserv.mastery.rule import By
from credserv.records.access import FEEDBACK_LIFE
from credserv.records.feedback_rounds import IN_ROUND, Category

# In which role somebody is asked.
AS: Mapping[str, str] = {
    Category.SELF: "You are asked about yourself.",
    Category.REPORT: "You are asked as somebody whom they lead.",
    By.MANAGER: "You are asked as their manager.",
    By.PEER: "You are asked as their peer.",
    By.MENTOR: "You are asked as their mentor.",
    By.MENTEE: "You are asked as their mentee.",
}
# Sentence and subject.
NEWS: Mapping[News, tuple[str, str]] = {
    News.ENDORSED: (
        "Somebody has endorsed your application at %(issuer)s (%(about)s). Your wallet shows whether the "
        "endorsement counts, and what is still missing.",
        "You were endorsed",
    ),
    News.ENDORSE_AGAIN: (
        "You endorsed somebody at %(issuer)s (%(about)s). Their badge was revoked, their appeal was upheld,"
        " and another badge stands in its place. What you signed names the one before: say the same of the "
        "new one by one click, if you still stand by it.",
        "Say again what you said of somebody",
    ),
    News.REFUSED: (
        "%(issuer)s has refused your application (%(about)s). Your wallet shows the reason, and until "
        "when you can appeal.",
        "Your application was refused",
    ),
    News.SUSPENDED: (
        "%(issuer)s has suspended your accreditation (%(about)s). Your wallet shows the reason, and "
        "until when you can appeal.",
        "Your accreditation was suspended",
    ),
    News.RESTORED: (
        "The suspension of your accreditation at %(issuer)s is over (%(about)s): it is in force again, "
        "unless its term has ended meanwhile.",
        "Your accreditation was restored",
    ),
    News.REVOKED: (
        "%(issuer)s has revoked your accreditation (%(about)s). Your wallet shows the reason, and until "
        "when you can appeal.",
        "Your accreditation was revoked",
    ),
    News.DRAWN: (
        "Your accreditation at %(issuer)s was drawn for an audit (%(about)s). Chance decided it, which "
        "anyone can check. An auditor looks at what it was granted on; you need not do anything.",
        "Your accreditation was drawn for an audit",
    ),
    News.FOUND: (
        "An auditor at %(issuer)s has looked at your accreditation (%(about)s). Your wallet shows what "
        "they found, and what you can do.",
        "An auditor has looked at your accreditation",
    ),
    News.APPEAL_DECIDED: (
        "%(issuer)s has decided your appeal (%(about)s). You can read the decision and the reason in "
        "your wallet.",
        "Your appeal was decided",
    ),
    News.CASE_DUE: (
        "Accreditations at %(issuer)s were drawn for an audit (%(about)s). They wait for an auditor who had"
        " no part in them.",
        "Cases of an audit wait for you",
    ),
    News.CASE_LATE: (
        "A case of an audit at %(issuer)s is overdue (%(about)s): nobody has looked at it, or the time in "
        "which it could be remedied is over.",
        "A case of an audit is overdue",
    ),
    News.FOUNDER_ENDS: (
        "Your time as a founder at %(issuer)s ends (%(about)s). Until then you endorse and assess without "
        "being accredited. To go on, apply for the accreditation.",
        "Your time as a founder ends soon",
    ),
}


@dataclass(frozen=True)
class AskedFor:
    """A request for feedback: about whom, in which role, for which badge, and until when."""

    who: str
    role: str
    what: str
    ends_at: datetime


def asked_for(services: Services, speech: Speech, claim: str | None, now: datetime) -> AskedFor:
    """Return the request that a letter is about.

    Args:
        claim: The ids of person, rater, role, achievement and request.
    """
    of, _, role, key = (claim or "   ").split(" ")[:4]
    one = services.store.feedback_rounds.get(key.removeprefix(IN_ROUND))
    ends_at = now + FEEDBACK_LIFE if one is None else one.closes_at
    key = key if one is None else one.achievement_key
    person, version = services.store.roster.get(of), services.store.achievements.newest(key)
    unknown = speech.say("somebody whom you know")
    who = line(person.name) if person is not None and person.name else unknown
    what = line(str(version.achievement["name"])) if version is not None else key
    return AskedFor(who, role, what, ends_at)


def feedback_letter(
    services: Services, speech: Speech, link: str, claim: str | None, now: datetime
) -> tuple[Content, str]:
    """Return a letter that asks for feedback, and its subject."""
    issuer, asked = issuer_name(services), asked_for(services, speech, claim, now)
    about = {"issuer": issuer, "who": asked.who}
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(
            speech.say(
                "%(issuer)s asks what you saw of %(who)s: how well do they do what the badge “%(badge)s” "
                "asks for?",
                badge=asked.what,
                **about,
            ),
            f"{speech.say(AS[asked.role])} {speech.say('It takes a minute, and needs no account.')}",
        ),
        button=speech.say("Say what I saw"),
        link=link,
        notes=(
            speech.say(
                "The link is for you alone. You can answer with it once, until %(day)s. What you say is "
                "kept with your address.",
                day=speech.day(asked.ends_at),
            ),
            speech.no_matter(services),
        ),
        language=speech.language,
    )
    return content, speech.say("%(issuer)s asks what you saw of %(who)s", **about)


def case_letter(
    services: Services, speech: Speech, link: str, claim: str | None, _now: datetime
) -> tuple[Content, str]:
    """Return a letter about what happened in a case, and its subject, without reasons, which only
    the person sees in the wallet.
    """
    news, about = news_of(claim or "")
    said, subject = NEWS[news]
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(speech.say(said, issuer=issuer_name(services), about=line(about)),),
        button=speech.say("See what it is"),
        link=link,
        notes=(speech.say("The page asks you to sign in.") + speech.contact(services),),
        language=speech.language,
    )
    return content, speech.say(subject)


def booking_letter(
    services: Services, speech: Speech, link: str, claim: str | None, _now: datetime
) -> tuple[Content, str]:
    """Return a letter with a calendar entry, and its subject.

    Args:
        claim: The session's id.
    """
    booking = booked(services, claim)
    begins = local_minute(booking.begins, services.zone, speech.language)
    when = f"{begins} ({services.issuer.time_zone})"
    if booking.is_cancelled:
        first = speech.say("Your mentoring session was cancelled: %(when)s.", when=when)
        subject = speech.say("Mentoring session was cancelled: %(when)s", when=when)
    else:
        first = speech.say("Your mentoring session is agreed on: %(when)s.", when=when)
        subject = speech.say("Mentoring session is agreed on: %(when)s", when=when)
    content = Content(
        greeting=speech.greeting(),
        paragraphs=(first, line(booking.summary)),
        button=speech.say("See the session"),
        link=link,
        notes=(speech.say("The calendar entry is attached; the one in a later letter replaces it."),),
        language=speech.language,
    )
    return content, subject


def booked(services: Services, session_id: str | None) -> Booking:
    """Return the calendar entry of a session.

    Raises:
        NotFoundError: There is no such session.
    """
    found = services.store.mentoring.find(session_id or "")
    if found is None:
        raise NotFoundError("there is no such session")
    return booking_of(services, found)

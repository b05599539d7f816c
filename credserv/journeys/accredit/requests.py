"""Requests for a session: one competency, one question, one mentor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.accreditation.hours import lies_in
from credserv.accreditation.matching import find_exclusion
from credserv.ground.addresses import is_https_page
from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.accredit.suggestions import (
    as_mentor,
    known_mentors,
    learner_of,
    next_free_of,
    reason_of,
)
from credserv.journeys.services import Services
from credserv.records.mentoring import MINUTES, MentoringKind, MentoringSession, MentoringState

MAX_QUESTION = 1_000
MAX_LINKS = 5
MAX_OPEN = 5
_FARTHEST = timedelta(days=28)
_ID_BYTES = 16
_OPEN = (MentoringState.REQUESTED, MentoringState.ACCEPTED)
_MET = (MentoringState.ACCEPTED, MentoringState.HELD)


@dataclass(frozen=True)
class Wish:
    """A request.

    Attributes:
        objective: The aim of a series; required from the second session with the same mentor on.
        links: Material for preparation.
    """

    mentor_id: str
    competency: str
    minutes: int
    starts_at: datetime
    question: str
    language: str
    kind: MentoringKind = MentoringKind.SESSION
    objective: str = ""
    links: tuple[str, ...] = ()


def request_session(services: Services, mentee_id: str, wish: Wish, now: datetime) -> MentoringSession:
    """Ask a mentor for a session.

    Raises:
        InputError: A value is not valid.
        NotFoundError: The mentor offers nothing here.
        ConflictError: They cannot ask this mentor, or have too many open requests.
    """
    _require_wish(wish, now)
    known = next((one for one in known_mentors(services, now) if one.member.id == wish.mentor_id), None)
    if known is None:
        raise NotFoundError("this mentor offers nothing here")
    learner = learner_of(services, mentee_id, wish.competency, (wish.language,), wish.minutes, now)
    mentor = as_mentor(services, known, next_free_of(services, known, wish.minutes, now), now)
    why = find_exclusion(learner, mentor)
    if why is not None:
        raise ConflictError(f"this mentor cannot be asked: {why.value}")
    if wish.kind not in known.offer.kinds:
        raise ConflictError(f"this mentor offers no {wish.kind.value}")
    zone = ZoneInfo(services.issuer.time_zone)
    if not lies_in(known.offer.hours, wish.starts_at, wish.minutes, zone):
        raise InputError("choose a time in the mentor's hours")
    session = MentoringSession(
        id=random_token(_ID_BYTES),
        mentee_id=mentee_id,
        state=MentoringState.REQUESTED,
        requested_at=now,
        reason=reason_of(learner, mentor),
        **vars(wish),
    )
    with services.store.transaction():
        # If two requests come at once, the second is refused.
        services.store.mentor_offers.lock(wish.mentor_id)
        _require_room(services, session, now)
        services.store.mentoring.add(session)
    return session


def is_series(services: Services, mentor_id: str, mentee_id: str) -> bool:
    """Return whether the two have met or agreed to meet."""
    before = services.store.mentoring.of_member(mentee_id, states=_MET)
    return any(one.mentor_id == mentor_id for one in before)


def _require_room(services: Services, session: MentoringSession, now: datetime) -> None:
    own = services.store.mentoring.of_member(session.mentee_id, states=_OPEN)
    waits = [
        one
        for one in own
        if one.mentee_id == session.mentee_id and one.state_at(now) is MentoringState.REQUESTED
    ]
    if len(waits) >= MAX_OPEN:
        raise ConflictError(f"{MAX_OPEN} requests of yours wait for an answer: cancel one, or wait")
    if any(one.mentor_id == session.mentor_id for one in waits):
        raise ConflictError("a request to this mentor waits for an answer")
    if not session.objective and is_series(services, session.mentor_id, session.mentee_id):
        raise InputError("you have met before: say what the series of sessions is to lead to")


def _require_wish(wish: Wish, now: datetime) -> None:
    if wish.minutes not in MINUTES:
        raise InputError("a session takes 15, 30 or 45 minutes")
    if not 0 < len(wish.question) <= MAX_QUESTION or len(wish.objective) > MAX_QUESTION:
        raise InputError(f"ask one question, in at most {MAX_QUESTION} characters")
    if len(wish.links) > MAX_LINKS or not all(map(is_https_page, wish.links)):
        raise InputError(f"give at most {MAX_LINKS} links, each of which begins with https://")
    if not now < wish.starts_at <= now + _FARTHEST:
        raise InputError("choose a time within the next four weeks")

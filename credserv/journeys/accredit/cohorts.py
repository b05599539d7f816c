"""Cohorts: assign mentors to learners so that as many learners as possible get one, each with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.accreditation.hours import day_begins
from credserv.accreditation.matching import Learner, Mentor, assign, match
from credserv.accreditation.sessions import is_confirmed
from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.offers import mean_share
from credserv.journeys.accredit.suggestions import (
    as_mentor,
    known_mentors,
    learner_of,
    next_free_of,
    reason_of,
)
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.mentoring import MINUTES, CohortPlace, CohortRecord, MentoringSession, MentoringState

MAX_LEARNERS = 200
MAX_CHARS = 200
ENOUGH = 8  # people needed for a mean
SESSIONS_EACH = "sessions_each"
_ID_BYTES = 16
_NOT_HELD = (MentoringState.NO_SHOW, MentoringState.DISPUTED)


@dataclass(frozen=True)
class CohortWish:
    """A cohort to begin.

    Attributes:
        learners: The membership and languages of each learner.
        sessions_each: How many sessions each should have; 0 for no target.
    """

    name: str
    competency: str
    minutes: int
    starts_on: date
    ends_on: date
    learners: tuple[tuple[str, tuple[str, ...]], ...]
    sessions_each: int = 0
    aim: str = ""
    sponsor: str = ""
    target_role: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class Progress:
    """A cohort's progress.

    Attributes:
        satisfaction: The mean rating as a share of the maximum; None with fewer than eight people.
    """

    learners: int
    matched: int
    held: int
    confirmed: int
    on_target: int
    satisfaction: float | None


def begin_cohort(
    services: Services, wish: CohortWish, *, actor: str, now: datetime
) -> tuple[CohortRecord, tuple[CohortPlace, ...], bool]:
    """Begin a cohort.

    Returns:
        The cohort, its places, and whether it is new. The same reference with the same content is the same
        cohort.

    Raises:
        InputError: A value is not valid.
        ConflictError: The reference belongs to a different cohort.
    """
    _require_wish(wish)
    known = None if wish.reference is None else services.store.cohorts.find(wish.reference)
    if known is not None:
        places = services.store.cohorts.places(known.id)
        _require_same(known, places, wish)
        return known, places, False
    record = CohortRecord(
        id=random_token(_ID_BYTES),
        name=wish.name,
        competency=wish.competency,
        minutes=wish.minutes,
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        targets={SESSIONS_EACH: wish.sessions_each, "aim": wish.aim},
        sponsor=wish.sponsor,
        target_role=wish.target_role,
        created_at=now,
        created_by=actor,
        reference=wish.reference,
    )
    places = _places(services, record, wish.learners, now)
    with services.store.transaction():
        if not services.store.cohorts.add(record, places):
            raise ConflictError("this reference stands for another cohort already")
        detail = {"learners": len(places), "matched": sum(one.mentor_id is not None for one in places)}
        services.store.audit.add(AuditRecord(now, actor, Action.COHORT_BEGUN, record.id, detail))
    return record, places, True


def find_cohort(services: Services, reference: str) -> tuple[CohortRecord, tuple[CohortPlace, ...]]:
    """Return a cohort and its places, by its client's id or ours.

    Raises:
        NotFoundError: There is no such cohort.
    """
    found = services.store.cohorts.find(reference)
    if found is None:
        raise NotFoundError("there is no such cohort")
    return found, services.store.cohorts.places(found.id)


def list_cohorts(services: Services) -> tuple[CohortRecord, ...]:
    """Return all cohorts."""
    return services.store.cohorts.list()


def mentors_of(
    services: Services, membership_id: str, today: date
) -> tuple[tuple[CohortRecord, str, str], ...]:
    """Return the running cohorts of a learner, each with the id and name of their mentor."""
    found = []
    for cohort, place in services.store.cohorts.of_member(membership_id):
        known = None if place.mentor_id is None else services.store.roster.get(place.mentor_id)
        if known is not None and today <= cohort.ends_on:
            found.append((cohort, known.id, known.name or "your mentor"))
    return tuple(found)


def cohort_progress(
    services: Services, cohort: CohortRecord, places: Sequence[CohortPlace], now: datetime
) -> Progress:
    """Return a cohort's progress by the sessions of its pairs within its dates, as known now."""
    zone = ZoneInfo(services.issuer.time_zone)
    since = day_begins(cohort.starts_on, zone)
    until = min(day_begins(cohort.ends_on + timedelta(days=1), zone), now)
    pairs = {(one.mentor_id, one.mentee_id) for one in places if one.mentor_id is not None}
    mentors = {one.mentor_id for one in places if one.mentor_id is not None}
    found = services.store.mentoring.held_with(mentors, since, until)
    held = [one for one in found if (one.mentor_id, one.mentee_id) in pairs and one.state not in _NOT_HELD]
    confirmed = Counter(one.mentee_id for one in held if is_confirmed(one, now))
    target = int(cohort.targets.get(SESSIONS_EACH, 0))
    return Progress(
        learners=len(places),
        matched=len(pairs),
        held=len(held),
        confirmed=confirmed.total(),
        on_target=sum(count >= target for count in confirmed.values()) if target else 0,
        satisfaction=_satisfaction(services, held),
    )


def _places(
    services: Services, cohort: CohortRecord, learners: Sequence[tuple[str, tuple[str, ...]]], now: datetime
) -> tuple[CohortPlace, ...]:
    mentors = [
        as_mentor(services, one, next_free_of(services, one, cohort.minutes, now), now)
        for one in known_mentors(services, now)
    ]
    by_id = {one.id: one for one in mentors}
    asked = [
        learner_of(services, member_id, cohort.competency, languages, cohort.minutes, now)
        for member_id, languages in learners
    ]
    chosen = assign(asked, mentors)
    places = (_place(cohort, one, chosen, by_id) for one in asked)
    return tuple(sorted(places, key=lambda one: one.mentee_id))


def _place(
    cohort: CohortRecord, learner: Learner, chosen: Mapping[str, str], mentors: Mapping[str, Mentor]
) -> CohortPlace:
    mentor_id = chosen.get(learner.id)
    if mentor_id is not None:
        return CohortPlace(cohort.id, learner.id, mentor_id, reason_of(learner, mentors[mentor_id]))
    found = match(learner, list(mentors.values()))
    codes = Counter(why.value for why in found.excluded.values())
    why: JsonObject = {"excluded": dict(sorted(codes.items())), "taken_by_others": len(found.suggested)}
    return CohortPlace(cohort.id, learner.id, None, why)


def _satisfaction(services: Services, held: Sequence[MentoringSession]) -> float | None:
    said = services.store.mentoring.feedback_on([one.id for one in held])
    return mean_share(said) if len({one.rater_id for one in said}) >= ENOUGH else None


def _require_wish(wish: CohortWish) -> None:
    texts = (wish.name, wish.competency, wish.aim, wish.sponsor, wish.target_role)
    if not wish.name or not wish.competency or any(len(text) > MAX_CHARS for text in texts):
        raise InputError(f"a cohort has a name and a competency, in at most {MAX_CHARS} characters each")
    if wish.minutes not in MINUTES:
        raise InputError("a session takes 15, 30 or 45 minutes")
    if wish.starts_on >= wish.ends_on:
        raise InputError("a cohort ends after it starts")
    members = [member_id for member_id, _ in wish.learners]
    if not 0 < len(members) <= MAX_LEARNERS or len(set(members)) != len(members):
        raise InputError(f"name each learner once, at most {MAX_LEARNERS} of them")
    if wish.sessions_each < 0:
        raise InputError("the number of sessions is zero or more")


def _require_same(known: CohortRecord, places: Sequence[CohortPlace], wish: CohortWish) -> None:
    asked = replace(
        known,
        name=wish.name,
        competency=wish.competency,
        minutes=wish.minutes,
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        targets={SESSIONS_EACH: wish.sessions_each, "aim": wish.aim},
        sponsor=wish.sponsor,
        target_role=wish.target_role,
    )
    if asked != known or {one.mentee_id for one in places} != {one for one, _ in wish.learners}:
        raise ConflictError("this reference stands for another cohort already")

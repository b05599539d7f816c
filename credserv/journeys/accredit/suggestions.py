"""Who may mentor somebody, as they are now: what each mentor has free, and why one is suggested or is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.accreditation.hours import day_begins, next_free, week_of
from credserv.accreditation.matching import Exclusion, Learner, Matches, Mentor, match
from credserv.accreditation.standing import Standing
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.mentors import best_of, lives_of
from credserv.journeys.persons import managers_of
from credserv.journeys.services import Services
from credserv.records.lives import Life
from credserv.records.mentoring import MINUTES, MentoringSession, MentorOffer
from credserv.records.people import MembershipRecord

_WEEKS = 4
_MINUTE = 60


@dataclass(frozen=True)
class KnownMentor:
    """life, standing: of the accreditation that says how they stand, None for who has none. taken: what is
    agreed on from this week on."""

    offer: MentorOffer
    member: MembershipRecord
    life: Life | None
    standing: Standing | None
    relations: int
    taken: tuple[MentoringSession, ...]

    @property
    def competencies(self) -> tuple[str, ...]:
        """What they offer and are accredited for."""
        covered = () if self.life is None else self.life.record.competencies
        return tuple(one for one in self.offer.competencies if one in covered)


@dataclass(frozen=True)
class Suggestion:
    """next_free_at: None for not within three weeks. reason: why them, as it is kept with a request."""

    known: KnownMentor
    next_free_at: datetime | None
    reason: JsonObject


@dataclass(frozen=True)
class Suggested:
    """excluded: who was not suggested, each with the code of why."""

    suggestions: tuple[Suggestion, ...]
    excluded: tuple[tuple[KnownMentor, Exclusion], ...]


def known_mentors(services: Services, now: datetime) -> tuple[KnownMentor, ...]:
    """Everybody who offers something and is a member still."""
    today = services.today(now)
    offers = [
        (offer, member)
        for offer, member in services.store.mentor_offers.known()
        if member.ends_on is None or member.ends_on >= today
    ]
    ids = [offer.membership_id for offer, _ in offers]
    lives, relations = lives_of(services, ids), services.store.mentoring.relations(ids)
    since, until = _weeks_ahead(services, now)
    taken: dict[str, tuple[MentoringSession, ...]] = dict.fromkeys(ids, ())
    for session in services.store.mentoring.taking_time(ids, since, until):
        taken[session.mentor_id] += (session,)
    found = []
    for offer, member in offers:
        life, standing = best_of(lives[member.id], now, now) or (None, None)
        count = relations.get(member.id, 0)
        found.append(KnownMentor(offer, member, life, standing, count, taken[member.id]))
    return tuple(found)


def learner_of(
    services: Services, member_id: str, competency: str, languages: Sequence[str], minutes: int, now: datetime
) -> Learner:
    """Somebody who looks for a mentor, with whom they must not have."""
    conflicts = dict.fromkeys(services.store.mentoring.disputed_with(member_id), Exclusion.DISPUTE)
    conflicts |= dict.fromkeys(managers_of(services, member_id, now), Exclusion.LINE_MANAGER)
    return Learner(member_id, competency, tuple(languages), minutes, conflicts)


def as_mentor(services: Services, known: KnownMentor, minutes: int, now: datetime) -> Mentor:
    """As matching sees them: free is what a week of the next four has left, at most."""
    at = next_free_of(services, known, minutes, now)
    return Mentor(
        id=known.member.id,
        competencies=known.competencies if known.life else known.offer.competencies,
        languages=known.offer.languages,
        free_minutes=max(_left_in(services, known, now, week) for week in range(_WEEKS)),
        state=None if known.standing is None else known.standing.state,
        minutes_until_free=None if at is None else int((at - now).total_seconds() // _MINUTE),
        relations=known.relations,
        load=_load(services, known, now),
    )


def suggest(
    services: Services,
    member_id: str,
    competency: str,
    languages: Sequence[str],
    now: datetime,
    *,
    minutes: int = MINUTES[0],
) -> Suggested:
    """Who may mentor a member in a competency, the best first, and who may not, and why."""
    known = {one.member.id: one for one in known_mentors(services, now)}
    learner = learner_of(services, member_id, competency, languages, minutes, now)
    mentors = {one_id: as_mentor(services, one, minutes, now) for one_id, one in known.items()}
    found: Matches = match(learner, list(mentors.values()))
    return Suggested(
        tuple(
            Suggestion(
                known[one.id],
                next_free_of(services, known[one.id], minutes, now),
                reason_of(learner, one),
            )
            for one in found.suggested
        ),
        tuple((known[one_id], why) for one_id, why in found.excluded.items()),
    )


def reason_of(learner: Learner, mentor: Mentor) -> JsonObject:
    """What the order followed from, so that it can be told and computed again."""
    return {
        "competency": learner.needs,
        "languages": sorted(set(learner.languages) & set(mentor.languages)),
        "minutes_until_free": mentor.minutes_until_free,
        "relations": mentor.relations,
        "load": round(mentor.load, 4),
    }


def next_free_of(services: Services, known: KnownMentor, minutes: int, now: datetime) -> datetime | None:
    zone = ZoneInfo(services.issuer.time_zone)

    def left_on(day: date) -> int:
        first, after = week_of(day, services.issuer.first_weekday)
        return _left(known, day_begins(first, zone), day_begins(after, zone))

    busy = [(one.starts_at, one.ends_at) for one in known.taken]
    return next_free(known.offer.hours, busy, minutes, now, zone, left_on)


def _left_in(services: Services, known: KnownMentor, now: datetime, week: int) -> int:
    zone = ZoneInfo(services.issuer.time_zone)
    day = services.today(now) + timedelta(weeks=week)
    first, after = week_of(day, services.issuer.first_weekday)
    return _left(known, day_begins(first, zone), day_begins(after, zone))


def _left(known: KnownMentor, since: datetime, until: datetime) -> int:
    taken = sum(one.minutes for one in known.taken if since <= one.starts_at < until)
    return max(0, known.offer.minutes_a_week - taken)


def _load(services: Services, known: KnownMentor, now: datetime) -> float:
    whole = known.offer.minutes_a_week
    return 1.0 if whole == 0 else 1 - _left_in(services, known, now, 0) / whole


def _weeks_ahead(services: Services, now: datetime) -> tuple[datetime, datetime]:
    zone = ZoneInfo(services.issuer.time_zone)
    first, _ = week_of(services.today(now), services.issuer.first_weekday)
    return day_begins(first, zone), day_begins(first + timedelta(weeks=_WEEKS), zone)

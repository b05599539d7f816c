"""Who may mentor somebody at an instant: each mentor's free time, and why they are suggested or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.accreditation.hours import next_free
from credserv.accreditation.matching import Exclusion, Learner, Mentor, common_languages, match
from credserv.accreditation.standing import Standing
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.mentors import best_of, lives_of
from credserv.journeys.accredit.sessions import week_with
from credserv.journeys.admit.persons import managers_of
from credserv.journeys.services import Services
from credserv.records.lives import Life
from credserv.records.mentoring import MentoringSession, MentorOffer
from credserv.records.people import MembershipRecord

_WEEKS = 4
_MINUTE = 60


@dataclass(frozen=True)
class KnownMentor:
    """A mentor with what matching needs.

    Attributes:
        life: The accreditation that decides; None if there is none.
        standing: Its standing.
        taken: Sessions agreed from this week on.
    """

    offer: MentorOffer
    member: MembershipRecord
    life: Life | None
    standing: Standing | None
    relations: int
    taken: tuple[MentoringSession, ...]

    @property
    def competencies(self) -> tuple[str, ...]:
        """Return the competencies they offer and are accredited for."""
        covered = () if self.life is None else self.life.record.competencies
        return tuple(one for one in self.offer.competencies if one in covered)

    @property
    def is_in_force(self) -> bool:
        return self.standing is not None and self.standing.in_force

    def left_between(self, since: datetime, until: datetime) -> int:
        """Return the minutes left in a week, given by its ends."""
        taken = sum(one.minutes for one in self.taken if since <= one.starts_at < until)
        return max(0, self.offer.minutes_a_week - taken)


@dataclass(frozen=True)
class Suggestion:
    """A suggested mentor.

    Attributes:
        next_free_at: None if not within three weeks.
        reason: Why; stored with a request.
    """

    known: KnownMentor
    next_free_at: datetime | None
    reason: JsonObject


@dataclass(frozen=True)
class Suggested:
    """Suggestions for a learner.

    Attributes:
        excluded: Those not suggested, each with the code of the reason.
    """

    suggestions: tuple[Suggestion, ...]
    excluded: tuple[tuple[KnownMentor, Exclusion], ...]


def known_mentors(services: Services, now: datetime) -> tuple[KnownMentor, ...]:
    """Return all members who offer something; for a past day, as known then."""
    today = services.today(now)
    offers = [pair for pair in services.store.mentor_offers.known(now) if not pair[1].has_left(today)]
    ids = [offer.membership_id for offer, _ in offers]
    lives, relations = lives_of(services, ids), services.store.mentoring.relations(ids)
    since, _ = week_with(services, today)
    until, _ = week_with(services, today + timedelta(weeks=_WEEKS))
    taken: dict[str, tuple[MentoringSession, ...]] = dict.fromkeys(ids, ())
    for session in services.store.mentoring.taking_time(ids, since, until, known=now):
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
    """Return a learner, with the mentors they must not have.

    Args:
        minutes: The session's length.
    """
    conflicts = dict.fromkeys(services.store.mentoring.disputed_with(member_id), Exclusion.DISPUTE)
    conflicts |= dict.fromkeys(managers_of(services, member_id, now), Exclusion.LINE_MANAGER)
    return Learner(member_id, competency, tuple(languages), minutes, conflicts)


def as_mentor(services: Services, known: KnownMentor, next_free_at: datetime | None, now: datetime) -> Mentor:
    """Return a mentor as matching sees them.

    Their free time is the most that any of the next four weeks has left.
    """
    today = services.today(now)
    left = [known.left_between(*week_with(services, today + timedelta(weeks=week))) for week in range(_WEEKS)]
    until = None if next_free_at is None else int((next_free_at - now).total_seconds() // _MINUTE)
    whole = known.offer.minutes_a_week
    return Mentor(
        id=known.member.id,
        competencies=known.competencies if known.life else known.offer.competencies,
        languages=known.offer.languages,
        free_minutes=max(left),
        state=None if known.standing is None else known.standing.state,
        minutes_until_free=until,
        relations=known.relations,
        load=1 - left[0] / whole if whole else 1.0,
    )


def suggest(services: Services, known: Sequence[KnownMentor], learner: Learner, now: datetime) -> Suggested:
    """Return who may mentor a learner, best first, and who may not and why."""
    by_id = {one.member.id: one for one in known}
    free = {one_id: next_free_of(services, one, learner.minutes, now) for one_id, one in by_id.items()}
    found = match(learner, [as_mentor(services, one, free[one_id], now) for one_id, one in by_id.items()])
    return Suggested(
        tuple(Suggestion(by_id[one.id], free[one.id], reason_of(learner, one)) for one in found.suggested),
        tuple((by_id[one_id], why) for one_id, why in found.excluded.items()),
    )


def reason_of(learner: Learner, mentor: Mentor) -> JsonObject:
    """Return what determined the order, to explain and recompute it."""
    return {
        "competency": learner.needs,
        "languages": common_languages(learner, mentor),
        "minutes_until_free": mentor.minutes_until_free,
        "relations": mentor.relations,
        "load": round(mentor.load, 4),
    }


def next_free_of(services: Services, known: KnownMentor, minutes: int, now: datetime) -> datetime | None:
    """Return when a session of this length can begin; None if not within three weeks."""

    def left_on(day: date) -> int:
        return known.left_between(*week_with(services, day))

    busy = [(one.starts_at, one.ends_at) for one in known.taken]
    zone = ZoneInfo(services.issuer.time_zone)
    return next_free(known.offer.hours, busy, minutes, now, zone, left_on)

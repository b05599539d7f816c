"""Mentors: the standing of their accreditation, and whether a session with them counts as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.sessions import COUNTS, is_confirmed, judge_session
from credserv.accreditation.standing import IN_FORCE, Standing, State
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.admit.persons import member_of
from credserv.journeys.services import Services
from credserv.records.lives import Life
from credserv.records.mentoring import MentoringSession
from credserv.records.people import MembershipRecord

# If a mentor has several accreditations, the one closest to being in force decides.
_NEAREST = [State.LIVE, State.DUE, State.GRACE, State.SUSPENDED, State.LAPSED, State.REVOKED, State.NOT_YET]


@dataclass(frozen=True)
class Judged:
    """A session and whether it counts.

    Attributes:
        why_not: The reason in words; "" if it counts as evidence for both sides.
    """

    session: MentoringSession
    is_confirmed: bool
    why_not: str

    @property
    def counts(self) -> bool:
        return self.why_not == COUNTS


def present_member_of(services: Services, person_id: str, now: datetime) -> MembershipRecord:
    """Return the membership of a signed-in person.

    Raises:
        NotFoundError: They are not a member, or their last day has passed.
    """
    found = member_of(services, person_id)
    if found.has_left(services.today(now)):
        raise NotFoundError("mentoring is for the people of this organisation")
    return found


def lives_of(services: Services, membership_ids: Sequence[str]) -> Mapping[str, tuple[Life, ...]]:
    """Return the accreditations of each member, by membership id."""
    found: dict[str, tuple[Life, ...]] = dict.fromkeys(membership_ids, ())
    for life in services.store.accreditations.of_members(list(found)):
        found[life.record.membership_id] += (life,)
    return found


def best_of(lives: Iterable[Life], at: datetime, known: datetime) -> tuple[Life, Standing] | None:
    """Return the accreditation that decides how a mentor stands, with its standing; None if there is none.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
    """
    judged = [(life, stands(life, at, known)) for life in lives]
    return min(judged, key=lambda one: _NEAREST.index(one[1].state), default=None)


def state_of(lives: Iterable[Life], at: datetime, known: datetime) -> State | None:
    """Return how a mentor stands; None without an accreditation."""
    found = best_of(lives, at, known)
    return None if found is None else found[1].state


def require_in_force(services: Services, membership_id: str, now: datetime) -> None:
    """Require that the mentor's accreditation is in force.

    Raises:
        ConflictError: It is not.
    """
    lives = lives_of(services, [membership_id])[membership_id]
    if state_of(lives, now, now) not in IN_FORCE:
        raise ConflictError("a mentor's accreditation has to be in force")


def judge_sessions(
    services: Services, sessions: Sequence[MentoringSession], known: datetime
) -> tuple[Judged, ...]:
    """Return which sessions count as evidence, as known at an instant, in the same order."""
    lives = lives_of(services, sorted({one.mentor_id for one in sessions}))
    found = []
    for session in sessions:
        state = state_of(lives[session.mentor_id], session.held_at or session.starts_at, known)
        found.append(Judged(session, is_confirmed(session, known), judge_session(session, state, known)))
    return tuple(found)


def counted_sessions(
    services: Services, mentor_id: str, since: datetime, until: datetime, known: datetime
) -> tuple[Judged, ...]:
    """Return the sessions that a mentor held in [since, until), each with whether it
    counts, as known at an instant.
    """
    held = services.store.mentoring.sessions_of(mentor_id, since, until, known=known)
    return judge_sessions(services, held, known)

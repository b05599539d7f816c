"""A person's sessions as they see them: with whom, in which role, and what they can do now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.sessions import has_begun, may_be_confirmed, may_be_denied
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.mentors import judge_sessions
from credserv.journeys.accredit.sessions import find_session, week_around
from credserv.journeys.services import Services
from credserv.records.mentoring import MentoringSession, MentoringState, Side
from credserv.records.people import MembershipRecord

_SHOWN = 100


@dataclass(frozen=True)
class OwnSession:
    """A session as one side sees it.

    Attributes:
        other: The other person's name in the organisation; "" if they are no longer known.
        said: Whether this side gave feedback.
    """

    session: MentoringSession
    side: Side
    other: str
    said: bool = False

    def may(self, now: datetime) -> frozenset[str]:
        """Return what this side can do at an instant."""
        session, state = self.session, self.session.state_at(now)
        waits, is_mentor = state is MentoringState.REQUESTED, self.side is Side.MENTOR
        agreed, was_told = state is MentoringState.ACCEPTED, session.told_at is not None
        has_said, other_said = (session.confirmed_at(one) is not None for one in (self.side, self.side.other))
        begun, denies = has_begun(session, now), may_be_denied(session, now)
        can = {
            "accept": waits and is_mentor,
            "decline": waits and is_mentor,
            "cancel": session.starts_at > now and (agreed or (waits and not is_mentor)),
            "confirm": may_be_confirmed(session, now) and not has_said,
            "no-show": begun and denies and not has_said and not other_said,
            "dispute": denies and (state is MentoringState.NO_SHOW or (begun and was_told)),
            "feedback": state is MentoringState.HELD and not self.said,
        }
        return frozenset(deed for deed, is_possible in can.items() if is_possible)


@dataclass(frozen=True)
class Practised:
    """The sessions of a person in one competency, in one role."""

    competency: str
    side: Side
    sessions: int
    last: datetime


@dataclass(frozen=True)
class Week:
    """A mentor's week: minutes offered and taken."""

    offered: int
    taken: int


def own_sessions(services: Services, membership_id: str) -> tuple[OwnSession, ...]:
    """Return a member's sessions, latest first."""
    found = services.store.mentoring.of_member(membership_id, limit=_SHOWN)
    others = services.store.roster.known({_other(one, membership_id) for one in found})
    names = {one.id: _name(services, one) for one in others}
    return tuple(
        OwnSession(one, side, names.get(_other(one, membership_id), ""), said=True)
        for one in found
        if (side := one.side_of(membership_id)) is not None
    )


def practised(services: Services, membership_id: str, now: datetime) -> tuple[Practised, ...]:
    """Return a member's sessions that count, by competency and role, among their latest 200."""
    found: dict[tuple[str, Side], list[MentoringSession]] = {}
    sessions = services.store.mentoring.of_member(membership_id, states=(MentoringState.HELD,))
    for one in judge_sessions(services, sessions, now):
        side = one.session.side_of(membership_id)
        if one.counts and side is not None:
            found.setdefault((one.session.competency, side), []).append(one.session)
    return tuple(
        Practised(competency, side, len(of), max(one.held_at or one.starts_at for one in of))
        for (competency, side), of in sorted(found.items())
    )


def own_session(services: Services, session_id: str, membership_id: str) -> OwnSession:
    """Return one of a member's sessions.

    Raises:
        NotFoundError: There is no such session, or it is between others.
    """
    session = find_session(services, session_id)
    side = session.side_of(membership_id)
    if side is None:
        raise NotFoundError("there is no such session")
    said = services.store.mentoring.feedback_by(session.id, membership_id)
    other = services.store.roster.get(_other(session, membership_id))
    return OwnSession(session, side, "" if other is None else _name(services, other), said is not None)


def week_of_mentor(services: Services, membership_id: str, now: datetime) -> Week | None:
    """Return a mentor's current week; None if they offer nothing."""
    offer = services.store.mentor_offers.get(membership_id)
    if offer is None:
        return None
    taken = services.store.mentoring.taking_time([membership_id], *week_around(services, now))
    return Week(offer.minutes_a_week, sum(one.minutes for one in taken))


def _other(session: MentoringSession, membership_id: str) -> str:
    return session.mentee_id if session.mentor_id == membership_id else session.mentor_id


def _name(services: Services, other: MembershipRecord) -> str:
    return other.name or services.store.members.email_of(other.person_id) or ""

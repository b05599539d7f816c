"""The sessions of one person, as they see them: with whom, as what, and what they can do now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.sessions import has_begun, may_be_confirmed
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.sessions import find_session, week_around
from credserv.journeys.services import Services
from credserv.records.mentoring import CONFIRM_WITHIN, MentoringSession, MentoringState, Side

_SHOWN = 100


@dataclass(frozen=True)
class OwnSession:
    """other: how the organisation calls the other one, "" where it does not know them any more. said: whether
    they gave feedback."""

    session: MentoringSession
    side: Side
    other: str
    said: bool = False

    def may(self, now: datetime) -> frozenset[str]:
        """What this side can do at an instant."""
        session, state = self.session, self.session.state_at(now)
        found: set[str] = set()
        waits = state is MentoringState.REQUESTED
        if waits and self.side is Side.MENTOR:
            found |= {"accept", "decline"}
        if state in (MentoringState.REQUESTED, MentoringState.ACCEPTED) and session.starts_at > now:
            found |= {"cancel"} if not (waits and self.side is Side.MENTOR) else set()
        if may_be_confirmed(session, now) and session.confirmed_at(self.side) is None:
            found |= {"confirm"}
            found |= {"no-show"} if session.confirmed_at(self.side.other) is None else set()
        recent = now <= (session.held_at or session.starts_at) + CONFIRM_WITHIN
        if recent and (state is MentoringState.NO_SHOW or (has_begun(session, now) and session.told_at)):
            found |= {"dispute"}
        if session.told_at is not None and state is MentoringState.HELD and not self.said:
            found |= {"feedback"}
        return frozenset(found)


@dataclass(frozen=True)
class Week:
    """Of a mentor: minutes that are offered and taken, and the sessions that take them."""

    offered: int
    taken: int
    sessions: tuple[MentoringSession, ...]


def own_sessions(services: Services, membership_id: str) -> tuple[OwnSession, ...]:
    """The latest first."""
    found = services.store.mentoring.of_member(membership_id, limit=_SHOWN)
    others = {_other(one, membership_id) for one in found}
    names = {known: _name(services, known) for known in others}
    return tuple(
        OwnSession(one, side, names[_other(one, membership_id)], True)
        for one in found
        if (side := one.side_of(membership_id)) is not None
    )


def own_session(services: Services, session_id: str, membership_id: str) -> OwnSession:
    """Raises NotFoundError for one of others, too."""
    session = find_session(services, session_id)
    side = session.side_of(membership_id)
    if side is None:
        raise NotFoundError("there is no such session")
    said = services.store.mentoring.feedback_by(session.id, membership_id)
    return OwnSession(session, side, _name(services, _other(session, membership_id)), said is not None)


def week_of_mentor(services: Services, membership_id: str, now: datetime) -> Week | None:
    """This week; None for somebody who offers nothing."""
    offer = services.store.mentor_offers.get(membership_id)
    if offer is None:
        return None
    taken: Sequence[MentoringSession] = services.store.mentoring.taking_time(
        [membership_id], *week_around(services, now)
    )
    return Week(offer.minutes_a_week, sum(one.minutes for one in taken), tuple(taken))


def _other(session: MentoringSession, membership_id: str) -> str:
    return session.mentee_id if session.mentor_id == membership_id else session.mentor_id


def _name(services: Services, membership_id: str) -> str:
    known = services.store.roster.get(membership_id)
    return "" if known is None else known.name or services.store.members.email_of(known.person_id) or ""

"""Mentoring sessions: which change is possible when, and which of them count as evidence, for both."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.standing import State
from credserv.records.mentoring import CONFIRM_WITHIN, MentoringSession, MentoringState, Side

COUNTS = ""
_NOT_IN_FORCE = {
    State.NOT_YET: "the mentor was not accredited yet",
    State.SUSPENDED: "the mentor was suspended",
    State.LAPSED: "the mentor's accreditation had lapsed",
    State.REVOKED: "the mentor's accreditation was revoked",
}
_OPEN = (MentoringState.ACCEPTED, MentoringState.HELD)


def is_confirmed(session: MentoringSession, known: datetime) -> bool:
    """By both, as known then; one that is disputed counts for nobody."""
    return why_unconfirmed(session, known) == COUNTS


def why_unconfirmed(session: MentoringSession, known: datetime) -> str:
    """In words; "" for one that both confirmed."""
    settled = session.settled_at is not None and session.settled_at <= known
    if settled and session.state is MentoringState.DISPUTED:
        return "it is disputed"
    if settled and session.state is MentoringState.NO_SHOW:
        return f"the {session.code} did not come"
    if session.told_at is None or session.told_at > known:
        return "it was not held yet"
    missing = [side for side in Side if not _has_confirmed(session, side, known)]
    if len(missing) > 1:
        return "neither has confirmed"
    return f"the {missing[0].value} has not confirmed" if missing else COUNTS


def judge_session(session: MentoringSession, mentor: State | None, known: datetime) -> str:
    """Why it is no evidence, in words; "" for one that counts, for both.

    mentor: how the mentor's accreditation stood when it was held, as known then; None for one who never had
    any.
    """
    missing = why_unconfirmed(session, known)
    if missing:
        return missing
    if mentor is None:
        return "the mentor was not accredited"
    return _NOT_IN_FORCE.get(mentor, COUNTS)


def has_begun(session: MentoringSession, now: datetime) -> bool:
    """Whether it can have been held: agreed on or told of, and not in the future."""
    return session.state in _OPEN and session.starts_at <= now


def may_be_confirmed(session: MentoringSession, now: datetime) -> bool:
    """Until seven days after it was held."""
    return has_begun(session, now) and now <= (session.held_at or session.starts_at) + CONFIRM_WITHIN


def _has_confirmed(session: MentoringSession, side: Side, known: datetime) -> bool:
    at = session.confirmed_at(side)
    return at is not None and at <= known

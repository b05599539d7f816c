"""Mentoring sessions: which change is possible when, and which sessions count as evidence for both sides."""

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


def is_confirmed(session: MentoringSession, known: datetime) -> bool:
    """Return whether both sides confirmed it, as known then; a disputed one counts for nobody."""
    return why_unconfirmed(session, known) == COUNTS


def why_unconfirmed(session: MentoringSession, known: datetime) -> str:
    """Return why it is not confirmed, in words; "" if both confirmed it."""
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
    """Return why it is no evidence, in words; "" if it counts, for both sides.

    Args:
        mentor: The standing of the mentor's accreditation when it was held, as known then; None if they never
            had one.
    """
    missing = why_unconfirmed(session, known)
    if missing:
        return missing
    if mentor is None:
        return "the mentor was not accredited"
    return _NOT_IN_FORCE.get(mentor, COUNTS)


def has_begun(session: MentoringSession, now: datetime) -> bool:
    """Return whether it can have been held: reported, or agreed and not in the future."""
    agreed = session.state is MentoringState.ACCEPTED and session.starts_at <= now
    return agreed or session.state is MentoringState.HELD


def may_be_confirmed(session: MentoringSession, now: datetime) -> bool:
    """Return whether it can be confirmed: up to seven days after it was held, if requested here.

    For a session that another system reports, we know when we heard of the confirmation, not when it was
    given, so it is never too late.
    """
    is_told = session.requested_at is None
    return has_begun(session, now) and (is_told or now <= _held_at(session) + CONFIRM_WITHIN)


def may_be_denied(session: MentoringSession, now: datetime) -> bool:
    """Return whether a no-show or dispute can be reported: up to seven days after the last statement."""
    said = (session.told_at, session.mentor_confirmed_at, session.mentee_confirmed_at, session.settled_at)
    last = max(at for at in (_held_at(session), *said) if at is not None)
    return now <= last + CONFIRM_WITHIN


def _held_at(session: MentoringSession) -> datetime:
    return session.held_at or session.starts_at


def _has_confirmed(session: MentoringSession, side: Side, known: datetime) -> bool:
    at = session.confirmed_at(side)
    return at is not None and at <= known

"""Mentoring sessions: requested, accepted or declined, held, and confirmed by both sides.

Accepting checks the mentor's free time in the same transaction, so two sessions accepted at once cannot take
the same slot.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.accreditation.hours import day_begins, week_of
from credserv.accreditation.sessions import has_begun, may_be_confirmed, may_be_denied
from credserv.ground.errors import ConflictError, ForbiddenError, NotFoundError, TooLateError
from credserv.journeys.accredit.bookings import is_booked, queue_booking
from credserv.journeys.accredit.mentors import require_in_force
from credserv.journeys.services import Services
from credserv.records.mentoring import MINUTES, Decline, MentoringSession, MentoringState, Side

_LONGEST = timedelta(minutes=max(MINUTES))


def find_session(services: Services, reference: str) -> MentoringSession:
    """Return a session by its client's id or ours.

    Raises:
        NotFoundError: There is no such session.
    """
    found = services.store.mentoring.find(reference)
    if found is None:
        raise NotFoundError("there is no such session")
    return found


def require_side(session: MentoringSession, membership_id: str) -> Side:
    """Return which side of a session a member is.

    Raises:
        ForbiddenError: They take no part in it.
    """
    side = session.side_of(membership_id)
    if side is None:
        raise ForbiddenError("only the two who met say something of a session")
    return side


# --- answers to a request


def accept(services: Services, session_id: str, mentor_id: str, now: datetime) -> MentoringSession:
    """Accept a request for the mentor.

    Raises:
        ConflictError: The request is not open, or the mentor has no minutes left that week, another session
            at that time, or no accreditation in force.
        NotFoundError: There is no such session with this mentor.
    """
    with services.store.transaction():
        offer = services.store.mentor_offers.lock(mentor_id)
        session = _waiting(services, session_id, mentor_id, now)
        if offer is None:
            raise ConflictError("say first what you offer: your minutes a week")
        require_in_force(services, mentor_id, now)
        since, until = week_around(services, session.starts_at)
        taken = services.store.mentoring.taking_time([mentor_id], since, until)
        if sum(one.minutes for one in taken) + session.minutes > offer.minutes_a_week:
            raise ConflictError("no minutes are left in that week: decline, or offer more")
        _require_free_then(services, session)
        services.store.mentoring.change(
            session.id, state=MentoringState.ACCEPTED.value, answered_at=now, sequence=session.sequence + 1
        )
        accepted = find_session(services, session_id)
        queue_booking(services, accepted, now)
    return accepted


def decline(services: Services, session_id: str, mentor_id: str, code: Decline, now: datetime) -> None:
    """Decline a request for the mentor.

    Raises:
        ConflictError: The request is not open.
        NotFoundError: There is no such session with this mentor.
    """
    with services.store.transaction():
        session = _waiting(services, session_id, mentor_id, now)
        change = {"state": MentoringState.DECLINED.value, "code": code.value, "answered_at": now}
        services.store.mentoring.change(session.id, **change)


def cancel(services: Services, session_id: str, member_id: str, now: datetime) -> MentoringSession:
    """Cancel a session for either side, before it begins.

    Raises:
        ConflictError: It has begun or was not agreed.
        ForbiddenError: They take no part in it.
        NotFoundError: There is no such session.
    """
    with services.store.transaction():
        session, side = _locked(services, session_id, member_id)
        open_states = (MentoringState.REQUESTED, MentoringState.ACCEPTED)
        if session.state_at(now) not in open_states or session.starts_at <= now:
            raise ConflictError("only what has not begun is cancelled")
        services.store.mentoring.change(
            session.id,
            state=MentoringState.CANCELLED.value,
            settled_at=now,
            settled_by=side.value,
            sequence=session.sequence + 1,
        )
        cancelled = find_session(services, session_id)
        if is_booked(cancelled):
            queue_booking(services, cancelled, now)
    return cancelled


# --- outcomes


def confirm(services: Services, session_id: str, member_id: str, now: datetime) -> MentoringSession:
    """Confirm for one side that the session was held. Safe to repeat.

    Raises:
        TooLateError: A session requested here was held more than seven days ago.
        ConflictError: It was not held.
        ForbiddenError: They take no part in it.
        NotFoundError: There is no such session.
    """
    with services.store.transaction():
        session, side = _locked(services, session_id, member_id)
        if session.confirmed_at(side) is not None:
            return session
        _require_begun(session, now)
        if not may_be_confirmed(session, now):
            raise TooLateError("a session is confirmed by both within seven days")
        held = {"held_at": session.held_at or session.starts_at, "told_at": session.told_at or now}
        changed = {f"{side.value}_confirmed_at": now, "state": MentoringState.HELD.value, **held}
        services.store.mentoring.change(session.id, **changed)
    return find_session(services, session_id)


def tell_no_show(services: Services, session_id: str, member_id: str, now: datetime) -> None:
    """Record that the other side did not come.

    Raises:
        ConflictError: The other side has confirmed the session, or it was not due.
        CredservError: As `confirm`.
    """
    with services.store.transaction():
        session, side = _locked(services, session_id, member_id)
        _require_begun(session, now)
        if session.confirmed_at(side.other) is not None or session.confirmed_at(side) is not None:
            raise ConflictError("it was confirmed: if that is wrong, dispute it")
        _settle(services, session, MentoringState.NO_SHOW, side, now, code=side.other.value)


def dispute(services: Services, session_id: str, member_id: str, now: datetime) -> None:
    """Dispute what the other side says of a session.

    A disputed session counts for nobody. Raises as `confirm`.
    """
    with services.store.transaction():
        session, side = _locked(services, session_id, member_id)
        if session.state is not MentoringState.NO_SHOW:
            _require_begun(session, now)
        _settle(services, session, MentoringState.DISPUTED, side, now)


def week_around(services: Services, instant: datetime) -> tuple[datetime, datetime]:
    """Return the organisation's week that contains an instant: [begin, begin of the next)."""
    return week_with(services, instant.astimezone(ZoneInfo(services.issuer.time_zone)).date())


def week_with(services: Services, day: date) -> tuple[datetime, datetime]:
    """Return the organisation's week that contains a day: [begin, begin of the next)."""
    zone = ZoneInfo(services.issuer.time_zone)
    first, after = week_of(day, services.issuer.first_weekday)
    return day_begins(first, zone), day_begins(after, zone)


def overlaps(session: MentoringSession, others: Iterable[MentoringSession]) -> bool:
    """Return whether the session overlaps one of the others."""
    return any(
        one.id != session.id and one.starts_at < session.ends_at and session.starts_at < one.ends_at
        for one in others
    )


def _settle(
    services: Services,
    session: MentoringSession,
    state: MentoringState,
    side: Side,
    now: datetime,
    code: str = "",
) -> None:
    if not may_be_denied(session, now):
        raise TooLateError("you can say this only within seven days of the last statement about a session")
    change = {"state": state.value, "settled_at": now, "settled_by": side.value, "code": code}
    services.store.mentoring.change(session.id, **change)


def _require_begun(session: MentoringSession, now: datetime) -> None:
    if not has_begun(session, now):
        raise ConflictError(f"the session is {session.state_at(now).value}, or has not begun")


def _require_free_then(services: Services, session: MentoringSession) -> None:
    near = services.store.mentoring.taking_time(
        [session.mentor_id], session.starts_at - _LONGEST, session.ends_at
    )
    if overlaps(session, near):
        raise ConflictError("you have another session at that time")


def _waiting(services: Services, session_id: str, mentor_id: str, now: datetime) -> MentoringSession:
    session = services.store.mentoring.lock(session_id)
    if session is None or session.mentor_id != mentor_id:
        raise NotFoundError("there is no such request")
    if session.state_at(now) is not MentoringState.REQUESTED:
        raise ConflictError(f"this request was answered, or has expired: it is {session.state_at(now).value}")
    return session


def _locked(services: Services, session_id: str, member_id: str) -> tuple[MentoringSession, Side]:
    session = services.store.mentoring.lock(session_id)
    if session is None:
        raise NotFoundError("there is no such session")
    return session, require_side(session, member_id)

"""Calendar entries for mentoring sessions, sent to both sides once a session is agreed."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.exchange.bookings import Booking, Party, build_calendar
from credserv.ground.addresses import host_of
from credserv.ground.encoding import hash_token
from credserv.ground.errors import NotFoundError
from credserv.ground.names import normalise_email
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose
from credserv.records.mentoring import MentoringSession, MentoringState

_BOOKED = (MentoringState.ACCEPTED, MentoringState.HELD)
_LETTER_LIFE = timedelta(days=2)  # how long delivery is attempted


def is_booked(session: MentoringSession) -> bool:
    """Return whether the session belongs, or belonged, in a calendar."""
    was_agreed = session.state is MentoringState.CANCELLED and session.answered_at is not None
    return session.state in _BOOKED or was_agreed


def booking_of(services: Services, session: MentoringSession) -> Booking:
    """Return the calendar entry of a session.

    Raises:
        NotFoundError: The session was never agreed.
    """
    if not is_booked(session):
        raise NotFoundError("there is nothing to stand in a calendar")
    mentor, mentee = _party(services, session.mentor_id), _party(services, session.mentee_id)
    between = " and ".join(one.name for one in (mentor, mentee) if one and one.name)
    return Booking(
        uid=f"{session.id}@{host_of(services.public_url)}",
        sequence=session.sequence,
        changed_at=session.settled_at or session.answered_at or session.starts_at,
        begins=session.starts_at,
        ends=session.ends_at,
        summary=f"Mentoring, {session.competency}: {between}",
        text=session.question,
        url=f"{services.public_url}/wallet/mentoring/sessions/{session.id}",
        organiser=mentor,
        guest=mentee,
        is_cancelled=session.state is MentoringState.CANCELLED,
    )


def calendar_of(services: Services, session: MentoringSession) -> bytes:
    """Return the entry as an iCalendar file (RFC 5545).

    Raises:
        NotFoundError: The session was never agreed.
    """
    return build_calendar(booking_of(services, session))


def queue_booking(services: Services, session: MentoringSession, now: datetime) -> None:
    """Queue letters to both sides with the entry or its cancellation, in the transaction of the change."""
    if not services.mail_enabled:
        return
    for party in (_party(services, session.mentor_id), _party(services, session.mentee_id)):
        if party is not None:
            services.store.links.add_once(
                hash_token(f"{session.id} {session.sequence} {party.email}"),
                LinkPurpose.BOOKING_LETTER,
                normalise_email(party.email),
                now + _LETTER_LIFE,
                claim=session.id,
                letter_at=now,
            )


def _party(services: Services, membership_id: str) -> Party | None:
    known = services.store.roster.get(membership_id)
    email = None if known is None else services.store.members.email_of(known.person_id)
    return None if known is None or email is None else Party(known.name or email, email)

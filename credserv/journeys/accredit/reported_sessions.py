"""Sessions reported by a learning or personnel system: held already, and confirmed through that system."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant, random_token
from credserv.ground.errors import ConflictError, InputError
from credserv.journeys.accredit.sessions import confirm, find_session, require_side
from credserv.journeys.admit.persons import find_member
from credserv.journeys.services import Services
from credserv.records.mentoring import (
    MINUTES,
    MentoringKind,
    MentoringSession,
    MentoringState,
    SessionFeedback,
)

MAX_WORDS = 2_000
MAX_SCORE = 100.0
_ID_BYTES = 16
_CLOCKS = timedelta(minutes=5)  # tolerance for another system's clock that runs fast


@dataclass(frozen=True)
class ReportedSession:
    """A session as reported.

    Attributes:
        mentor: Employee number or e-mail address.
        mentee: Employee number or e-mail address.
        held_at: None for now.
        reference: The client's own id.
    """

    mentor: str
    mentee: str
    minutes: int
    competency: str
    held_at: datetime | None = None
    kind: MentoringKind = MentoringKind.SESSION
    reference: str | None = None

    @property
    def digest(self) -> str:
        held = None if self.held_at is None else format_instant(self.held_at)
        said = {**vars(self), "held_at": held, "kind": self.kind.value}
        return hashlib.sha256(canonize_json(said)).hexdigest()


def report_session(services: Services, told: ReportedSession, now: datetime) -> tuple[MentoringSession, bool]:
    """Record a session.

    Returns:
        The session, and whether it is new.

    Raises:
        NotFoundError: A person is not known.
        InputError: A value is not valid, or the session lies in the future.
        ConflictError: The reference belongs to a different session.
    """
    mentor, mentee = find_member(services, told.mentor), find_member(services, told.mentee)
    held_at = told.held_at or now
    if mentor.id == mentee.id:
        raise InputError("nobody mentors themselves")
    if told.minutes not in MINUTES:
        raise InputError("a session takes 15, 30 or 45 minutes")
    if held_at > now + _CLOCKS:
        raise InputError("held_at lies in the future: tell of a session once it was held")
    session = MentoringSession(
        id=random_token(_ID_BYTES),
        mentor_id=mentor.id,
        mentee_id=mentee.id,
        competency=told.competency,
        minutes=told.minutes,
        kind=told.kind,
        state=MentoringState.HELD,
        starts_at=held_at,
        held_at=held_at,
        told_at=now,
        reference=told.reference,
        digest=told.digest,
    )
    if services.store.mentoring.add(session):
        return session, True
    known = find_session(services, told.reference or session.id)
    if known.digest != told.digest:
        raise ConflictError("this reference stands for another session already")
    return known, False


def confirm_reported(services: Services, reference: str, by: str, now: datetime) -> MentoringSession:
    """Confirm a session for one side.

    Args:
        by: Employee number or e-mail address.

    Raises:
        NotFoundError: The person is not known.
        CredservError: As `sessions.confirm`.
    """
    session = find_session(services, reference)
    return confirm(services, session.id, find_member(services, by).id, now)


def take_feedback(
    services: Services, session_id: str, rater_id: str, said: tuple[float, float, str], now: datetime
) -> SessionFeedback:
    """Record one side's feedback about the other, once per session. Safe to repeat.

    Args:
        said: Score, maximum score, and words ("" for none).

    Raises:
        ConflictError: The session was not held or is disputed, or other feedback was given before.
        ForbiddenError: They took no part in the session.
        InputError: The score or words are not valid.
        NotFoundError: There is no such session.
    """
    session = find_session(services, session_id)
    require_side(session, rater_id)
    score, maximum, words = said
    if session.state is not MentoringState.HELD:
        raise ConflictError("you can say this only of a session that was held and is not disputed")
    if not 0 <= score <= maximum <= MAX_SCORE or maximum == 0:
        raise InputError(f"a score lies between 0 and its maximum, which is {MAX_SCORE:.0f} at most")
    if len(words) > MAX_WORDS:
        raise InputError(f"say it in at most {MAX_WORDS} characters")
    given = SessionFeedback(session.id, rater_id, score, maximum, words, now)
    if services.store.mentoring.add_feedback(given):
        return given
    known = services.store.mentoring.feedback_by(session.id, rater_id)
    if known is None or (known.score, known.maximum, known.words) != (score, maximum, words):
        raise ConflictError("feedback about this session was given before, and stays as it is")
    return known

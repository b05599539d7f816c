"""Mentoring: sessions from request to confirmation, mentors' offers, and cohorts.

Participants are stored by the id of a membership, which leads to nobody once they are erased; what others did
with them keeps counting. Each thing has two times: when it happened, and when it was known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from credserv.ground.json_types import JsonObject

MINUTES = (15, 30, 45)
ANSWER_WITHIN = timedelta(days=7)  # a request expires after this
CONFIRM_WITHIN = timedelta(days=7)  # for both sides, after a session that was requested here


class MentoringKind(StrEnum):
    SESSION = "session"
    SHADOWING = "shadowing"


class MentoringState(StrEnum):
    """The state as stored. Whether a request has expired follows from the time and is not stored."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HELD = "held"
    NO_SHOW = "no-show"
    DISPUTED = "disputed"


class Decline(StrEnum):
    """Why a mentor declines; the value is what the mentee reads."""

    NO_TIME = "no time"
    NOT_MY_TOPIC = "not my topic"
    OTHER_LANGUAGE = "another language"
    TOO_CLOSE = "too close at work"
    AWAY = "away"
    OTHER = "another reason"


class Side(StrEnum):
    MENTOR = "mentor"
    MENTEE = "mentee"

    @property
    def other(self) -> Side:
        return Side.MENTEE if self is Side.MENTOR else Side.MENTOR


@dataclass(frozen=True)
class MentoringSession:
    """A session.

    Attributes:
        requested_at: None if another system reported it.
        told_at: When it was known here that it was held.
        starts_at: As requested and agreed.
        held_at: When it was held.
        code: Why the mentor declined; for a no-show, who did not come.
        settled_at: When it was reported as a no-show, disputed or cancelled.
        settled_by: Who did that.
        reason: Why the mentor was suggested, as the learner saw it.
        sequence: Counts the changes of a booking (RFC 5545).
        objective: Of a series.
        digest: Of what a system sent, to detect another body under one reference.
    """

    id: str
    mentor_id: str
    mentee_id: str
    competency: str
    minutes: int
    kind: MentoringKind
    state: MentoringState
    starts_at: datetime
    requested_at: datetime | None = None
    answered_at: datetime | None = None
    held_at: datetime | None = None
    told_at: datetime | None = None
    mentor_confirmed_at: datetime | None = None
    mentee_confirmed_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str = ""
    code: str = ""
    question: str = ""
    objective: str = ""
    links: tuple[str, ...] = ()
    language: str = ""
    reason: JsonObject = field(default_factory=dict)
    sequence: int = 0
    reference: str | None = None
    digest: str = ""
    cohort_id: str | None = None

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def answered_until(self) -> datetime:
        """Return when a request expires."""
        asked_at = self.requested_at or self.starts_at
        return min(asked_at + ANSWER_WITHIN, self.starts_at)

    def state_at(self, now: datetime) -> MentoringState:
        waits = self.state is MentoringState.REQUESTED
        return MentoringState.EXPIRED if waits and now >= self.answered_until else self.state

    def side_of(self, membership_id: str) -> Side | None:
        if membership_id == self.mentor_id:
            return Side.MENTOR
        return Side.MENTEE if membership_id == self.mentee_id else None

    def confirmed_at(self, side: Side) -> datetime | None:
        return self.mentor_confirmed_at if side is Side.MENTOR else self.mentee_confirmed_at


@dataclass(frozen=True)
class SessionFeedback:
    """What one side said of the other after a session.

    Attributes:
        score: Out of `maximum`.
    """

    session_id: str
    rater_id: str
    score: float
    maximum: float
    words: str
    given_at: datetime


@dataclass(frozen=True)
class Window:
    """Hours in a mentor's week, in the organisation's time zone.

    Attributes:
        weekday: 0 for Monday.
        begins: Minutes since midnight.
        ends: Minutes since midnight.
    """

    weekday: int
    begins: int
    ends: int


@dataclass(frozen=True)
class MentorOffer:
    """What a mentor offers, in their own words.

    Attributes:
        hours: Empty if they gave none; then any can be requested.
    """

    membership_id: str
    competencies: tuple[str, ...]
    languages: tuple[str, ...]
    kinds: tuple[MentoringKind, ...]
    minutes_a_week: int
    hours: tuple[Window, ...]
    changed_at: datetime


@dataclass(frozen=True)
class CohortRecord:
    """A cohort.

    Attributes:
        targets: The aims, in the organisation's own words and numbers.
        sponsor: Who stands for it.
        target_role: What its learners prepare for; "" for none.
    """

    id: str
    name: str
    competency: str
    minutes: int
    starts_on: date
    ends_on: date
    targets: JsonObject
    sponsor: str
    target_role: str
    created_at: datetime
    created_by: str
    reference: str | None = None


@dataclass(frozen=True)
class CohortPlace:
    """A learner's place in a cohort.

    Attributes:
        mentor_id: None if no mentor was left. `why` then says what prevented each mentor; otherwise, why this
            one was chosen.
    """

    cohort_id: str
    mentee_id: str
    mentor_id: str | None
    why: JsonObject

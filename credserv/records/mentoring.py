"""Mentoring: sessions from the request to the confirmation by both, what mentors offer, and cohorts.

Who took part is kept by the id of a membership, which leads to nobody once they are erased: what others did
with them stays counted. Of each thing two times are kept: when it was, and when it was known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from credserv.ground.json_types import JsonObject

MINUTES = (15, 30, 45)
ANSWER_WITHIN = timedelta(days=7)  # of a request; then it has expired
CONFIRM_WITHIN = timedelta(days=7)  # of a session that was requested here, by both


class MentoringKind(StrEnum):
    SESSION = "session"
    SHADOWING = "shadowing"


class MentoringState(StrEnum):
    """As kept. That a request has expired is a matter of time, and kept nowhere."""

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
    """requested_at: None where another system told of it. told_at: when it was known here that it was held.

    starts_at: as wished and agreed; held_at: as it was. code: of a mentor who declined; of a no-show, who
    did not come. settled_at, settled_by: who said that it was a no-show, disputed or cancelled. reason: why
    the mentor was suggested, as the learner was told. sequence: counts the changes of a booking (RFC 5545).
    objective: of a series. digest: of what a system sent, so that another body under one reference is seen.
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
        """Of a request: from then on it has expired."""
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
    """What one of the two said of the other after a session. score: of `maximum`."""

    session_id: str
    rater_id: str
    score: float
    maximum: float
    words: str
    given_at: datetime


@dataclass(frozen=True)
class Window:
    """Hours of a mentor's own week, where the organisation is. weekday: 0 for Monday. begins, ends: minutes
    since midnight."""

    weekday: int
    begins: int
    ends: int


@dataclass(frozen=True)
class MentorOffer:
    """What a mentor offers, by their own word. hours: empty where they told none: any may be asked for."""

    membership_id: str
    competencies: tuple[str, ...]
    languages: tuple[str, ...]
    kinds: tuple[MentoringKind, ...]
    minutes_a_week: int
    hours: tuple[Window, ...]
    changed_at: datetime


@dataclass(frozen=True)
class CohortRecord:
    """targets: what is aimed at, in words and numbers of the organisation's own. sponsor: who stands for it.

    target_role: what its learners are to be ready for, "" for none.
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
    """Of one learner. mentor_id: None where nobody was left; why then says what stood in the way, by mentor
    otherwise why this one."""

    cohort_id: str
    mentee_id: str
    mentor_id: str | None
    why: JsonObject

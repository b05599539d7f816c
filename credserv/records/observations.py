"""What a learning system, an assessor or a file said of somebody: one statement, before anybody judged it.

Whatever was not said is None, never a number, a boolean or a person. Nothing here is rounded, capped or
guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What happened, in one vocabulary for all senders."""

    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"
    GRADED = "graded"
    MASTERED = "mastered"
    PROGRESS = "progress"
    UNCOMPLETED = "uncompleted"  # a completion that is taken back
    REVOKED = "revoked"  # an award of the sender's that is taken back
    OBSERVED = "observed"  # by an assessor, manager or peer
    IDENTITY = "identity"  # says who somebody is, and nothing that they did


class PersonKind(StrEnum):
    """How a sender names a person."""

    LMS_ID = "lms-id"
    UUID = "uuid"
    USERNAME = "username"
    ACCOUNT = "account"  # xAPI: home is the homePage, value the name
    EMAIL = "email"
    MBOX_SHA1SUM = "mbox_sha1sum"
    EMPLOYEE_NUMBER = "employee-number"
    SIS_ID = "sis-id"
    DID = "did"
    OIDC = "oidc"  # home is the issuer, value the subject
    OPENID = "openid"
    ENTRA_ID = "entra-id"


class ActivityKind(StrEnum):
    """What the person did something in."""

    ACTIVITY = "activity"  # no narrower word is known
    COURSE = "course"
    MODULE = "module"
    ASSESSMENT = "assessment"
    OUTCOME = "outcome"  # a competency or learning outcome
    AU = "au"  # cmi5: assignable unit
    BADGE = "badge"
    PROGRAM = "program"


@dataclass(frozen=True)
class PersonReference:
    """A name for a person as the sender gave it.

    It is valid within the sender's installation (`home` if the sender states one), and belongs to nobody
    until an organisation has said whose it is.
    """

    kind: PersonKind
    value: str
    home: str | None = None


@dataclass(frozen=True)
class ActivityReference:
    """An identifier of the sender's, compared exactly; `name` is for people to read."""

    kind: ActivityKind
    value: str
    name: str | None = None


@dataclass(frozen=True)
class Observation:
    """A statement about one person.

    Attributes:
        event_id: The sender's own, or derived from what makes the statement the same when it is sent again.
        event_type: The sender's own word (`course_completed`, a verb's IRI).
        people: Several names of one person.
        activities: First what the statement is about, then what contains it (a quiz's course). Nothing is
            judged by the latter, or passing a quiz would pass its course.
        occurred_at: Aware UTC.
        raw: As sent.
        min: As sent.
        max: As sent.
        scaled: As sent; None unless the sender sent it.
        attempt: Registration, attempt or sitting.
        level: A grade or rubric level in the sender's words.
        context: In which it was seen; only from our own pages.
        asserted_by: Who says so, if that is a person (grader, assessor).
        asserted_as: In which role they speak (`assessor`, `peer`); only from our own pages.
        supersedes: The event_id that this one takes back or replaces.
        flags: What is odd about it, in plain words (a score above the maximum).
    """

    event_id: str
    event_type: str
    kind: Kind
    people: tuple[PersonReference, ...] = ()
    activities: tuple[ActivityReference, ...] = ()
    occurred_at: datetime | None = None
    raw: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    scaled: Decimal | None = None
    success: bool | None = None
    completion: bool | None = None
    attempt: str | None = None
    level: str | None = None
    context: str | None = None
    name: str | None = None
    asserted_by: PersonReference | None = None
    asserted_as: str | None = None
    supersedes: str | None = None
    flags: tuple[str, ...] = ()

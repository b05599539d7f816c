"""What a learning system, an assessor or a file said of somebody: one statement, before anybody judged it.

What was not said is None, never a number, a truth or a person. Nothing here is rounded, capped or guessed.
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
    REVOKED = "revoked"  # an award of the sender's, taken back
    OBSERVED = "observed"  # by an assessor, manager or peer
    IDENTITY = "identity"  # says who somebody is, and nothing that they did


class PersonKind(StrEnum):
    """By what a sender names a person."""

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
    """What somebody did something in."""

    ACTIVITY = "activity"  # no narrower word is known
    COURSE = "course"
    MODULE = "module"
    ASSESSMENT = "assessment"
    OUTCOME = "outcome"  # of a competency or learning outcome
    AU = "au"  # cmi5: assignable unit
    BADGE = "badge"
    PROGRAM = "program"


@dataclass(frozen=True)
class PersonReference:
    """A name for a person as the sender gave it. It holds within the sender's installation (`home` where the
    sender says one), and is nobody's until an organisation has said whose it is."""

    kind: PersonKind
    value: str
    home: str | None = None


@dataclass(frozen=True)
class ActivityReference:
    """An identifier of the sender's, compared exactly. name: for people to read."""

    kind: ActivityKind
    value: str
    name: str | None = None


@dataclass(frozen=True)
class Observation:
    """One statement about one person.

    event_id: the sender's own, else derived from what makes the statement the same when it is sent again.
    event_type: the sender's own word (`course_completed`, a verb's IRI). people: several names of one
    person. activities: first what the statement is about; then what that lies in (the course of a quiz), by
    which nothing is judged, or who passes a quiz would have passed its course. occurred_at: aware UTC. raw,
    min, max, scaled: as sent; scaled only where the sender sent it. attempt: registration, attempt or
    sitting. level: a grade or rubric level in the sender's words. context: in which it was seen, on pages of
    ours alone. asserted_by: who says so, where that is a
    person (grader, assessor). asserted_as: as what they speak (`assessor`, `peer`), on pages of ours alone.
    supersedes: the event_id that this one takes back or replaces. flags: what is odd about it, each in
    plain words (a score above the maximum).
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

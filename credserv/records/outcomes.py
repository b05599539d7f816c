"""What became of people as systems report it, the figures made from it, and stored results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class FactKind(StrEnum):
    """The kind of a fact. Values are stored in every row, so do not change them."""

    STARTED = "pathway.started"
    PRE = "assessment.pre"
    POST = "assessment.post"
    MASTERED = "credential.mastered"
    SIGNAL = "signal"
    SURVEY = "survey"
    OBSERVATION = "observation"
    NOTE = "manager-observation"  # in words; it is in no number
    TARGET = "target"  # which level of a competency somebody wants to reach, and by when
    PROJECT = "project"  # the result of an assignment, by its criteria
    SELF = "self-assessment"  # never mixed with what others see
    READINESS = "readiness"  # as their manager sees it; nothing is granted or refused by it


@dataclass(frozen=True)
class Criterion:
    """A criterion of success.

    Attributes:
        met: None if not known.
    """

    criterion: str
    met: bool | None


@dataclass(frozen=True)
class Fact:
    """Something reported about a person.

    Attributes:
        about: The pathway, signal, survey or project; for a target, the competency; "" if it is about a
            competency alone.
        occurred_at: When it was so.
        received_at: Since when that is known.
        exposure: The amount over which `count` was counted.
        score: Out of `maximum`, by one `instrument`.
        maximum: Of the scale.
        instrument: An assessment's version.
        mentored: For a start: whether they have a mentor.
        words: Of a note, about nobody but the person.
        due_on: Of a target, whose level is its score.
        project: In which a signal was counted.
        told_by: The membership that reports it.
    """

    reference: str
    membership_id: str
    kind: FactKind
    about: str
    occurred_at: datetime
    received_at: datetime
    competency: str = ""
    count: float | None = None
    exposure: float | None = None
    score: float | None = None
    maximum: float | None = None
    instrument: str = ""
    mentored: bool | None = None
    words: str = ""
    project: str = ""
    due_on: date | None = None
    told_by: str = ""
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class MetricRecord:
    """A metric that an organisation set, replacing the earlier one with this key.

    The earlier one is kept, so that what was computed once can be recomputed.

    Attributes:
        ended_at: Since when it is no longer counted.
    """

    key: str
    definition: JsonObject
    set_at: datetime
    ended_at: datetime | None = None


class NoteKind(StrEnum):
    """Where a note comes from. Values are stored in every row and shown to people."""

    FOCUS_GROUP = "focus group"
    EXIT = "exit interviews"
    NEW_ROLE = "interviews in a new role"
    MANAGERS = "what managers saw"
    OTHER = "other"


@dataclass(frozen=True)
class OutcomeNote:
    """Words next to a quarter's figures, about nobody."""

    id: str
    period: str
    kind: NoteKind
    words: str
    written_at: datetime


@dataclass(frozen=True)
class ViewRecord:
    """Figures of a period: WEEK, which is replaced, or a quarter (2026-Q2), of which each version stays.

    Attributes:
        cut: Until when events count.
        known: The instant whose knowledge counts.
        figures: JSON, as computed.
        frozen_at: Since when it is no longer recomputed.
        reason: For a version that restates the previous one.
    """

    period: str
    number: int
    cut: datetime
    known: datetime
    computed_at: datetime
    figures: str
    frozen_at: datetime | None = None
    reason: str = ""


WEEK = "week"

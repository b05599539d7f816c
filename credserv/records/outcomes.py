"""What became of people, as systems tell of it; which figures are made of it, and what was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class FactKind(StrEnum):
    """A value is kept in every row: it is never changed."""

    STARTED = "pathway.started"
    PRE = "assessment.pre"
    POST = "assessment.post"
    MASTERED = "credential.mastered"
    SIGNAL = "signal"
    SURVEY = "survey"
    OBSERVATION = "observation"
    NOTE = "manager-observation"  # in words: it stays out of every number
    TARGET = "target"  # which level of a competency somebody wants to reach, and by when
    PROJECT = "project"  # what came of an assignment, by its criteria
    SELF = "self-assessment"  # never put together with what others see
    READINESS = "readiness"  # as who leads them sees it: nothing is granted or refused by it


@dataclass(frozen=True)
class Criterion:
    """Of success. met: None where it is not known."""

    criterion: str
    met: bool | None


@dataclass(frozen=True)
class Fact:
    """One thing that is told of a person. about: the pathway, signal, survey or project that it is of; of a
    target the competency; "" of what is about a competency alone.

    occurred_at: when it was so; received_at: since when that is known. exposure: over how much `count` was
    counted. score, maximum: on one scale, by one `instrument` (an assessment's version). mentored: of who
    started. words: of a note, of nobody but the person. due_on: of a target, whose level is its score.
    project: in which a signal was counted. told_by: the membership of who says it.
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
    """A metric that an organisation set, in place of the one of that key that there was before. That one is
    kept: what was computed once is computed alike again.

    ended_at: since when it is not counted any more.
    """

    key: str
    definition: JsonObject
    set_at: datetime
    ended_at: datetime | None = None


class NoteKind(StrEnum):
    """Where a note comes from; a value is kept in every row, and read by people."""

    FOCUS_GROUP = "focus group"
    EXIT = "exit interviews"
    NEW_ROLE = "interviews in a new role"
    MANAGERS = "what managers saw"
    OTHER = "other"


@dataclass(frozen=True)
class OutcomeNote:
    """Words beside the figures of a quarter, about nobody."""

    id: str
    period: str
    kind: NoteKind
    words: str
    written_at: datetime


@dataclass(frozen=True)
class ViewRecord:
    """Figures of a period: WEEK, which is replaced, or a quarter (2026-Q2), of which each version stays.

    cut: until when what happened counts. known: what was known then. figures: JSON, as it was made.
    frozen_at: since when it is not made anew. reason: of a version that restates the one before.
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

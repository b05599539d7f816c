"""In bulk: a run over rows of a file, or over badges that are issued again, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.records.paging import Place


class RunKind(StrEnum):
    AWARD = "award"  # each row is an order
    REISSUE = "reissue"  # each row is a badge, in whose place another is put


class RunState(StrEnum):
    READING = "reading"  # not all of its rows are kept yet
    CHECKED = "checked"  # every row was looked at, and nothing is issued yet
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"  # what was issued by then stays
    DONE = "done"


class RowState(StrEnum):
    READY = "ready"
    KNOWN = "known"  # the same row was issued before; of a badge: it is as it would be issued now
    FAULTY = "faulty"  # cannot be issued as it is written
    ISSUED = "issued"
    REPEATED = "repeated"  # somebody had been awarded the same by then
    DECLINED = "declined"  # by whom it is for
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """counts: rows by state. notes: what was seen about the file as a whole (a column that was not read)."""

    id: str
    name: str
    state: RunState
    created_at: datetime
    created_by: str
    notes: tuple[str, ...] = ()
    began_at: datetime | None = None
    ended_at: datetime | None = None
    kind: RunKind = RunKind.AWARD
    counts: Mapping[RowState, int] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """In lists, which are newest first."""
        return Place(self.created_at, self.id)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return self.counts.get(RowState.READY, 0)

    @property
    def done(self) -> int:
        """Of those that could be issued at all."""
        return sum(self.counts.get(state, 0) for state in _SETTLED)


_SETTLED = (RowState.ISSUED, RowState.REPEATED, RowState.DECLINED, RowState.FAILED)


@dataclass(frozen=True)
class RowRecord:
    """line: of the file, from 1. key: by which the same row is known again. order: what is ordered.
    note: what is wrong, or why it is not new."""

    line: int
    state: RowState
    key: str
    order: JsonObject
    note: str = ""
    credential_id: str | None = None

"""Bulk runs over rows of a file, or over badges that are issued again or revoked, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.records.paging import Place


class RunKind(StrEnum):
    AWARD = "award"  # each row is an order
    REISSUE = "reissue"  # each row is a badge to replace
    REVOKE = "revoke"  # each row is a badge to revoke


class RunState(StrEnum):
    READING = "reading"  # not all of its rows are stored yet
    CHECKED = "checked"  # every row was checked; nothing is issued yet
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"  # what was issued by then stays
    DONE = "done"


class RowState(StrEnum):
    READY = "ready"
    KNOWN = "known"  # the same row was issued before; for a badge: it is up to date
    FAULTY = "faulty"  # cannot be issued as written
    ISSUED = "issued"
    REPEATED = "repeated"  # somebody had been awarded the same by then
    DECLINED = "declined"  # by its recipient
    REVOKED = "revoked"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """A run.

    Attributes:
        counts: Rows by state.
        notes: Remarks about the file as a whole, such as a column that was not read.
    """

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
        """Return its place in lists, which are newest first."""
        return Place(self.created_at, self.id)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return self.counts.get(RowState.READY, 0)

    @property
    def done(self) -> int:
        """Return how many of the rows that could be issued are done."""
        return sum(self.counts.get(state, 0) for state in _SETTLED)


_SETTLED = (RowState.ISSUED, RowState.REPEATED, RowState.DECLINED, RowState.REVOKED, RowState.FAILED)


@dataclass(frozen=True)
class RowRecord:
    """A row.

    Attributes:
        line: In the file, from 1.
        key: By which the same row is recognised.
        order: What is ordered.
        note: What is wrong, or why it is not new.
    """

    line: int
    state: RowState
    key: str
    order: JsonObject
    note: str = ""
    credential_id: str | None = None

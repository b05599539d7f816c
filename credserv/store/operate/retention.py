"""Retention: count or delete what is past its time, a few hundred rows per transaction.

Of a message, the bytes and headers are deleted. That it came, its hash and what was read from it stay, so
that it still counts once and a badge still says what it was awarded for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, func, null, select, tuple_, update

from credserv.records.sources import EventState
from credserv.store.frame.database import Database
from credserv.store.tables import (
    events,
    letters,
    share_openings,
    shared_results,
    shares,
    webhook_deliveries,
    webhook_endpoints,
)

_ROWS = 500


@dataclass(frozen=True)
class _Due:
    """What is deleted.

    Attributes:
        which: The condition, besides owner and age.
        empties: Values to set instead of deleting the row.
    """

    table: Table
    at: str
    which: ColumnElement[bool]
    empties: Mapping[str, Any] | None = None


_MESSAGE = events.c.body
_DUE = {
    "messages": _Due(
        events,
        "received_at",
        (events.c.state != EventState.RECEIVED.value) & (func.length(_MESSAGE) > 0),
        {"body": b"", "headers": null()},
    ),
    "letters": _Due(letters, "queued_at", letters.c.due_at.is_(None)),
    "results": _Due(shared_results, "created_at", shared_results.c.created_at.is_not(None)),
    "openings": _Due(share_openings, "at", share_openings.c.at.is_not(None)),
    "deliveries": _Due(webhook_deliveries, "delivered_at", webhook_deliveries.c.delivered_at.is_not(None)),
}
KINDS = tuple(_DUE)


class RetentionRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def count(self, kind: str, before: datetime) -> int:
        """Return how many rows would be deleted."""
        due = _DUE[kind]
        with self._database.reading() as connection:
            found = select(func.count()).select_from(due.table).where(self._which(due, before))
            return int(connection.execute(found).scalar_one())

    def let_go(self, kind: str, before: datetime) -> int:
        """Delete rows for good; return how many."""
        due, gone = _DUE[kind], 0
        while True:
            with self._database.writing(savepoints=False) as connection:
                done = connection.execute(self._letting_go(due, before)).rowcount
            gone += done
            if done < _ROWS:
                return gone

    def _letting_go(self, due: _Due, before: datetime) -> Delete | Update:
        key = list(due.table.primary_key.columns)
        these = tuple_(*key).in_(select(*key).where(self._which(due, before)).limit(_ROWS))
        if due.empties is not None:
            return update(due.table).where(these).values(**due.empties)
        return delete(due.table).where(these)

    def _which(self, due: _Due, before: datetime) -> ColumnElement[bool]:
        return self._own(due.table) & due.which & (due.table.c[due.at] < before)

    def _own(self, table: Table) -> ColumnElement[bool]:
        if table is share_openings:
            own = select(shares.c.token_sha256).where(shares.c.organisation_id == self._organisation_id)
            return table.c.token_sha256.in_(own)
        if table is webhook_deliveries:
            ours = webhook_endpoints.c.organisation_id == self._organisation_id
            return table.c.endpoint_id.in_(select(webhook_endpoints.c.id).where(ours))
        return table.c.organisation_id == self._organisation_id

"""Credentials that people gave an organisation to count toward its badges, as received, with what they
say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import Row

from credserv.ground.json_types import JsonObject
from credserv.records.handed_in import HandedInRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import handed_in as t

_COLUMNS = [column for column in t.columns if column.name not in ("content", "organisation_id")]


class HandedInRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: HandedInRecord, content: bytes) -> bool:
        """Store one; return False if the member already gave the same bytes."""
        values = {**vars(record), "facts": dict(record.facts), "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, content=content)

    def of_member(self, membership_id: str) -> tuple[HandedInRecord, ...]:
        """Return a member's, oldest first."""
        return self._all(t.c.membership_id == membership_id)

    def members(self) -> frozenset[str]:
        """Return everybody who gave any."""
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(t.c.membership_id).where(self._own()).distinct()))

    def content(self, handed_id: str) -> bytes | None:
        """Return the bytes as received."""
        with self._database.reading() as connection:
            found: bytes | None = connection.execute(
                select(t.c.content).where(self._own(), t.c.id == handed_id)
            ).scalar()
        return found

    def due(self, before: datetime, limit: int) -> tuple[HandedInRecord, ...]:
        """Return those not checked for longest."""
        return self._all(t.c.tried_at <= before, limit=limit)

    def note_check(self, handed_id: str, facts: JsonObject, now: datetime) -> None:
        """Store the result of a check."""
        self._change(handed_id, facts=dict(facts), checked_at=now, tried_at=now)

    def note_try(self, handed_id: str, now: datetime) -> None:
        """Record a check without a result."""
        self._change(handed_id, tried_at=now)

    def remove(self, membership_id: str, handed_id: str) -> bool:
        """Delete one; return whether it existed."""
        own = (self._own(), t.c.membership_id == membership_id, t.c.id == handed_id)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(t).where(*own)).rowcount)

    def _change(self, handed_id: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(t).where(self._own(), t.c.id == handed_id).values(**values))

    def _all(self, *which: ColumnElement[bool], limit: int | None = None) -> tuple[HandedInRecord, ...]:
        order = (t.c.tried_at, t.c.id) if limit is not None else (t.c.handed_at, t.c.id)
        found = select(*_COLUMNS).where(self._own(), *which).order_by(*order).limit(limit)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))

    def _own(self) -> ColumnElement[bool]:
        return t.c.organisation_id == self._organisation_id


def _record(row: Row[Any]) -> HandedInRecord:
    return HandedInRecord(**row._mapping)

"""Framework imports for the jobs: input, progress and outcome."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.frameworks import ImportRecord, ImportState
from credserv.store.frame.database import Database
from credserv.store.tables import framework_imports as t

_COLUMNS = [column for column in t.columns if column.name not in ("content", "organisation_id")]
_OVER = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)


class FrameworkImportRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: ImportRecord, content: bytes) -> None:
        values = {**vars(record), "state": record.state.value, "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            connection.execute(insert(t).values(content=content, **values))

    def get(self, import_id: str) -> ImportRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(self._one(import_id))).one_or_none()
        return None if row is None else _record(row)

    def content(self, import_id: str) -> bytes | None:
        """Return the input; None once the import is over."""
        with self._database.reading() as connection:
            found: bytes | None = connection.execute(select(t.c.content).where(self._one(import_id))).scalar()
        return found

    def newest(self) -> tuple[ImportRecord, ...]:
        found = select(*_COLUMNS).where(t.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.created_at.desc(), t.c.id))
            return tuple(_record(row) for row in rows)

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of waiting or running imports, oldest first."""
        going = (ImportState.WAITING.value, ImportState.RUNNING.value)
        found = select(t.c.id).where(t.c.organisation_id == self._organisation_id, t.c.state.in_(going))
        with self._database.reading() as connection:
            return tuple(connection.execute(found.order_by(t.c.created_at)).scalars())

    def change(self, import_id: str, *, was: Collection[ImportState] = (), **values: Any) -> bool:
        """Change an import; its input is deleted once it is over.

        Args:
            was: Change it only in one of these states.

        Returns:
            Whether it was changed.
        """
        state = values.get("state")
        if state is not None:
            values["state"] = state.value
            if state in _OVER:
                values["content"] = None
        place = self._one(import_id)
        if was:
            place &= t.c.state.in_([one.value for one in was])
        with self._database.writing() as connection:
            return bool(connection.execute(update(t).where(place).values(**values)).rowcount)

    def forget(self, before: datetime) -> None:
        """Delete the input of imports that were previewed and never confirmed."""
        stale = (t.c.state == ImportState.PREVIEWED.value) & (t.c.created_at < before)
        with self._database.writing() as connection:
            connection.execute(
                update(t)
                .where(t.c.organisation_id == self._organisation_id, stale)
                .values(state=ImportState.CANCELLED.value, content=None)
            )

    def _one(self, import_id: str) -> ColumnElement[bool]:
        return (t.c.organisation_id == self._organisation_id) & (t.c.id == import_id)


def _record(row: Row[Any]) -> ImportRecord:
    return ImportRecord(**{**row._mapping, "state": ImportState(row.state)})

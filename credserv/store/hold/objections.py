"""Holders' objections to their badges."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.engine import Row

from credserv.records.objections import ObjectionKind, ObjectionRecord, ObjectionState
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import credentials
from credserv.store.tables import objections as t

_COLUMNS = [column for column in t.columns if column.name != "organisation_id"]


class ObjectionRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: ObjectionRecord) -> bool:
        """Store an objection; return whether it is new."""
        values = {**vars(record), "kind": record.kind.value, "state": record.state.value}
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, organisation_id=self._organisation_id)

    def get(self, objection_id: str) -> ObjectionRecord | None:
        found = self._all(t.c.id == objection_id)
        return found[0] if found else None

    def of_credential(self, credential_id: str) -> tuple[ObjectionRecord, ...]:
        """Return the objections to a credential, newest first."""
        return self._all(t.c.credential_id == credential_id)

    def unsettled(self) -> tuple[ObjectionRecord, ...]:
        """Return objections with work left to do, newest first."""
        return self._all((t.c.state == ObjectionState.OPEN.value) | t.c.ordered.is_not(None))

    def settled(self) -> tuple[ObjectionRecord, ...]:
        """Return completed objections, newest first."""
        return self._all((t.c.state != ObjectionState.OPEN.value) & t.c.ordered.is_(None))

    def of_person(self, person_id: str) -> tuple[tuple[str, ObjectionRecord], ...]:
        """Return a person's objections with the organisations they went to, newest first."""
        found = select(t).join(credentials, credentials.c.id == t.c.credential_id)
        found = found.where(credentials.c.person_id == person_id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.made_at.desc(), t.c.id))
            return tuple((row.organisation_id, _record(row)) for row in rows)

    def change(self, objection_id: str, before: ObjectionState, **values: Any) -> bool:
        """Change an objection; return whether it was still in that state with work left to do."""
        still = [t.c.organisation_id == self._organisation_id, t.c.id == objection_id]
        still.append(t.c.state == before.value)
        if before is not ObjectionState.OPEN:
            still.append(t.c.ordered.is_not(None))
        with self._database.writing() as connection:
            return bool(connection.execute(update(t).where(*still).values(**values)).rowcount)

    def _all(self, which: ColumnElement[bool]) -> tuple[ObjectionRecord, ...]:
        own = t.c.organisation_id == self._organisation_id
        found = select(*_COLUMNS).where(own, which).order_by(t.c.made_at.desc(), t.c.id)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))


def was_given_up() -> ColumnElement[bool]:
    """Return the condition for credentials found not to be their holder's."""
    upheld = (t.c.kind == ObjectionKind.NOT_MINE.value) & (t.c.state == ObjectionState.UPHELD.value)
    return exists().where(t.c.credential_id == credentials.c.id, upheld)


def _record(row: Row[Any]) -> ObjectionRecord:
    known = {column.name: row._mapping[column.name] for column in _COLUMNS}
    kind, state = ObjectionKind(known["kind"]), ObjectionState(known["state"])
    return ObjectionRecord(**{**known, "kind": kind, "state": state})

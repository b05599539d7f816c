"""The xAPI statements of a source, each once by its id. Their text is in the message that brought them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError
from credserv.records.observed import indexed
from credserv.records.statements import StatementFilter, StatementRecord
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.tables import statements

_AT_ONCE = 500
_NAMED = ("verb", "activity", "actor", "registration")
_VOIDING = statements.alias("voiding")
# Whether another statement voids it; a voiding statement cannot itself be voided (part two, 2.3.2).
_VOIDED = (
    select(_VOIDING.c.id)
    .where(
        _VOIDING.c.organisation_id == statements.c.organisation_id,
        _VOIDING.c.source == statements.c.source,
        _VOIDING.c.voids == statements.c.id,
        statements.c.voids.is_(None),
    )
    .exists()
)


class StatementRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def keep(self, wanted: Sequence[StatementRecord]) -> None:
        """Store all statements of a source or none. Safe to repeat; known ones stay as they are.

        Raises:
            ConflictError: An id belongs to a different statement.
        """
        named = {record.id: record for record in wanted}
        with self._database.writing() as connection:
            rows = [self._values(named[name]) for name in sorted(named)]
            if insert_all_absent(connection, statements, rows):
                return
            known = self._digests(connection, wanted[0].source, sorted(named))
            others = [name for name, record in named.items() if known.get(name) != record.digest]
            if others:
                raise ConflictError(f"another statement has the id {others[0]}")

    def get(self, source: str, statement_id: str) -> StatementRecord | None:
        """Return a statement, voided or not."""
        found = self._found(source).where(statements.c.id == statement_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _record(row)

    def find(self, source: str, wanted: StatementFilter, *, limit: int) -> tuple[StatementRecord, ...]:
        """Return statements that are not voided by storage time, newest first by default."""
        found = self._found(source).where(~_VOIDED, *_conditions(wanted))
        columns = (statements.c.stored_at, statements.c.id)
        ordered = columns if wanted.ascending else tuple(column.desc() for column in columns)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*ordered).limit(limit))
            return tuple(_record(row) for row in rows)

    def _found(self, source: str) -> Select[Any]:
        own = (statements.c.organisation_id == self._organisation_id, statements.c.source == source)
        return select(statements, _VOIDED.label("voided")).where(*own)

    def _digests(self, connection: Connection, source: str, ids: Sequence[str]) -> Mapping[str, str]:
        known: dict[str, str] = {}
        for start in range(0, len(ids), _AT_ONCE):
            these = select(statements.c.id, statements.c.digest).where(
                statements.c.organisation_id == self._organisation_id,
                statements.c.source == source,
                statements.c.id.in_(ids[start : start + _AT_ONCE]),
            )
            known |= {row.id: row.digest for row in connection.execute(these)}
        return known

    def _values(self, record: StatementRecord) -> dict[str, Any]:
        values = asdict(record)
        del values["voided"]
        for name in _NAMED:
            values[name] = None if values[name] is None else indexed(values[name])
        return {"organisation_id": self._organisation_id} | values


def _conditions(wanted: StatementFilter) -> list[ColumnElement[bool]]:
    asked = ((name, getattr(wanted, name)) for name in _NAMED)
    found = [statements.c[name] == indexed(value) for name, value in asked if value is not None]
    if wanted.since is not None:
        found.append(statements.c.stored_at > wanted.since)
    if wanted.until is not None:
        found.append(statements.c.stored_at <= wanted.until)
    if wanted.after is not None:
        stored_at, last = wanted.after
        when, name = statements.c.stored_at, statements.c.id
        if wanted.ascending:
            found.append(or_(when > stored_at, and_(when == stored_at, name > last)))
        else:
            found.append(or_(when < stored_at, and_(when == stored_at, name < last)))
    return found


def _record(row: Row[Any]) -> StatementRecord:
    return StatementRecord(
        source=row.source,
        id=row.id,
        message=row.message,
        place=row.place,
        digest=row.digest,
        stored_at=row.stored_at,
        verb=row.verb,
        activity=row.activity,
        actor=row.actor,
        registration=row.registration,
        voids=row.voids,
        voided=bool(row.voided),
    )

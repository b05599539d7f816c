"""What people brought along. Each row belongs to one person, who alone sees it, and to no organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.engine import Row

from credserv.ground.json_types import JsonObject
from credserv.records.imports import ImportRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import imports as t
from credserv.store.tables import share_imports

_COLUMNS = [column for column in t.columns if column.name not in ("content", "report")]


class ImportRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: ImportRecord, content: bytes, report: JsonObject) -> bool:
        """Store an import; return False if the person already has the same bytes."""
        with self._database.writing() as connection:
            return insert_if_absent(
                connection, t, **{**vars(record), "facts": dict(record.facts)}, content=content, report=report
            )

    def find(self, person_id: str, sha256: str) -> ImportRecord | None:
        return self._one((t.c.person_id == person_id) & (t.c.sha256 == sha256))

    def get(self, person_id: str, import_id: str) -> ImportRecord | None:
        """Return an import; None if it is not this person's."""
        return self._one(_own(person_id, import_id))

    def among(self, person_id: str, import_ids: Sequence[str]) -> tuple[ImportRecord, ...]:
        """Return those of the imports that are the person's, in this order; otherwise like `by_ids`."""
        own = self.by_ids(person_id, import_ids)
        return tuple(own[known] for known in import_ids if known in own)

    def by_ids(self, person_id: str, import_ids: Collection[str]) -> dict[str, ImportRecord]:
        """Return imports by the id requested.

        If wallets were joined and both had the same bytes, return the person's own for the other's id.
        """
        if not import_ids:  # the case for most links
            return {}
        same = select(t.c.id.label("asked"), t.c.sha256).where(t.c.id.in_(import_ids)).subquery()
        found = select(same.c.asked, *_COLUMNS).join(same, same.c.sha256 == t.c.sha256)
        with self._database.reading() as connection:
            rows = connection.execute(found.where(t.c.person_id == person_id)).all()
        return {row.asked: ImportRecord(**{c.name: row._mapping[c] for c in _COLUMNS}) for row in rows}

    def content(self, person_id: str, import_id: str) -> bytes | None:
        """Return the bytes as received."""
        with self._database.reading() as connection:
            found: bytes | None = connection.execute(
                select(t.c.content).where(_own(person_id, import_id))
            ).scalar()
        return found

    def report(self, person_id: str, import_id: str) -> JsonObject | None:
        """Return the report of the last check with a result."""
        with self._database.reading() as connection:
            found: JsonObject | None = connection.execute(
                select(t.c.report).where(_own(person_id, import_id))
            ).scalar()
        return found

    def of_person(
        self, person_id: str, *, limit: int | None = None, offset: int = 0
    ) -> tuple[ImportRecord, ...]:
        """Return a person's imports, newest first."""
        found = select(*_COLUMNS).where(t.c.person_id == person_id).order_by(t.c.added_at.desc(), t.c.id)
        found = found.limit(limit).offset(offset) if limit is not None else found
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))

    def contents(self, person_id: str) -> Iterator[tuple[ImportRecord, bytes]]:
        """Yield a person's imports with their bytes, newest first."""
        found = select(*_COLUMNS, t.c.content).where(t.c.person_id == person_id)
        found = found.order_by(t.c.added_at.desc(), t.c.id)
        with self._database.reading() as connection:
            for row in connection.execute(found):
                told = dict(row._mapping)
                content: bytes = told.pop("content")
                yield ImportRecord(**told), content

    def count(self, person_id: str) -> int:
        found = select(func.count()).select_from(t).where(t.c.person_id == person_id)
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one()

    def due(self, before: datetime, limit: int) -> tuple[ImportRecord, ...]:
        """Return anybody's imports that were not checked for longest, those of one issuer together."""
        found = select(*_COLUMNS).where(t.c.watched_at <= before).order_by(t.c.watched_at, t.c.id)
        with self._database.reading() as connection:
            rows = [_record(row) for row in connection.execute(found.limit(limit))]
        return tuple(sorted(rows, key=lambda record: record.issuer_id))

    def note_check(self, record: ImportRecord, report: JsonObject) -> None:
        """Store the result of a check. One removed meanwhile stays removed."""
        told = {name: getattr(record, name) for name in ("verdict", "checked_at", "watched_at")}
        with self._database.writing() as connection:
            connection.execute(
                update(t).where(t.c.id == record.id).values(facts=dict(record.facts), report=report, **told)
            )

    def note_try(self, import_id: str, now: datetime) -> None:
        """Record a check without a result; the earlier result stands with its date."""
        with self._database.writing() as connection:
            connection.execute(update(t).where(t.c.id == import_id).values(watched_at=now))

    def remove(self, person_id: str, import_id: str) -> bool:
        """Delete an import, also from links; return whether it existed."""
        own = select(t.c.id).where(_own(person_id, import_id))
        with self._database.writing() as connection:
            connection.execute(delete(share_imports).where(share_imports.c.import_id.in_(own)))
            return bool(connection.execute(delete(t).where(_own(person_id, import_id))).rowcount)

    def _one(self, place: ColumnElement[bool]) -> ImportRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(place)).one_or_none()
        return None if row is None else _record(row)


def _own(person_id: str, import_id: str) -> ColumnElement[bool]:
    return (t.c.person_id == person_id) & (t.c.id == import_id)


def _record(row: Row[Any]) -> ImportRecord:
    return ImportRecord(**row._mapping)

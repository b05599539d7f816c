"""Accreditation programmes, in versions that never change, and their founders."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.accreditation import FounderRecord, ProgrammeVersion
from credserv.store.frame.database import Database, insert_if_absent, values_of
from credserv.store.frame.remembered import Memory
from credserv.store.tables import founders, programmes


class ProgrammeRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._memory = memory

    def add(self, version: ProgrammeVersion) -> None:
        """Store a version.

        Raises:
            ConflictError: The programme has this version.
        """
        values = {**vars(version), "document": dict(version.document)}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, programmes, organisation_id=self._organisation_id, **values):
                raise ConflictError(f"version {version.version} of {version.key} exists already")
            self._memory.bump(connection)

    def retire(self, key: str, version: int, on: date | None) -> None:
        """Close a version to new applications from a day on; None opens it again.

        Raises:
            NotFoundError: There is no such version.
        """
        change = update(programmes).where(self._of(key), programmes.c.version == version)
        with self._database.writing() as connection:
            if not connection.execute(change.values(retires_on=on)).rowcount:
                raise NotFoundError(f"the programme {key} has no version {version}")

    def get(self, key: str, version: int) -> ProgrammeVersion | None:
        found = select(programmes).where(self._of(key), programmes.c.version == version)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _version(row)

    def known_keys(self) -> frozenset[str]:
        """Return the keys of all programmes (remembered, because each order of an accreditation needs
        them).
        """
        return self._memory.get(("programmes", self._organisation_id), self._read_keys) or frozenset()

    def _read_keys(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(programmes.c.key).where(self._own())))

    def newest(self, key: str) -> ProgrammeVersion | None:
        return next(iter(self.versions(key, limit=1)), None)

    def versions(self, key: str, *, limit: int | None = None) -> tuple[ProgrammeVersion, ...]:
        """Return versions, newest first."""
        found = select(programmes).where(self._of(key)).order_by(programmes.c.version.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_version(row) for row in connection.execute(found))

    def list_newest(self) -> tuple[ProgrammeVersion, ...]:
        """Return the newest version of each programme, by key."""
        key, number = programmes.c.key, programmes.c.version
        newest = select(key, func.max(number)).where(self._own()).group_by(key).subquery()
        found = select(programmes).where(self._own(), tuple_(key, number).in_(newest.select()))
        with self._database.reading() as connection:
            return tuple(_version(row) for row in connection.execute(found.order_by(key)))

    # --- founders

    def add_founder(self, founder: FounderRecord) -> bool:
        """Store a founder; return False if its reference is taken."""
        values = {**vars(founder), "competencies": list(founder.competencies)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, founders, organisation_id=self._organisation_id, **values)

    def founder(self, reference: str) -> FounderRecord | None:
        return next(iter(self._founders(founders.c.reference == reference)), None)

    def founders(self, key: str) -> tuple[FounderRecord, ...]:
        """Return a programme's founders, former ones included, oldest first."""
        return self._founders(founders.c.programme_key == key)

    def founder_times(self, membership_id: str) -> tuple[FounderRecord, ...]:
        """Return when somebody is or was a founder, and of what."""
        return self._founders(founders.c.membership_id == membership_id)

    def _founders(self, which: ColumnElement[bool]) -> tuple[FounderRecord, ...]:
        own = founders.c.organisation_id == self._organisation_id
        found = select(founders).where(own, which).order_by(founders.c.appointed_at, founders.c.id)
        with self._database.reading() as connection:
            return tuple(_founder(row) for row in connection.execute(found))

    def _own(self) -> ColumnElement[bool]:
        return programmes.c.organisation_id == self._organisation_id

    def _of(self, key: str) -> ColumnElement[bool]:
        return self._own() & (programmes.c.key == key)


def _version(row: Row[Any]) -> ProgrammeVersion:
    return ProgrammeVersion(**values_of(row))


def _founder(row: Row[Any]) -> FounderRecord:
    return FounderRecord(**{**values_of(row), "competencies": tuple(row.competencies)})

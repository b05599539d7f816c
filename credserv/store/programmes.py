"""Programmes of accreditation, in versions that never change, and their founders."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.accreditation import FounderRecord, ProgrammeVersion
from credserv.store.database import Database, insert_if_absent, values_of
from credserv.store.remembered import Memory
from credserv.store.tables import founders, programmes


class ProgrammeRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._memory = memory

    def add(self, version: ProgrammeVersion) -> None:
        """Raises ConflictError where the programme has this version already."""
        values = {**vars(version), "document": dict(version.document)}
        with self._database.writing() as connection:
            if not insert_if_absent(connection, programmes, organisation_id=self._organisation_id, **values):
                raise ConflictError(f"version {version.version} of {version.key} exists already")
            self._memory.bump(connection)

    def retire(self, key: str, version: int, on: date | None) -> None:
        """From that day on nobody applies under the version; None: whoever will. Raises NotFoundError."""
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
        """Of all programmes. Remembered: each order of an accreditation asks."""
        return self._memory.get(("programmes", self._organisation_id), self._read_keys) or frozenset()

    def _read_keys(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(programmes.c.key).where(self._own())))

    def newest(self, key: str) -> ProgrammeVersion | None:
        return next(iter(self.versions(key, limit=1)), None)

    def versions(self, key: str, *, limit: int | None = None) -> tuple[ProgrammeVersion, ...]:
        """Newest first."""
        found = select(programmes).where(self._of(key)).order_by(programmes.c.version.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_version(row) for row in connection.execute(found))

    def list_newest(self) -> tuple[ProgrammeVersion, ...]:
        """Of each programme, by key."""
        key, number = programmes.c.key, programmes.c.version
        newest = select(key, func.max(number)).where(self._own()).group_by(key).subquery()
        found = select(programmes).where(self._own(), tuple_(key, number).in_(newest.select()))
        with self._database.reading() as connection:
            return tuple(_version(row) for row in connection.execute(found.order_by(key)))

    # --- founders

    def add_founder(self, founder: FounderRecord) -> bool:
        """Whether it is new; another one may have its reference."""
        values = {**vars(founder), "competencies": list(founder.competencies)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, founders, organisation_id=self._organisation_id, **values)

    def founder(self, reference: str) -> FounderRecord | None:
        return next(iter(self._founders(founders.c.reference == reference)), None)

    def founders(self, key: str) -> tuple[FounderRecord, ...]:
        """Of a programme, whoever is not any more too, the oldest first."""
        return self._founders(founders.c.programme_key == key)

    def founder_times(self, membership_id: str) -> tuple[FounderRecord, ...]:
        """When somebody is or was a founder, and of what."""
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

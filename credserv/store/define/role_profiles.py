"""An organisation's role profiles."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.frameworks import RoleProfileRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import role_profiles as t


class RoleProfileRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def list(self) -> tuple[RoleProfileRecord, ...]:
        """Return profiles by name."""
        own = t.c.organisation_id == self._organisation_id
        with self._database.reading() as connection:
            rows = connection.execute(select(t).where(own).order_by(func.lower(t.c.name), t.c.key))
            return tuple(_record(row) for row in rows)

    def get(self, key: str) -> RoleProfileRecord | None:
        own = (t.c.organisation_id == self._organisation_id) & (t.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(select(t).where(own)).one_or_none()
        return None if row is None else _record(row)

    def put(self, record: RoleProfileRecord) -> bool:
        """Create or change a profile; return whether it is new."""
        with self._database.writing() as connection:
            own = (t.c.organisation_id == self._organisation_id) & (t.c.key == record.key)
            gone = connection.execute(delete(t).where(own))
            values = {**vars(record), "skills": [dict(skill) for skill in record.skills]}
            insert_if_absent(connection, t, organisation_id=self._organisation_id, **values)
        return not gone.rowcount

    def remove(self, key: str) -> None:
        """Delete a profile.

        Raises:
            NotFoundError: There is no such role profile.
        """
        with self._database.writing() as connection:
            own = (t.c.organisation_id == self._organisation_id) & (t.c.key == key)
            if not connection.execute(delete(t).where(own)).rowcount:
                raise NotFoundError("there is no such role profile")


def _record(row: Row[Any]) -> RoleProfileRecord:
    return RoleProfileRecord(row.key, row.name, row.uri, tuple(row.skills), row.changed_at)

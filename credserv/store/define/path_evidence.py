"""The worker's latest result on with whom people get there soonest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from credserv.ground.json_types import JsonObject
from credserv.store.frame.database import Database
from credserv.store.tables import path_evidence as t


class PathEvidenceRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def get(self) -> tuple[datetime, JsonObject] | None:
        found = select(t).where(t.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else (row.computed_at, row.told)

    def put(self, told: JsonObject, now: datetime) -> None:
        """Replace the result."""
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.organisation_id == self._organisation_id))
            values = {"organisation_id": self._organisation_id, "computed_at": now, "told": told}
            connection.execute(insert(t).values(**values))

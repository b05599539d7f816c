"""Pathways that members began: once each."""

from __future__ import annotations

from sqlalchemy import select

from credserv.records.pathways import PathwayStart
from credserv.store.database import Database, insert_if_absent
from credserv.store.tables import pathway_starts as t


class PathwayRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def begin(self, start: PathwayStart) -> bool:
        """Whether it is new: who began before keeps what was written down then."""
        values = {**vars(start), "baseline": dict(start.baseline)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, organisation_id=self._organisation_id)

    def of_member(self, membership_id: str) -> tuple[PathwayStart, ...]:
        """The earliest first."""
        found = select(t).where(
            t.c.organisation_id == self._organisation_id, t.c.membership_id == membership_id
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.started_at, t.c.id)).all()
        return tuple(
            PathwayStart(
                row.id, row.membership_id, row.achievement_key, row.started_at, row.started_by, row.baseline
            )
            for row in rows
        )

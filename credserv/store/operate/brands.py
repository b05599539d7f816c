"""The appearance of an organisation, remembered because every page needs it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select

from credserv.records.brands import Brand
from credserv.store.frame.database import Database
from credserv.store.frame.remembered import Memory
from credserv.store.tables import brands as t


class BrandRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._memory = memory

    def get(self) -> Brand:
        """Return the brand; an empty one if nothing was set."""
        return self._memory.get(("brand", self._organisation_id), self._read) or Brand()

    def put(self, brand: Brand, *, actor: str, now: datetime) -> None:
        own = {"organisation_id": self._organisation_id, "changed_at": now, "changed_by": actor}
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.organisation_id == self._organisation_id))
            connection.execute(insert(t).values(**asdict(brand), **own))
            self._memory.bump(connection)

    def _read(self) -> Brand:
        found = select(t).where(t.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            return Brand()
        return Brand(row.colour, row.logo, row.imprint, row.imprint_url, row.sender, row.reply_to)

"""Translations of achievements, remembered because every page and letter that names one needs them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select

from credserv.openbadges.translations import Translation
from credserv.store.frame.database import Database
from credserv.store.frame.remembered import Memory
from credserv.store.tables import achievement_translations as t


class TranslationRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._memory = memory

    def of(self, key: str, version: int) -> tuple[Translation, ...]:
        """Return a version's translations, by language."""
        wanted = ("translations", self._organisation_id, key, version)
        return self._memory.get(wanted, lambda: self._read(key, version)) or ()

    def put(self, key: str, version: int, translations: Iterable[Translation], now: datetime) -> None:
        """Store translations of an existing version, each replacing the one in its language."""
        with self._database.writing() as connection:
            for one in translations:
                connection.execute(delete(t).where(*self._of(key, version), t.c.language == one.language))
                values = {**vars(one), "organisation_id": self._organisation_id, "changed_at": now}
                connection.execute(insert(t).values(key=key, version=version, **values))
            self._memory.bump(connection)

    def remove(self, key: str, version: int, languages: Iterable[str]) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(t).where(*self._of(key, version), t.c.language.in_(tuple(languages))))
            self._memory.bump(connection)

    def _read(self, key: str, version: int) -> tuple[Translation, ...]:
        found = select(t).where(*self._of(key, version)).order_by(t.c.language)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        return tuple(Translation(row.language, row.name, row.description, row.narrative) for row in rows)

    def _of(self, key: str, version: int) -> tuple[ColumnElement[bool], ...]:
        return (t.c.organisation_id == self._organisation_id, t.c.key == key, t.c.version == version)

"""An organisation's own words for its letters, remembered because thousands of letters need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select

from credserv.records.letter_words import LetterWords
from credserv.records.letters import Tells
from credserv.store.frame.database import Database
from credserv.store.frame.remembered import Memory
from credserv.store.tables import letter_words as t


class LetterWordsRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._memory = memory

    def all(self) -> Mapping[tuple[Tells, str], LetterWords]:
        """Return all words by kind of letter and language."""
        return self._memory.get(("letter words", self._organisation_id), self._read) or {}

    def put(self, words: LetterWords, *, actor: str, now: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(t).where(*self._one(words.tells, words.language)))
            values = {**vars(words), "tells": words.tells.value, "organisation_id": self._organisation_id}
            connection.execute(insert(t).values(**values, changed_at=now, changed_by=actor))
            self._memory.bump(connection)

    def remove(self, tells: Tells, language: str) -> bool:
        """Delete words; return whether there were any."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(t).where(*self._one(tells, language))).rowcount
            self._memory.bump(connection)
        return bool(gone)

    def _read(self) -> Mapping[tuple[Tells, str], LetterWords]:
        found = select(t).where(t.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.tells, t.c.language)).all()
        made = (
            LetterWords(Tells(row.tells), row.language, row.subject, row.text, row.button, row.notes)
            for row in rows
        )
        return {(one.tells, one.language): one for one in made}

    def _one(self, tells: Tells, language: str) -> tuple[ColumnElement[bool], ...]:
        own = t.c.organisation_id == self._organisation_id
        return (own, t.c.tells == tells.value, t.c.language == language)

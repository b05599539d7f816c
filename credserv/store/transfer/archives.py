"""Archives made by jobs: who requested them, their progress, and the encrypted file until it is deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from credserv.records.archives import GIVEN_UP_AFTER, KEPT_FOR, ArchiveRecord
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import archives as t

_COLUMNS = [column for column in t.columns if column.name not in ("sealed", "organisation_id")]
_GOING_ON = t.c.made_at.is_(None) & t.c.failed_at.is_(None)


class ArchiveRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._secret_box = secret_box

    def add(self, record: ArchiveRecord) -> None:
        """Store a request, replacing the person's earlier ones to this organisation."""
        values = {**vars(record), "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            connection.execute(delete(t).where(self._of(record.person_id)))
            connection.execute(insert(t).values(**values))

    def get(self, archive_id: str) -> ArchiveRecord | None:
        return self._find(self._one(archive_id))

    def of_person(self, person_id: str) -> ArchiveRecord | None:
        """Return the latest request; after two wallets were joined there may be two."""
        return self._find(self._of(person_id))

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of archives not made yet, oldest first."""
        own = t.c.organisation_id == self._organisation_id
        with self._database.reading() as connection:
            return tuple(connection.scalars(select(t.c.id).where(own, _GOING_ON).order_by(t.c.asked_at)))

    def content(self, archive_id: str) -> bytes | None:
        """Return the archive; None if it is not made yet.

        Raises:
            SettingsError: It was encrypted with another secret key.
        """
        with self._database.reading() as connection:
            sealed = connection.execute(select(t.c.sealed).where(self._one(archive_id))).scalar()
        return None if sealed is None else self._secret_box.unseal_bytes(sealed)

    def note_progress(self, archive_id: str, done: int, total: int) -> None:
        self._change(archive_id, done=done, total=total)

    def keep(self, archive_id: str, content: bytes, now: datetime) -> None:
        """Store a finished archive.

        The first to arrive wins, and a request deleted meanwhile stays deleted.
        """
        self._change(archive_id, sealed=self._secret_box.seal_bytes(content), made_at=now)

    def fail(self, archive_id: str, now: datetime) -> None:
        self._change(archive_id, failed_at=now)

    def remove(self, person_id: str) -> None:
        """Delete all of a person's requests to this organisation."""
        with self._database.writing() as connection:
            connection.execute(delete(t).where(self._of(person_id)))

    def purge(self, now: datetime) -> None:
        """Delete archives that were not fetched in time, and old requests that were never made."""
        over = (t.c.made_at < now - KEPT_FOR) | (t.c.asked_at < now - GIVEN_UP_AFTER)
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.organisation_id == self._organisation_id, over))

    def _change(self, archive_id: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(t).where(self._one(archive_id), _GOING_ON).values(**values))

    def _find(self, which: ColumnElement[bool]) -> ArchiveRecord | None:
        found = select(*_COLUMNS).where(which).order_by(t.c.asked_at.desc(), t.c.id).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else ArchiveRecord(**row._mapping)

    def _one(self, archive_id: str) -> ColumnElement[bool]:
        return (t.c.organisation_id == self._organisation_id) & (t.c.id == archive_id)

    def _of(self, person_id: str) -> ColumnElement[bool]:
        return (t.c.organisation_id == self._organisation_id) & (t.c.person_id == person_id)

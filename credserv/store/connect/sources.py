"""Where events come from: name, dialect, mapping, and webhook secrets encrypted at rest."""

from __future__ import annotations

import builtins
import hmac
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.records.sources import RefusedRecord, SourceRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.remembered import Memory
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import source_secrets, sources

_BY_NAME = select(sources).where(
    sources.c.organisation_id == bindparam("own"), sources.c.name == bindparam("name")
)
_SECRETS = (
    select(source_secrets.c.id, source_secrets.c.sealed, source_secrets.c.ends_at)
    .where(
        source_secrets.c.organisation_id == bindparam("own"), source_secrets.c.source == bindparam("source")
    )
    .order_by(source_secrets.c.id.desc())
)


class SourceRepository:
    def __init__(
        self, database: Database, organisation_id: str, secret_box: SecretBox, memory: Memory
    ) -> None:
        self._database = database
        self._memory = memory
        self._organisation_id = organisation_id
        self._box = secret_box

    def create(self, source: SourceRecord) -> None:
        """Store a source.

        Raises:
            ConflictError: The name is taken.
        """
        with self._database.writing() as connection:
            created = insert_if_absent(
                connection,
                sources,
                organisation_id=self._organisation_id,
                name=source.name,
                dialect=source.dialect,
                mapping=dict(source.mapping),
                created_at=source.created_at,
                enabled=source.enabled,
                options=dict(source.options),
            )
            if not created:
                raise ConflictError(f"there is a source named {source.name} already")
            ends = source.secret_ends or (None,) * len(source.secrets)
            for secret, end in reversed(list(zip(source.secrets, ends, strict=True))):
                self._seal(connection, source.name, secret, end)
            self._memory.bump(connection)

    def get(self, name: str) -> SourceRecord | None:
        """Return a source with its secrets decrypted (remembered).

        Raises:
            SettingsError: They were encrypted with another secret key.
        """
        return self._memory.get(("source", self._organisation_id, name), lambda: self._read(name))

    def _read(self, name: str) -> SourceRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(_BY_NAME, {"own": self._organisation_id, "name": name}).one_or_none()
            return None if row is None else self._source(connection, row)

    def list(self) -> tuple[SourceRecord, ...]:
        """Return all sources, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sources).where(self._own()).order_by(sources.c.name)).all()
            return tuple(self._source(connection, row) for row in rows)

    def add_secret(self, name: str, secret: str, ends_at: datetime | None = None) -> None:
        """Accept another secret from now on, until `ends_at`.

        Raises:
            NotFoundError: There is no such source.
        """
        with self._database.writing() as connection:
            self._require(connection, name)
            if not self._matching(connection, name, secret):
                self._seal(connection, name, secret, ends_at)
                self._memory.bump(connection)

    def remove_secret(self, name: str, secret: str) -> None:
        """Remove a secret.

        Raises:
            NotFoundError: There is no such source or secret.
        """
        with self._database.writing() as connection:
            self._require(connection, name)
            matching = self._matching(connection, name, secret)
            if not matching:
                raise NotFoundError("the source has no such secret")
            connection.execute(delete(source_secrets).where(source_secrets.c.id.in_(matching)))
            self._memory.bump(connection)

    def end_secret(self, name: str, secret: str, ends_at: datetime) -> None:
        """Let a secret end at an instant, or earlier if it would have anyway.

        Raises:
            NotFoundError: There is no such source or secret.
        """
        with self._database.writing() as connection:
            self._require(connection, name)
            matching = self._matching(connection, name, secret)
            if not matching:
                raise NotFoundError("the source has no such secret")
            later = or_(source_secrets.c.ends_at.is_(None), source_secrets.c.ends_at > ends_at)
            this = (source_secrets.c.id.in_(matching), later)
            connection.execute(update(source_secrets).where(*this).values(ends_at=ends_at))
            self._memory.bump(connection)

    def set_mapping(self, name: str, mapping: JsonObject) -> None:
        """Replace the mapping.

        Raises:
            NotFoundError: There is no such source.
        """
        self._change(name, mapping=dict(mapping))

    def set_options(self, name: str, options: JsonObject) -> None:
        """Replace the options.

        Raises:
            NotFoundError: There is no such source.
        """
        self._change(name, options=dict(options))

    def note_correction(self, name: str) -> None:
        """Record that it took something back; from now on its completions are checked twice.

        Raises:
            NotFoundError: There is no such source.
        """
        self._change(name, corrects=True)

    def note_refused(self, refused: RefusedRecord, *, interval: timedelta) -> None:
        """Record a refused request, unless one was recorded within the interval or nobody has this name."""
        earlier = or_(sources.c.refused_at.is_(None), sources.c.refused_at <= refused.at - interval)
        this = (self._own(), sources.c.name == refused.source, earlier)
        with self._database.reading() as connection:
            if connection.execute(select(sources.c.name).where(*this)).one_or_none() is None:
                return
        with self._database.writing() as connection:
            change = update(sources).where(*this)
            connection.execute(change.values(refused_at=refused.at, refused_why=refused.why))

    def refused(self) -> builtins.list[RefusedRecord]:
        """Return the last refused request of each source that is not paused."""
        found = select(sources.c.name, sources.c.refused_at, sources.c.refused_why).where(
            self._own(), sources.c.enabled, sources.c.refused_at.is_not(None)
        )
        with self._database.reading() as connection:
            return [RefusedRecord(*row) for row in connection.execute(found.order_by(sources.c.name))]

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Pause or resume it.

        Raises:
            NotFoundError: There is no such source.
        """
        self._change(name, enabled=enabled)

    def _change(self, name: str, **values: object) -> None:
        with self._database.writing() as connection:
            self._require(connection, name)
            connection.execute(update(sources).where(self._own(), sources.c.name == name).values(**values))
            self._memory.bump(connection)

    def _own(self) -> ColumnElement[bool]:
        return sources.c.organisation_id == self._organisation_id

    def _require(self, connection: Connection, name: str) -> None:
        """Lock the row, so that changes of one source's secrets come one after another."""
        found = select(sources.c.name).where(self._own(), sources.c.name == name).with_for_update()
        if connection.execute(found).one_or_none() is None:
            raise NotFoundError("there is no such source")

    def _seal(self, connection: Connection, name: str, secret: str, ends_at: datetime | None) -> None:
        sealed = self._box.seal(secret)
        values = {"organisation_id": self._organisation_id, "source": name, "sealed": sealed}
        connection.execute(insert(source_secrets).values(**values, ends_at=ends_at))

    def _secrets(self, connection: Connection, name: str) -> builtins.list[tuple[int, str, datetime | None]]:
        """Return row numbers, decrypted secrets and their ends, newest first."""
        rows = connection.execute(_SECRETS, {"own": self._organisation_id, "source": name}).all()
        return [(row.id, self._box.unseal(row.sealed), row.ends_at) for row in rows]

    def _matching(self, connection: Connection, name: str, secret: str) -> builtins.list[int]:
        wanted = secret.encode()
        return [
            number
            for number, known, _ in self._secrets(connection, name)
            if hmac.compare_digest(known.encode(), wanted)
        ]

    def _source(self, connection: Connection, row: Row[tuple[object, ...]]) -> SourceRecord:
        found = self._secrets(connection, row.name)
        ends = tuple(end for _, _, end in found)
        return SourceRecord(
            name=row.name,
            dialect=row.dialect,
            secrets=tuple(secret for _, secret, _ in found),
            secret_ends=ends if any(ends) else (),
            mapping=row.mapping,
            created_at=row.created_at,
            enabled=row.enabled,
            options=row.options,
            corrects=row.corrects,
        )

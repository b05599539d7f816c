"""API keys and sessions. Of each secret, only the SHA-256 is stored.

Keys and console sessions belong to an organisation; people's wallet sessions belong to none.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError, UnavailableError
from credserv.records.access import ApiKeyRecord, SessionKind, SessionRecord
from credserv.store.frame.database import Database
from credserv.store.frame.remembered import Memory
from credserv.store.tables import api_keys, links, sessions

# Last-used times are for people to look at. Writing each one would turn every API read into a write.
_TOUCH_EVERY = timedelta(minutes=1)


class AccessRepository:
    def __init__(self, database: Database, organisation_id: str, memory: Memory) -> None:
        self._database = database
        self._memory = memory
        self.touch_every = _TOUCH_EVERY
        self._touched: dict[str, datetime] = {}  # when this process last recorded a key's use
        self._organisation_id = organisation_id

    # --- API keys

    def add_api_key(self, key: ApiKeyRecord, secret_sha256: str) -> None:
        """Store an API key.

        Raises:
            ConflictError: The id is taken.
        """
        with self._database.writing() as connection:
            connection.execute(
                insert(api_keys).values(
                    id=key.id,
                    organisation_id=self._organisation_id,
                    name=key.name,
                    scopes=list(key.scopes),
                    secret_sha256=secret_sha256,
                    created_at=key.created_at,
                    last_used_at=key.last_used_at,
                    ended_at=key.ended_at,
                )
            )
            self._memory.bump(connection)

    def find_api_key(self, key_id: str) -> tuple[ApiKeyRecord, str] | None:
        """Return the key, ended or not, and its secret's SHA-256 in hex, to be compared in constant time.

        The result is remembered, so its `last_used_at` may be older than what `list_api_keys` returns.
        """
        wanted = ("API key", self._organisation_id, key_id)
        return self._memory.get(wanted, lambda: self._read_api_key(key_id))

    def _read_api_key(self, key_id: str) -> tuple[ApiKeyRecord, str] | None:
        with self._database.reading() as connection:
            row = connection.execute(select(api_keys).where(self._own_key(key_id))).one_or_none()
        return None if row is None else (_api_key(row), row.secret_sha256)

    def end_api_key(self, key_id: str, now: datetime) -> None:
        """End a key. A key that has ended keeps its first end.

        Raises:
            NotFoundError: There is no such key.
        """
        with self._database.writing() as connection:
            row = connection.execute(select(api_keys.c.id).where(self._own_key(key_id))).one_or_none()
            if row is None:
                raise NotFoundError("there is no such API key")
            connection.execute(
                update(api_keys)
                .where(self._own_key(key_id), api_keys.c.ended_at.is_(None))
                .values(ended_at=now)
            )
            self._memory.bump(connection)

    def list_api_keys(self) -> tuple[ApiKeyRecord, ...]:
        """Return all keys, newest first, ended ones included."""
        own = api_keys.c.organisation_id == self._organisation_id
        found = select(api_keys).where(own).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
        with self._database.reading() as connection:
            return tuple(_api_key(row) for row in connection.execute(found))

    def touch_api_key(self, key_id: str, now: datetime) -> None:
        """Record the use of an existing key, to the minute (`touch_every`)."""
        touched = self._touched.get(key_id)
        if touched is not None and timedelta(0) <= now - touched < self.touch_every:
            return
        self._touched[key_id] = now
        stale = api_keys.c.last_used_at.is_(None) | (api_keys.c.last_used_at <= now - self.touch_every)
        due = select(api_keys.c.id).where(self._own_key(key_id), stale)
        with self._database.reading() as connection:
            if connection.execute(due).one_or_none() is None:
                return
        # Reading with a key must not fail because the database accepts no writes.
        with suppress(UnavailableError), self._database.writing() as connection:
            connection.execute(update(api_keys).where(self._own_key(key_id)).values(last_used_at=now))

    def _own_key(self, key_id: str) -> ColumnElement[bool]:
        return (api_keys.c.id == key_id) & (api_keys.c.organisation_id == self._organisation_id)

    # --- sessions

    def add_session(self, session: SessionRecord) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(sessions).values(
                    token_sha256=session.token_sha256,
                    organisation_id=None if session.kind is SessionKind.HOLDER else self._organisation_id,
                    kind=session.kind.value,
                    subject=session.subject,
                    created_at=session.created_at,
                    last_seen_at=session.last_seen_at,
                    expires_at=session.expires_at,
                    proved_at=session.proved_at,
                )
            )

    def session(self, token_sha256: str, now: datetime) -> SessionRecord | None:
        """Return a session that has not expired, as it was before this call, and record
        that it was seen (to the minute).

        The caller can thus end one that was idle for long.
        """
        known = (sessions.c.token_sha256 == token_sha256) & self._reached()
        live = known & (sessions.c.expires_at > now)
        with self._database.reading() as connection:
            row = connection.execute(select(sessions).where(live)).one_or_none()
        if row is None:
            return None
        if row.last_seen_at <= now - _TOUCH_EVERY:
            with suppress(UnavailableError), self._database.writing() as connection:
                connection.execute(update(sessions).where(live).values(last_seen_at=now))
        return _session(row)

    def note_proof(self, token_sha256: str, now: datetime) -> None:
        """Record that the signed-in person has proved their identity again."""
        with self._database.writing() as connection:
            known = (sessions.c.token_sha256 == token_sha256) & self._reached()
            connection.execute(update(sessions).where(known).values(proved_at=now))

    def end_session(self, token_sha256: str) -> None:
        with self._database.writing() as connection:
            known = (sessions.c.token_sha256 == token_sha256) & self._reached()
            connection.execute(delete(sessions).where(known))

    def sessions_of(self, person_id: str, now: datetime) -> tuple[SessionRecord, ...]:
        """Return a person's live sessions in their wallet and in this organisation's console, newest
        first.
        """
        found = select(sessions).where(
            sessions.c.subject == person_id, self._reached(), sessions.c.expires_at > now
        )
        order = (sessions.c.created_at.desc(), sessions.c.token_sha256)
        with self._database.reading() as connection:
            return tuple(_session(row) for row in connection.execute(found.order_by(*order)))

    def end_sessions(self, person_id: str) -> None:
        """End a person's sessions: of their wallet, and of the console of every organisation."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.subject == person_id))

    def end_console_sessions(self, *, of: str | None = None, but: str | None = None) -> None:
        """End the console sessions of this organisation.

        Args:
            of: A person's id; None for everybody's.
            but: The hash of the token of a session that goes on.
        """
        ended = sessions.c.organisation_id == self._organisation_id
        if of is not None:
            ended &= sessions.c.subject == of
        if but is not None:
            ended &= sessions.c.token_sha256 != but
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(ended))

    def _reached(self) -> ColumnElement[bool]:
        """Return the condition for this organisation's rows, and for people's own, which belong to none."""
        own = sessions.c.organisation_id == self._organisation_id
        return sessions.c.organisation_id.is_(None) | own

    def forget_expired(self, now: datetime) -> None:
        """Delete links and sessions past their end, used or not, whoever owns them."""
        with self._database.writing() as connection:
            connection.execute(delete(links).where(links.c.expires_at <= now))
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


def _api_key(row: Row[tuple[object, ...]]) -> ApiKeyRecord:
    return ApiKeyRecord(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        ended_at=row.ended_at,
    )


def _session(row: Row[tuple[object, ...]]) -> SessionRecord:
    return SessionRecord(
        token_sha256=row.token_sha256,
        kind=SessionKind(row.kind),
        subject=row.subject,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        proved_at=row.proved_at,
    )

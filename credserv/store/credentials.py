"""Credentials from reservation on: each order once, each change of state by one winner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy.sql import ColumnElement, Select

from credserv.ground.errors import NotFoundError
from credserv.ground.names import fold
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.store.credential_rows import SELECT_CREDENTIAL, credential_record
from credserv.store.credential_states import change_state
from credserv.store.database import Database
from credserv.store.status_lists import StatusListRepository
from credserv.store.tables import credentials, memberships

_OWN = credentials.c.organisation_id == bindparam("own")
_BY_ID = SELECT_CREDENTIAL.where(credentials.c.id == bindparam("wanted"), _OWN)
_BY_KEY = SELECT_CREDENTIAL.where(
    _OWN, credentials.c.scope == bindparam("scope"), credentials.c.idempotency_key == bindparam("key")
)
_FROM_OUTSIDE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


class CredentialRepository:
    def __init__(
        self,
        database: Database,
        organisation_id: str,
        status_lists: StatusListRepository,
    ) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._status_lists = status_lists

    def get(self, credential_id: str) -> CredentialRecord | None:
        with self._database.reading() as connection:
            return self._get(connection, credential_id)

    def find(self, scope: str, idempotency_key: str) -> CredentialRecord | None:
        with self._database.reading() as connection:
            return self._find(connection, scope, idempotency_key)

    def set_state(
        self, credential_id: str, state: CredentialState, *, reason: str, now: datetime, actor: str
    ) -> CredentialRecord:
        """ACTIVE and SUSPENDED change into each other and into REVOKED, which is final (attack 73).

        State, status bit and audit line change together. The state it has already: no change. Raises
        NotFoundError, and ConflictError for any other change.
        """
        with self._database.writing() as connection:
            change_state(
                connection,
                self._organisation_id,
                self._status_lists,
                credential_id,
                state,
                reason=reason,
                now=now,
                actor=actor,
            )
            return self._require(connection, credential_id)

    def unfinished(self, before: datetime, limit: int) -> tuple[CredentialRecord, ...]:
        """PENDING since before an instant: left over from a crash. Oldest first."""
        pending = credentials.c.state == CredentialState.PENDING.value
        return self._oldest(pending, before, limit)

    def search(
        self, text: str, *, state: CredentialState | None = None, limit: int, offset: int
    ) -> tuple[CredentialRecord, ...]:
        """By whole id or DID, or by a part of a holder's address or name, or of an achievement's key.

        "" finds all. Newest first. The letters `%` and `_` stand for themselves.
        """
        found = SELECT_CREDENTIAL.where(self._own())
        found = found.order_by(credentials.c.issued_at.desc(), credentials.c.id)
        if text.strip():
            found = found.where(self._matches(text.strip()))
        if state is not None:
            found = found.where(credentials.c.state == state.value)
        return self._all(found.limit(limit).offset(offset))

    def of_person(self, person_id: str) -> tuple[CredentialRecord, ...]:
        """What a person has of this organisation: all that were issued, newest first. Not what is pending or
        failed."""
        states = [state.value for state in _FROM_OUTSIDE]
        own = self._own() & (credentials.c.person_id == person_id)
        found = SELECT_CREDENTIAL.where(own, credentials.c.state.in_(states))
        return self._all(found.order_by(credentials.c.issued_at.desc(), credentials.c.id))

    def count_by_state(self) -> Mapping[CredentialState, int]:
        """Every state, also those that count 0."""
        counted = select(credentials.c.state, func.count()).where(self._own()).group_by(credentials.c.state)
        with self._database.reading() as connection:
            counts = {row[0]: row[1] for row in connection.execute(counted)}
        return {state: counts.get(state.value, 0) for state in CredentialState}

    def _oldest(
        self, condition: ColumnElement[bool], before: datetime, limit: int
    ) -> tuple[CredentialRecord, ...]:
        found = SELECT_CREDENTIAL.where(self._own(), condition, credentials.c.issued_at < before)
        return self._all(found.order_by(credentials.c.issued_at, credentials.c.id).limit(limit))

    def _all(self, found: Select[tuple[object, ...]]) -> tuple[CredentialRecord, ...]:
        with self._database.reading() as connection:
            return tuple(credential_record(row) for row in connection.execute(found))

    def _own(self) -> ColumnElement[bool]:
        return credentials.c.organisation_id == self._organisation_id

    def _get(self, connection: Connection, credential_id: str) -> CredentialRecord | None:
        wanted = {"own": self._organisation_id, "wanted": credential_id}
        row = connection.execute(_BY_ID, wanted).one_or_none()
        return None if row is None else credential_record(row)

    def _require(self, connection: Connection, credential_id: str) -> CredentialRecord:
        record = self._get(connection, credential_id)
        if record is None:
            raise NotFoundError("there is no such credential")
        return record

    def _find(self, connection: Connection, scope: str, idempotency_key: str) -> CredentialRecord | None:
        wanted = {"own": self._organisation_id, "scope": scope, "key": idempotency_key}
        row = connection.execute(_BY_KEY, wanted).one_or_none()
        return None if row is None else credential_record(row)

    def _matches(self, text: str) -> ColumnElement[bool]:
        """By what this organisation knows, and no other."""
        part = fold(text)
        members = select(memberships.c.person_id).where(
            memberships.c.organisation_id == self._organisation_id,
            memberships.c.search_text.contains(part, autoescape=True),
        )
        return or_(
            credentials.c.id == text,
            credentials.c.recipient_did == text,
            credentials.c.achievement_key.contains(part, autoescape=True),
            credentials.c.person_id.in_(members),
        )

"""Credentials from reservation on: each order once, each change of state by one winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement, Select

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.names import fold
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, IssueOrder
from credserv.store.credential_rows import SELECT_CREDENTIAL, STORE_SIGNED, Claim, credential_record
from credserv.store.credential_states import change_state
from credserv.store.database import Database
from credserv.store.reservations import Reservations, add_lines, add_steps
from credserv.store.status_lists import StatusListRepository
from credserv.store.tables import credential_steps, credentials, memberships

_ORDER_OF_STEPS = tuple(IssuanceStep)
_OWN = credentials.c.organisation_id == bindparam("own")
_BY_ID = SELECT_CREDENTIAL.where(credentials.c.id == bindparam("wanted"), _OWN)
_REACH = (
    update(credentials)
    .where(
        credentials.c.id == bindparam("wanted"),
        _OWN,
        credentials.c.step.in_(bindparam("earlier", expanding=True)),
    )
    .values(step=bindparam("reached"))
)
_BY_KEY = SELECT_CREDENTIAL.where(
    _OWN, credentials.c.scope == bindparam("scope"), credentials.c.idempotency_key == bindparam("key")
)
_FROM_OUTSIDE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


class CredentialRepository:
    def __init__(
        self,
        database: Database,
        organisation_id: str,
        reservations: Reservations,
        status_lists: StatusListRepository,
    ) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._reservations = reservations
        self._status_lists = status_lists

    def reserve(
        self, order: IssueOrder, *, now: datetime, new_id: str, salt: str
    ) -> tuple[CredentialRecord, bool]:
        """Fixes an order's id, salt, instant, holder and status index; says whether this call did it.

        A repeat of (scope, idempotency_key) gives the first credential and changes nothing. Raises
        ConflictError for the same pair with another `order_sha256`, and for an unknown achievement.
        """
        claim = Claim(order, new_id, salt)
        with self._database.writing() as connection:
            reserved = self._reservations.reserve(connection, order.scope, [claim], now)
        record = reserved.get(order.idempotency_key)
        if record is None:
            raise ConflictError("the credential's id is taken")
        if record.order.order_sha256 != order.order_sha256:
            raise ConflictError("this idempotency key was used before, for another order")
        return record, record.id == new_id

    def get(self, credential_id: str) -> CredentialRecord | None:
        with self._database.reading() as connection:
            return self._get(connection, credential_id)

    def find(self, scope: str, idempotency_key: str) -> CredentialRecord | None:
        with self._database.reading() as connection:
            return self._find(connection, scope, idempotency_key)

    def intend(self, line: AuditRecord, steps: Sequence[IssuanceStep], *, now: datetime) -> None:
        """Writes the audit line of an intended signature, with the steps that led there; each step once.

        line: its subject is the credential. A step behind the reached one is left out.
        """
        with self._database.writing() as connection:
            self._reach(connection, line.subject, steps, now)
            add_lines(connection, self._organisation_id, [line])

    def store_signed(
        self,
        credential_id: str,
        signed: bytes,
        *,
        now: datetime,
        steps: Sequence[IssuanceStep] = (IssuanceStep.STORED,),
    ) -> CredentialRecord:
        """Compare-and-set: PENDING becomes ACTIVE with these bytes. Who comes later gets the winner's.

        steps: all that were taken since the intention, STORED the last. Raises NotFoundError, and
        ConflictError for a credential that FAILED.
        """
        with self._database.writing() as connection:
            own = self._organisation_id
            values = {"wanted": credential_id, "own": own, "bytes": signed, "at": now}
            if connection.execute(STORE_SIGNED, values).rowcount:
                add_steps(connection, [credential_id], steps, now)
            record = self._require(connection, credential_id)
        if record.signed is None:
            raise ConflictError("the credential could not be issued, and is closed")
        return record

    def fail(self, credential_id: str, note: str, now: datetime) -> None:
        """PENDING becomes FAILED, for good; its status index stays used. No change to any other state."""
        with self._database.writing() as connection:
            connection.execute(
                update(credentials)
                .where(
                    self._own(),
                    credentials.c.id == credential_id,
                    credentials.c.state == CredentialState.PENDING.value,
                )
                .values(state=CredentialState.FAILED.value, note=note, changed_at=now)
            )

    def mark_delivered(self, credential_id: str, now: datetime) -> None:
        with self._database.writing() as connection:
            self._reach(connection, credential_id, [IssuanceStep.DELIVERED], now)

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

    def undelivered(self, before: datetime, limit: int) -> tuple[CredentialRecord, ...]:
        """ACTIVE, issued before an instant, and not delivered. Oldest first."""
        active = credentials.c.state == CredentialState.ACTIVE.value
        return self._oldest(active & (credentials.c.step == IssuanceStep.STORED.value), before, limit)

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

    def steps(self, credential_id: str) -> tuple[tuple[IssuanceStep, datetime], ...]:
        """The steps reached, in the order of the recipe."""
        own = exists().where(self._own(), credentials.c.id == credential_id)
        found = select(credential_steps).where(credential_steps.c.credential_id == credential_id, own)
        with self._database.reading() as connection:
            reached = {IssuanceStep(row.step): row.at for row in connection.execute(found)}
        return tuple((step, reached[step]) for step in _ORDER_OF_STEPS if step in reached)

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

    def _reach(
        self, connection: Connection, credential_id: str, steps: Sequence[IssuanceStep], now: datetime
    ) -> None:
        """Those of the steps that the credential is not past; a step is never told twice."""
        last = steps[-1]
        earlier = [known.value for known in _ORDER_OF_STEPS[: _ORDER_OF_STEPS.index(last)]]
        own = {"own": self._organisation_id, "wanted": credential_id}
        if connection.execute(_REACH, {**own, "reached": last.value, "earlier": earlier}).rowcount:
            add_steps(connection, [credential_id], steps, now)

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

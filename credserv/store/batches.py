"""Many credentials in few statements: what `credentials` does one by one, for a whole batch at once.

The same tables, the same rules, the same races: an order's key is claimed by inserting its row, an index
by inserting its own, and what another process took first is left to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from credserv.store.credential_rows import SELECT_CREDENTIAL, credential_record, reserved_values
from credserv.store.database import Database, insert_all_absent
from credserv.store.people import HolderRepository
from credserv.store.records import (
    AuditRecord,
    CredentialRecord,
    CredentialState,
    IssuanceStep,
    IssueOrder,
)
from credserv.store.status_lists import StatusListRepository
from credserv.store.tables import audit_lines, credential_steps, credentials

MAX_BATCH = 1_000  # an IN list of as many parameters is within every database's limit

_INTEND = (
    update(credentials)
    .where(credentials.c.id == bindparam("wanted"), credentials.c.step == IssuanceStep.RESERVED.value)
    .values(step=IssuanceStep.INTENDED.value)
)
_STORE = (
    update(credentials)
    .where(credentials.c.id == bindparam("wanted"), credentials.c.state == CredentialState.PENDING.value)
    .values(
        state=CredentialState.ACTIVE.value,
        step=IssuanceStep.STORED.value,
        signed=bindparam("bytes"),
        changed_at=bindparam("at"),
    )
)


@dataclass(frozen=True)
class Claim:
    """One order with the id and salt it gets if it is new."""

    order: IssueOrder
    new_id: str
    salt: str


class BatchRepository:
    def __init__(
        self, database: Database, people: HolderRepository, status_lists: StatusListRepository
    ) -> None:
        self._database = database
        self._people = people
        self._status_lists = status_lists

    def reserve(
        self, scope: str, claims: Sequence[Claim], *, now: datetime
    ) -> Mapping[str, CredentialRecord]:
        """As `credentials.reserve` for each claim, all in one transaction; by idempotency key.

        claims: at most MAX_BATCH, all of `scope`, each key once. An order that was reserved before, by
        whom ever, keeps its first record: its id and order_sha256 tell. Raises ConflictError for an
        unknown achievement.
        """
        keys = [claim.order.idempotency_key for claim in claims]
        with self._database.writing() as connection:
            known = set(_by_keys(connection, scope, keys))
            fresh = [claim for claim in claims if claim.order.idempotency_key not in known]
            if fresh:
                self._insert(connection, fresh, now)
            return _by_keys(connection, scope, keys)

    def intend(self, lines: Sequence[AuditRecord]) -> None:
        """The audit lines of an intended signature each, with their credentials' step, together."""
        rows = [
            {
                "at": line.at,
                "actor": line.actor,
                "action": line.action,
                "subject": line.subject,
                "detail": dict(line.detail),
            }
            for line in lines
        ]
        with self._database.writing() as connection:
            connection.execute(insert(audit_lines), rows)
            connection.execute(_INTEND, [{"wanted": line.subject} for line in lines])
            _add_steps(connection, [line.subject for line in lines], IssuanceStep.INTENDED, lines[0].at)

    def store_signed(self, signed: Mapping[str, bytes], *, now: datetime) -> None:
        """As `credentials.store_signed`, by credential id: whoever was first keeps its bytes."""
        rows = [{"wanted": wanted, "bytes": content, "at": now} for wanted, content in signed.items()]
        with self._database.writing() as connection:
            connection.execute(_STORE, rows)
            _add_steps(connection, list(signed), IssuanceStep.STORED, now)

    def _insert(self, connection: Connection, claims: Sequence[Claim], now: datetime) -> None:
        holders = self._people.find_or_create_all(
            connection, [claim.order.recipient for claim in claims], now
        )
        rows: list[dict[str, Any]] = [
            reserved_values(claim.order, new_id=claim.new_id, holder_id=holder, salt=claim.salt, now=now)
            for claim, holder in zip(claims, holders, strict=True)
        ]
        insert_all_absent(connection, credentials, rows)
        ids = [claim.new_id for claim in claims]
        won = list(connection.scalars(select(credentials.c.id).where(credentials.c.id.in_(ids))))
        self._status_lists.allocate_all(connection, won, now)
        _add_steps(connection, won, IssuanceStep.RESERVED, now)


def _by_keys(connection: Connection, scope: str, keys: Sequence[str]) -> dict[str, CredentialRecord]:
    found = SELECT_CREDENTIAL.where(credentials.c.scope == scope, credentials.c.idempotency_key.in_(keys))
    records = (credential_record(row) for row in connection.execute(found))
    return {record.order.idempotency_key: record for record in records}


def _add_steps(connection: Connection, ids: Sequence[str], step: IssuanceStep, at: datetime) -> None:
    rows = [{"credential_id": known, "step": step.value, "at": at} for known in ids]
    insert_all_absent(connection, credential_steps, rows)

"""Reserving: an order's key is claimed by inserting its row, a status index by inserting its own, and what
another process took first is left to it. One order or hundreds, in as many statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord, IssuanceStep
from credserv.store.credential_rows import (
    SELECT_CREDENTIAL,
    Claim,
    credential_record,
    reserved_record,
    reserved_values,
)
from credserv.store.database import execute_many, insert_all_absent
from credserv.store.members import MemberRepository
from credserv.store.status_lists import StatusListRepository
from credserv.store.tables import audit_lines, credential_steps, credentials

SIGN_ACTION = "credential.sign"
_KEYED = (
    credentials.c.organisation_id == bindparam("own"),
    credentials.c.scope == bindparam("scope"),
    credentials.c.idempotency_key.in_(bindparam("keys", expanding=True)),
)
_IDS = select(credentials.c.idempotency_key, credentials.c.id).where(*_KEYED)
_BY_KEYS = SELECT_CREDENTIAL.where(*_KEYED)
_ADD_LINES = insert(audit_lines)


class Reservations:
    def __init__(
        self, organisation_id: str, members: MemberRepository, status_lists: StatusListRepository
    ) -> None:
        self._organisation_id = organisation_id
        self._members = members
        self._status_lists = status_lists

    def reserve(
        self, connection: Connection, scope: str, claims: Sequence[Claim], now: datetime
    ) -> Mapping[str, CredentialRecord]:
        """The records of all orders by idempotency key, within the caller's transaction.

        claims: all of `scope`, each key once. An order that was reserved before, by whom ever, keeps its
        first record: its id and order_sha256 tell. Raises ConflictError for an unknown achievement.
        """
        keys = [claim.order.idempotency_key for claim in claims]
        known = self._ids(connection, scope, keys)
        fresh = [claim for claim in claims if claim.order.idempotency_key not in known]
        reserved = self._insert(connection, fresh, now) if fresh else {}
        return reserved | self._by_keys(connection, scope, [key for key in keys if key not in reserved])

    def _insert(
        self, connection: Connection, claims: Sequence[Claim], now: datetime
    ) -> dict[str, CredentialRecord]:
        """Those that nobody else was first with."""
        recipients = [claim.order.recipient for claim in claims]
        found = self._members.find_or_create(connection, recipients, now)
        addressed = {claim.new_id: addressee for claim, addressee in zip(claims, found, strict=True)}
        own = self._organisation_id
        rows = [reserved_values(claim, own, addressed[claim.new_id], now) for claim in claims]
        if not insert_all_absent(connection, credentials, rows):
            keys = [claim.order.idempotency_key for claim in claims]
            ids = self._ids(connection, claims[0].order.scope, keys)
            claims = [claim for claim in claims if ids.get(claim.order.idempotency_key) == claim.new_id]
        places = self._status_lists.allocate(connection, [claim.new_id for claim in claims], now)
        _trace(connection, own, claims, now)
        return {
            claim.order.idempotency_key: reserved_record(
                claim, addressed[claim.new_id], places[claim.new_id], now
            )
            for claim in claims
        }

    def _ids(self, connection: Connection, scope: str, keys: Sequence[str]) -> dict[str, str]:
        """Whose the keys are that were used, by key."""
        wanted = {"own": self._organisation_id, "scope": scope, "keys": keys}
        return {row.idempotency_key: row.id for row in connection.execute(_IDS, wanted)}

    def _by_keys(
        self, connection: Connection, scope: str, keys: Sequence[str]
    ) -> dict[str, CredentialRecord]:
        if not keys:
            return {}
        wanted = {"own": self._organisation_id, "scope": scope, "keys": keys}
        records = (credential_record(row) for row in connection.execute(_BY_KEYS, wanted))
        return {record.order.idempotency_key: record for record in records}


def add_steps(
    connection: Connection, ids: Iterable[str], steps: Iterable[IssuanceStep], at: datetime
) -> None:
    """What was written before keeps its instant."""
    reached = [step.value for step in steps]
    rows = [{"credential_id": known, "step": step, "at": at} for known in ids for step in reached]
    insert_all_absent(connection, credential_steps, rows)


def add_lines(connection: Connection, organisation_id: str, lines: Iterable[AuditRecord]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "at": line.at,
            "actor": line.actor,
            "action": line.action,
            "subject": line.subject,
            "detail": dict(line.detail),
        }
        for line in lines
    ]
    execute_many(connection, _ADD_LINES, rows)


def _trace(connection: Connection, organisation_id: str, claims: Sequence[Claim], now: datetime) -> None:
    """What was done, and what is meant to follow at once."""
    add_steps(connection, [claim.new_id for claim in claims], [IssuanceStep.RESERVED], now)
    lines = [
        AuditRecord(now, claim.order.scope, SIGN_ACTION, claim.new_id, claim.intent)
        for claim in claims
        if claim.intent is not None
    ]
    if lines:
        add_steps(connection, [line.subject for line in lines], [IssuanceStep.INTENDED], now)
        add_lines(connection, organisation_id, lines)

"""Reserving: an order's key is claimed by inserting its row, a status index by inserting its own, and what
another process took first is left to it. One order or hundreds, in as many statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from credserv.ground.errors import ConflictError
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.store.credential_rows import (
    SELECT_CREDENTIAL,
    Claim,
    Key,
    credential_record,
    reserved_record,
    reserved_values,
)
from credserv.store.database import insert_all_absent
from credserv.store.members import MemberRepository
from credserv.store.prepared import execute_many, select_all
from credserv.store.status_lists import StatusListRepository
from credserv.store.tables import audit_lines, credentials

_KEYED = (
    credentials.c.organisation_id == bindparam("own"),
    credentials.c.scope.in_(bindparam("scopes", expanding=True)),
    credentials.c.idempotency_key.in_(bindparam("keys", expanding=True)),
)
_IDS = select(credentials.c.scope, credentials.c.idempotency_key, credentials.c.id).where(*_KEYED)
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
        self, connection: Connection, claims: Sequence[Claim], now: datetime
    ) -> Mapping[Key, CredentialRecord]:
        """The records of all orders by scope and idempotency key, within the caller's transaction.

        claims: each key once. An order that was reserved before, by whom ever, keeps its first record: its
        id and order_sha256 tell. Whatever is PENDING then, new or old, has a line of its intention.
        Raises ConflictError for an unknown achievement.
        """
        known = self._ids(connection, claims)
        reserved = self._insert(connection, [claim for claim in claims if claim.key not in known], now)
        others = [claim for claim in claims if claim.key not in reserved]
        records = reserved | self._by_keys(connection, others)
        if len(records) < len(claims):
            raise ConflictError("the id of a credential is taken")
        add_lines(connection, self._organisation_id, _intentions(claims, records))
        return records

    def _insert(
        self, connection: Connection, claims: Sequence[Claim], now: datetime
    ) -> dict[Key, CredentialRecord]:
        """Those that nobody else was first with."""
        if not claims:
            return {}
        recipients = [claim.order.recipient for claim in claims]
        found = self._members.find_or_create(connection, recipients, now)
        addressed = {claim.new_id: addressee for claim, addressee in zip(claims, found, strict=True)}
        rows = [reserved_values(claim, self._organisation_id, addressed[claim.new_id]) for claim in claims]
        if not insert_all_absent(connection, credentials, rows):
            ids = self._ids(connection, claims)
            claims = [claim for claim in claims if ids.get(claim.key) == claim.new_id]
        places = self._status_lists.allocate(connection, [claim.new_id for claim in claims], now)
        return {
            claim.key: reserved_record(claim, addressed[claim.new_id], places[claim.new_id])
            for claim in claims
        }

    def _ids(self, connection: Connection, claims: Sequence[Claim]) -> dict[Key, str]:
        """Whose the keys are that were used, by key."""
        rows = select_all(connection, _IDS, self._keys(claims))
        return {(row.scope, row.idempotency_key): row.id for row in rows}

    def _by_keys(self, connection: Connection, claims: Sequence[Claim]) -> dict[Key, CredentialRecord]:
        if not claims:
            return {}
        wanted = {claim.key for claim in claims}
        records = (credential_record(row) for row in select_all(connection, _BY_KEYS, self._keys(claims)))
        keyed = ((record.order.scope, record.order.idempotency_key, record) for record in records)
        return {(scope, key): record for scope, key, record in keyed if (scope, key) in wanted}

    def _keys(self, claims: Sequence[Claim]) -> dict[str, object]:
        """Each scope with each key: who reads sorts out the pairs."""
        scopes = sorted({claim.order.scope for claim in claims})
        keys = [claim.order.idempotency_key for claim in claims]
        return {"own": self._organisation_id, "scopes": scopes, "keys": keys}


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
    if rows:
        execute_many(connection, _ADD_LINES, rows)


def _intentions(claims: Sequence[Claim], records: Mapping[Key, CredentialRecord]) -> list[AuditRecord]:
    return [
        AuditRecord(claim.issued_at, claim.order.scope, Action.CREDENTIAL_SIGN, record.id, claim.intent)
        for claim in claims
        if (record := records[claim.key]).state is CredentialState.PENDING
    ]

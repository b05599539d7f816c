"""Reservations: inserting a row claims an order's key, and inserting another claims a status index.

What another process took first is left to it. Hundreds of orders take as many statements as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    bindparam,
    cast,
    insert,
    null,
    select,
    union_all,
)

from credserv.ground.accounts import name_actor
from credserv.ground.errors import ConflictError, UnavailableError
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.store.admit.members import MemberRepository
from credserv.store.frame.database import insert_all_absent
from credserv.store.frame.prepared import execute_many, select_all
from credserv.store.hold.awards import Awards
from credserv.store.hold.credential_rows import (
    SELECT_CREDENTIAL,
    Addressee,
    Claim,
    Key,
    credential_record,
    reserved_record,
    reserved_values,
)
from credserv.store.publish.status_indexes import StatusIndexes
from credserv.store.tables import audit_lines, credentials, repeated_orders


def _keyed(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.organisation_id == bindparam("own"),
        table.c.scope.in_(bindparam("scopes", expanding=True)),
        table.c.idempotency_key.in_(bindparam("keys", expanding=True)),
    )


# What an order led to: its own credential, or the one that its award had already, with the order's hash.
_IDS = union_all(
    select(
        credentials.c.scope,
        credentials.c.idempotency_key,
        credentials.c.id,
        cast(null(), String).label("joined_sha256"),
    ).where(*_keyed(credentials)),
    select(
        repeated_orders.c.scope,
        repeated_orders.c.idempotency_key,
        repeated_orders.c.credential_id,
        repeated_orders.c.order_sha256,
    ).where(*_keyed(repeated_orders)),
)
_BY_IDS = SELECT_CREDENTIAL.where(
    credentials.c.organisation_id == bindparam("own"),
    credentials.c.id.in_(bindparam("wanted", expanding=True)),
)
_ROUNDS = 3  # each continues where a rival's award was given up
_ADD_LINES = insert(audit_lines)


@dataclass(frozen=True)
class Answered:
    """The result, by the orders' keys.

    It has the records; for orders that joined an earlier award, the hash of that order; and for recipients
    who decline and get nothing, the id of their identifier.
    """

    records: Mapping[Key, CredentialRecord] = field(default_factory=dict)
    joined: Mapping[Key, str] = field(default_factory=dict)
    declined: Mapping[Key, str] = field(default_factory=dict)


class Reservations:
    def __init__(
        self,
        organisation_id: str,
        members: MemberRepository,
        indexes: StatusIndexes,
        awards: Awards,
    ) -> None:
        self._organisation_id = organisation_id
        self._awards = awards
        self._members = members
        self._indexes = indexes

    def reserve(self, connection: Connection, claims: Sequence[Claim], now: datetime) -> Answered:
        """Reserve all orders in the caller's transaction.

        An order that was reserved before keeps its first record, recognisable by id and order_sha256. Every
        order that is PENDING afterwards has an audit line of its intention.

        Args:
            claims: Each key once.

        Raises:
            ConflictError: An achievement is unknown.
        """
        known, joined = self._ids(connection, claims)
        new = [claim for claim in claims if claim.key not in known]
        addressed = self._address(connection, new, now)
        declined = {
            claim.key: addressed[claim.key].identifier_id
            for claim in new
            if addressed[claim.key].declines and not claim.is_asked
        }
        claims = [claim for claim in claims if claim.key not in declined]
        new = [claim for claim in new if claim.key not in declined]
        reserved = self._insert(connection, new, addressed, now)
        others = [claim for claim in claims if claim.key not in reserved]
        if len(known) < len(others):
            known, joined = self._ids(connection, claims)
        records = reserved | self._by_ids(connection, others, known)
        if len(records) < len(claims):
            raise ConflictError("the id of a credential is taken")
        add_lines(connection, self._organisation_id, _intentions(claims, records))
        return Answered(records, joined, declined)

    def _address(
        self, connection: Connection, claims: Sequence[Claim], now: datetime
    ) -> dict[Key, Addressee]:
        sought = [claim for claim in claims if claim.addressee is None]
        recipients = [claim.order.recipient for claim in sought]
        found = self._members.find_or_create(connection, recipients, now) if sought else ()
        known = {claim.key: claim.addressee for claim in claims if claim.addressee is not None}
        return known | {claim.key: addressee for claim, addressee in zip(sought, found, strict=True)}

    def _insert(
        self,
        connection: Connection,
        claims: Sequence[Claim],
        addressed: Mapping[Key, Addressee],
        now: datetime,
    ) -> dict[Key, CredentialRecord]:
        """Return the claims for which nobody else was first, by key or by award."""
        if not claims:
            return {}
        rows = {
            claim.key: reserved_values(claim, self._organisation_id, addressed[claim.key]) for claim in claims
        }
        # The same order everywhere, so that two who award the same do not deadlock.
        claims = sorted(claims, key=lambda claim: (rows[claim.key]["award"] or "", claim.key))
        claims = self._insert_rows(connection, claims, rows)
        places = self._indexes.allocate(connection, [claim.new_id for claim in claims], now)
        return {
            claim.key: reserved_record(claim, addressed[claim.key], places[claim.new_id]) for claim in claims
        }

    def _insert_rows(
        self, connection: Connection, claims: Sequence[Claim], rows: Mapping[Key, dict[str, Any]]
    ) -> Sequence[Claim]:
        """Return the claims whose rows were inserted; for the others, record which credential answers
        them.
        """
        awards = {key: row["award"] for key, row in rows.items()}
        inserted: list[Claim] = []
        for _ in range(_ROUNDS):
            if insert_all_absent(connection, credentials, [rows[claim.key] for claim in claims]):
                return [*inserted, *claims]
            ids, _joined = self._ids(connection, claims)
            inserted += [claim for claim in claims if ids.get(claim.key) == claim.new_id]
            claims = [claim for claim in claims if claim.key not in ids]
            claims = self._awards.join(connection, claims, awards)
            if not claims:
                return inserted
        if any(awards[claim.key] for claim in claims):
            raise UnavailableError("others are changing the same awards at the moment; try again")
        return inserted

    def _ids(self, connection: Connection, claims: Sequence[Claim]) -> tuple[dict[Key, str], dict[Key, str]]:
        """Return the credential for each used key, and the hashes of orders that joined another's."""
        rows = select_all(connection, _IDS, self._keys(claims))
        ids = {(row.scope, row.idempotency_key): row.id for row in rows}
        joined = {(row.scope, row.idempotency_key): row for row in rows if row.joined_sha256 is not None}
        ids |= {key: row.id for key, row in joined.items()}
        return ids, {key: row.joined_sha256 for key, row in joined.items()}

    def _by_ids(
        self, connection: Connection, claims: Sequence[Claim], known: Mapping[Key, str]
    ) -> dict[Key, CredentialRecord]:
        ids = {claim.key: known[claim.key] for claim in claims if claim.key in known}
        wanted = {"own": self._organisation_id, "wanted": sorted(set(ids.values()))}
        records = {row.id: credential_record(row) for row in select_all(connection, _BY_IDS, wanted)}
        return {key: records[credential_id] for key, credential_id in ids.items()}

    def _keys(self, claims: Sequence[Claim]) -> dict[str, object]:
        """Return each scope with each key; the reader picks the pairs."""
        scopes = sorted({claim.order.scope for claim in claims})
        keys = [claim.order.idempotency_key for claim in claims]
        return {"own": self._organisation_id, "scopes": scopes, "keys": keys}


def add_lines(connection: Connection, organisation_id: str, lines: Iterable[AuditRecord]) -> None:
    """Add audit lines in the caller's transaction."""
    rows: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "at": line.at,
            "actor": name_actor(line.actor),
            "action": line.action,
            "subject": line.subject,
            "detail": dict(line.detail),
        }
        for line in lines
    ]
    if rows:
        execute_many(connection, _ADD_LINES, rows)


def _intentions(claims: Sequence[Claim], records: Mapping[Key, CredentialRecord]) -> list[AuditRecord]:
    pending = {
        record.id: claim
        for claim in claims
        if (record := records[claim.key]).state is CredentialState.PENDING
    }
    return [
        AuditRecord(
            claim.issued_at, claim.actor or claim.order.scope, Action.CREDENTIAL_SIGN, known, claim.intent
        )
        for known, claim in pending.items()
    ]

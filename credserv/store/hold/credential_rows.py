"""Convert between a credential's row (joined with its status index) and its record, and change the row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.engine import Row

from credserv.ground.json_types import JsonObject
from credserv.ground.names import parse_email
from credserv.records.credentials import (
    CredentialRecord,
    CredentialState,
    IssueOrder,
    Recipient,
)
from credserv.records.observed import ObservationRecord
from credserv.records.sources import EventRecord
from credserv.store.tables import asserted_identifiers, credentials, status_indexes

SELECT_CREDENTIAL = select(
    credentials,
    status_indexes.c.list_id.label("status_list_id"),
    status_indexes.c.index.label("status_index"),
).join(
    status_indexes,
    (status_indexes.c.credential_id == credentials.c.id) & status_indexes.c.copy_id.is_(None),
)

# No letters go to an address that is no longer theirs, because somebody else may read them.
REACHED = exists().where(
    asserted_identifiers.c.id == credentials.c.identifier_id, asserted_identifiers.c.ended_at.is_(None)
)
# By compare-and-set: the first to arrive wins. The state is compared as a separate value so that PostgreSQL
# finds the row by its id; the index over states still contains every row signed recently.
STORE_SIGNED = (
    update(credentials)
    .where(
        credentials.c.id == bindparam("wanted"),
        credentials.c.organisation_id == bindparam("own"),
        credentials.c.state.concat("") == CredentialState.PENDING.value,
    )
    .values(
        state=CredentialState.ACTIVE.value,
        signed=bindparam("bytes"),
        stored_at=bindparam("at"),
        changed_at=bindparam("at"),
    )
)

Key = tuple[str, str]  # scope and idempotency key


@dataclass(frozen=True)
class Addressee:
    """Whom an order is for: the identifier, the membership it belongs to, and the person it leads to.

    Attributes:
        declines: Whether they asked to be awarded nothing.
    """

    identifier_id: str
    membership_id: str
    person_id: str
    declines: bool = False


@dataclass(frozen=True)
class Claim:
    """An order, with the id, salt and instant that it gets if it is new.

    Attributes:
        intent: What the audit trail says of the coming signature.
        event: The event that caused it.
        actor: Who ordered, for the audit trail.
        award_key: What a person is awarded of this achievement once; None if each order is a new award.
        renews: Whether it can be awarded again once the earlier award has expired.
        observation: What the event says, to be stored with it.
        is_asked: Whether the recipient ordered it, which overrides their wish to be awarded nothing.
        addressee: Whom it is for, if known; otherwise found by the order.
        request_id: The request that ordered it.
    """

    order: IssueOrder
    new_id: str
    salt: str
    issued_at: datetime
    intent: JsonObject
    event: EventRecord | None = None
    actor: str = ""
    award_key: str | None = None
    renews: bool = False
    observation: ObservationRecord | None = None
    is_asked: bool = False
    addressee: Addressee | None = None
    request_id: str = ""

    @property
    def key(self) -> Key:
        return (self.order.scope, self.order.idempotency_key)


def award_of(membership_id: str, achievement_key: str, award_key: str) -> str:
    """Return the value of the `award` column, unique among valid credentials."""
    return f"{membership_id}/{achievement_key}/{award_key}"


def reserved_values(claim: Claim, organisation_id: str, addressee: Addressee) -> dict[str, object]:
    """Return the row of a newly ordered credential."""
    order, email = claim.order, claim.order.recipient.email
    return {
        "id": claim.new_id,
        "organisation_id": organisation_id,
        "scope": order.scope,
        "idempotency_key": order.idempotency_key,
        "order_sha256": order.order_sha256,
        "achievement_key": order.achievement_key,
        "achievement_version": order.achievement_version,
        "recipient_email": None if email is None else _written(email),
        "recipient_did": order.recipient.did,
        "recipient_name": order.recipient.name,
        "awarded_at": order.awarded_at,
        "results": list(order.results),
        "evidence": list(order.evidence),
        "grounds": order.grounds,
        "identifier_id": addressee.identifier_id,
        "person_id": addressee.person_id,
        "award": claim.award_key
        and award_of(addressee.membership_id, order.achievement_key, claim.award_key),
        "salt": claim.salt,
        "issued_at": claim.issued_at,
        "state": CredentialState.PENDING.value,
        "reason": "",
        "note": "",
    }


def reserved_record(claim: Claim, addressee: Addressee, place: tuple[str, int]) -> CredentialRecord:
    """Return the record that reading this row would give.

    Args:
        place: Status list and index.
    """
    return CredentialRecord(
        id=claim.new_id,
        order=_as_kept(claim.order),
        identifier_id=addressee.identifier_id,
        person_id=addressee.person_id,
        salt=claim.salt,
        issued_at=claim.issued_at.astimezone(UTC),
        status_list_id=place[0],
        status_index=place[1],
        state=CredentialState.PENDING,
    )


def _as_kept(order: IssueOrder) -> IssueOrder:
    recipient = order.recipient
    if recipient.email is not None and _written(recipient.email) != recipient.email:
        order = replace(order, recipient=replace(recipient, email=_written(recipient.email)))
    return (
        order
        if order.awarded_at.tzinfo is UTC
        else replace(order, awarded_at=order.awarded_at.astimezone(UTC))
    )


def _written(email: str) -> str:
    """Return the address in the form that letters use. Raises InputError."""
    return str(parse_email(email.strip()))


def credential_record(row: Row[tuple[object, ...]]) -> CredentialRecord:
    """Return the record of a row."""
    return CredentialRecord(
        id=row.id,
        order=_order(row),
        identifier_id=row.identifier_id,
        person_id=row.person_id,
        salt=row.salt,
        issued_at=row.issued_at,
        status_list_id=row.status_list_id,
        status_index=row.status_index,
        state=CredentialState(row.state),
        signed=row.signed,
        stored_at=row.stored_at,
        delivered_at=row.delivered_at,
        changed_at=row.changed_at,
        reason=row.reason,
        note=row.note,
        hidden_at=row.hidden_at,
        erased_sha256=row.erased_sha256 or "",
    )


def _order(row: Row[tuple[object, ...]]) -> IssueOrder:
    return IssueOrder(
        scope=row.scope,
        idempotency_key=row.idempotency_key,
        order_sha256=row.order_sha256,
        achievement_key=row.achievement_key,
        achievement_version=row.achievement_version,
        recipient=Recipient(email=row.recipient_email, did=row.recipient_did, name=row.recipient_name),
        awarded_at=row.awarded_at,
        results=tuple(row.results),
        evidence=tuple(row.evidence),
        grounds=row.grounds,
    )

"""Between a credential's row (joined with its status index) and its record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Row

from credserv.store.emails import normalise_email
from credserv.store.records import CredentialRecord, CredentialState, IssuanceStep, IssueOrder, Recipient
from credserv.store.tables import credentials, status_indexes

SELECT_CREDENTIAL = select(
    credentials,
    status_indexes.c.list_id.label("status_list_id"),
    status_indexes.c.index.label("status_index"),
).join(status_indexes, status_indexes.c.credential_id == credentials.c.id)


def reserved_values(
    order: IssueOrder, *, new_id: str, holder_id: str, salt: str, now: datetime
) -> dict[str, object]:
    """The row of a credential that was just ordered."""
    email = order.recipient.email
    return {
        "id": new_id,
        "scope": order.scope,
        "idempotency_key": order.idempotency_key,
        "order_sha256": order.order_sha256,
        "achievement_key": order.achievement_key,
        "achievement_version": order.achievement_version,
        "recipient_email": None if email is None else normalise_email(email),
        "recipient_did": order.recipient.did,
        "recipient_name": order.recipient.name,
        "awarded_at": order.awarded_at,
        "results": list(order.results),
        "evidence": list(order.evidence),
        "holder_id": holder_id,
        "salt": salt,
        "issued_at": now,
        "state": CredentialState.PENDING.value,
        "step": IssuanceStep.RESERVED.value,
        "reason": "",
        "note": "",
    }


def credential_record(row: Row[tuple[object, ...]]) -> CredentialRecord:
    return CredentialRecord(
        id=row.id,
        order=_order(row),
        holder_id=row.holder_id,
        salt=row.salt,
        issued_at=row.issued_at,
        status_list_id=row.status_list_id,
        status_index=row.status_index,
        state=CredentialState(row.state),
        step=IssuanceStep(row.step),
        signed=row.signed,
        changed_at=row.changed_at,
        reason=row.reason,
        note=row.note,
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
    )

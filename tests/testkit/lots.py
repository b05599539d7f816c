"""The store's two transactions of issuing, for one order: what tests need of them most."""

from __future__ import annotations

import secrets
from datetime import datetime

from credserv.ground.errors import ConflictError
from credserv.records.credentials import CredentialRecord, IssueOrder
from credserv.store.award.lots import Making
from credserv.store.hold.credential_rows import Claim
from credserv.store.store import Store

INTENT = {"verification_method": "did:web:a.example#key-1"}


def make_claim(order: IssueOrder, now: datetime, *, new_id: str = "", salt: str = "") -> Claim:
    return Claim(
        order=order,
        new_id=new_id or secrets.token_urlsafe(16),
        salt=salt or secrets.token_hex(16),
        issued_at=now,
        intent=INTENT,
    )


def reserve(
    store: Store, order: IssueOrder, now: datetime, *, new_id: str = "", salt: str = ""
) -> tuple[CredentialRecord, bool]:
    """The record, and whether this call made it. Raises ConflictError for a key of another order."""
    claim = make_claim(order, now, new_id=new_id, salt=salt)
    record = store.lots.reserve([claim], now=now).records[claim.key]
    if record.order.order_sha256 != order.order_sha256:
        raise ConflictError("this idempotency key was used before, for another order")
    return record, record.id == claim.new_id


def keep(
    store: Store, credential_id: str, signed: bytes, now: datetime, *, has_letter: bool = False
) -> CredentialRecord:
    """The record as it stands then, with these bytes or with those of who was first."""
    store.lots.keep([Making(credential_id, signed, has_letter=has_letter)], now=now)
    record = store.credentials.get(credential_id)
    assert record is not None
    return record


def fail(store: Store, credential_id: str, note: str, now: datetime) -> None:
    store.lots.keep([Making(credential_id, note=note)], now=now)

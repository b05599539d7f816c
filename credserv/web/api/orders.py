"""Turn an order's payload into what the journeys accept.

Most orders only say what is awarded to whom. Those are read here without marshmallow, which takes ten times
as long: the same members and values. Everything else is left to marshmallow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import request

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.names import is_did, is_email
from credserv.journeys.award.batch import MAX_BATCH
from credserv.journeys.award.orders import OrderRequest
from credserv.records.credentials import Recipient
from credserv.web.api.shapes import IDEMPOTENCY_KEY

_REQUIRED = frozenset({"achievement", "recipient"})
_BATCHED = _REQUIRED | {"idempotency_key"}
_is_key = re.compile(IDEMPOTENCY_KEY).match


def order_request(order: Mapping[str, Any], idempotency_key: str) -> OrderRequest:
    """Return the request. `order` is as `payloads.CredentialOrderPayload` loads it."""
    return OrderRequest(
        idempotency_key=idempotency_key,
        achievement_key=order["achievement"],
        recipient=Recipient(**order["recipient"]),
        achievement_version=order.get("version"),
        awarded_at=order.get("awarded_at"),
        results=tuple({"type": ["Result"], **result} for result in order.get("results", [])),
        evidence=tuple({"type": ["Evidence"], **item} for item in order.get("evidence", [])),
    )


def read_plain_order(data: object) -> tuple[dict[str, str], dict[str, Any]] | None:
    """Return what `IdempotencyHeaders` and `CredentialOrderPayload` would load; None where they are
    needed."""
    key = request.headers.get("Idempotency-Key", "")
    order = _read_plain(data, _REQUIRED) if _is_key(key) else None
    return None if order is None else ({"idempotency_key": key}, order)


def read_plain_batch(data: object) -> tuple[dict[str, Any]] | None:
    """Return what `BatchPayload` would load; None where it is needed."""
    if not isinstance(data, dict) or data.keys() not in ({"items"}, {"credentials"}):
        return None
    (orders,) = data.values()
    if not isinstance(orders, list) or not 0 < len(orders) <= MAX_BATCH:
        return None
    plain = [_read_plain(order, _BATCHED) for order in orders]
    return None if None in plain else ({"items": plain},)


def _read_plain(order: object, required: frozenset[str]) -> dict[str, Any] | None:
    if not isinstance(order, dict) or not required <= order.keys() <= required | {"awarded_at"}:
        return None
    named = _is_text(order["achievement"], 64) and _is_text(order.get("idempotency_key", "-"), 255)
    if not named or not _is_plain_recipient(order["recipient"]):
        return None
    if "awarded_at" not in order:
        return order
    try:
        return {**order, "awarded_at": parse_instant(order["awarded_at"])}
    except (InputError, TypeError):
        return None


def _is_plain_recipient(recipient: object) -> bool:
    if not isinstance(recipient, dict) or not recipient.keys() <= _RECIPIENT.keys():
        return False
    someone = "email" in recipient or "did" in recipient
    return someone and all(_RECIPIENT[name](value) for name, value in recipient.items())


def _is_text(value: object, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


_RECIPIENT = {
    "email": lambda value: isinstance(value, str) and is_email(value),
    "did": lambda value: isinstance(value, str) and is_did(value),
    "name": lambda value: _is_text(value, 200),
}

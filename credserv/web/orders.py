"""From an order's payload to what the journeys take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.journeys.award import OrderRequest
from credserv.store.records import Recipient


def order_request(order: Mapping[str, Any], idempotency_key: str) -> OrderRequest:
    """order: as `payloads.CredentialOrderPayload` loads it."""
    return OrderRequest(
        idempotency_key=idempotency_key,
        achievement_key=order["achievement"],
        recipient=Recipient(**order["recipient"]),
        achievement_version=order.get("version"),
        awarded_at=order.get("awarded_at"),
        results=tuple({"type": ["Result"], **result} for result in order.get("results", [])),
        evidence=tuple({"type": ["Evidence"], **item} for item in order.get("evidence", [])),
    )

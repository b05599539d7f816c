"""An example request for each call; the tests send them."""

from __future__ import annotations

from typing import Any

ACHIEVEMENT: dict[str, Any] = {
    "key": "bread-baking",
    "kind": "competency-mastery",
    "validity_years": 2,
    "achievement": {
        "name": "Bread baking",
        "description": "Bakes a loaf that rises.",
        "criteria": {"narrative": "Bake three loaves under observation."},
    },
}
ORDER: dict[str, Any] = {
    "achievement": "bread-baking",
    "recipient": {"email": "pat@example.org", "name": "Pat Doe"},
    "awarded_at": "2026-11-21T09:00:00Z",
}
BATCH: dict[str, Any] = {
    "items": [
        ORDER | {"idempotency_key": "baking-2026-0001"},
        ORDER | {"idempotency_key": "baking-2026-0002", "recipient": {"email": "sam@example.org"}},
    ]
}
STATUS: dict[str, Any] = {"state": "revoked", "reason": "Issued to the wrong person."}

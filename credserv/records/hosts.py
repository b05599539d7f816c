"""Hosts of badges that people connected to their wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class HostConnection:
    """A host connected by a person (Open Badges 3.0, section 7).

    Attributes:
        address: Where its API begins.
        name: What it calls itself.
        secrets: URLs, registration and tokens; encrypted at rest.
        connected_at: None until the person has consented there.
    """

    id: str
    person_id: str
    address: str
    name: str
    secrets: JsonObject
    created_at: datetime
    connected_at: datetime | None = None

"""Other hosts of badges that people connected to their wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class HostConnection:
    """One host, connected by one person (Open Badges 3.0, section 7).

    address: where its API begins. name: what it calls itself. secrets: addresses, registration and tokens,
    sealed at rest. connected_at: None until its person came back with a yes.
    """

    id: str
    person_id: str
    address: str
    name: str
    secrets: JsonObject
    created_at: datetime
    connected_at: datetime | None = None

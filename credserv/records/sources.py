"""Where completions come from: learning systems and their events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class SourceRecord:
    """name: `[a-z0-9-]`, as in /hooks/{name}. secrets: `whsec_...`, newest first, all accepted (rotation).

    mapping: {"rules": [...]}, see credserv/sources/mapping.py.
    """

    name: str
    dialect: str
    secrets: tuple[str, ...]
    mapping: JsonObject
    created_at: datetime
    enabled: bool = True


class EventState(StrEnum):
    RECEIVED = "received"  # accepted, not finished: a retry or the worker's sweep finishes it
    ISSUED = "issued"
    IGNORED = "ignored"  # understood, and no credential is due (not passed, say)
    QUARANTINED = "quarantined"  # nothing could be done with it; kept for an administrator


@dataclass(frozen=True)
class EventRecord:
    """One inbound event, unique by (source, event_id). `note`: why it was ignored or quarantined."""

    source: str
    event_id: str
    body_sha256: str
    body: bytes
    received_at: datetime
    state: EventState
    credential_id: str | None = None
    note: str = ""

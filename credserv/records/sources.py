"""Where completions come from: learning systems and their events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.records.paging import Place

_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes


@dataclass(frozen=True)
class SourceRecord:
    """name: `[a-z0-9-]`, as in /hooks/{name}. secrets: `whsec_...`, newest first, all accepted (rotation) but
    those that have ended. secret_ends: until when each counts, where any has an end; None for no end.

    mapping: {"rules": [...]}, see credserv/sources/mapping.py. options: how it authenticates and what its
    adapter has to know, `{"authentication": {"method": …}, "authoritative_email": …, "namespace": …}`.
    corrects: whether it ever took back what it had said of somebody.
    """

    name: str
    dialect: str
    secrets: tuple[str, ...]
    mapping: JsonObject
    created_at: datetime
    enabled: bool = True
    options: JsonObject = field(default_factory=dict)
    corrects: bool = False
    secret_ends: tuple[datetime | None, ...] = ()

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Those that count, the newest first."""
        ends = self.secret_ends or (None,) * len(self.secrets)
        return tuple(
            secret for secret, end in zip(self.secrets, ends, strict=True) if end is None or now < end
        )

    @property
    def namespace(self) -> str:
        """The installation within which its identifiers name somebody; several sources may share one."""
        told = self.options.get("namespace")
        return told if isinstance(told, str) and told else self.name

    @property
    def addresses_by_email(self) -> bool:
        """Whether an e-mail address that it tells says who somebody is. Of our own dialect it always did."""
        return self.options.get("authoritative_email", self.dialect == "generic") is True


class EventState(StrEnum):
    RECEIVED = "received"  # accepted, not finished: a retry or the worker's sweep finishes it
    ISSUED = "issued"
    IGNORED = "ignored"  # understood, and no credential is due (not passed, say)
    QUARANTINED = "quarantined"  # nothing could be done with it; kept for an administrator
    READ = "read"  # into observations, which say the rest
    UNREADABLE = "unreadable"  # none of its source's dialect; kept for an administrator
    CONFLICT = "conflict"  # under the id of another message


@dataclass(frozen=True)
class EventRecord:
    """One inbound message, unique by (source, event_id). `note`: why it was ignored or quarantined.

    headers: those that its reading needs. authentication: the verdict on who sent it (`method`, `is_signed`,
    `key`). adapter, adapter_version: what read it. None: kept by a version that did not note it.
    """

    source: str
    event_id: str
    body_sha256: str
    body: bytes
    received_at: datetime
    state: EventState
    credential_id: str | None = None
    note: str = ""
    headers: JsonObject | None = None
    authentication: JsonObject | None = None
    adapter: str | None = None
    adapter_version: int | None = None

    @property
    def place(self) -> Place:
        """In lists, which are newest first."""
        return Place(self.received_at, self.event_id)

    @property
    def is_let_go(self) -> bool:
        """Whether its bytes had their time: what was read of them is all that is left."""
        return not self.body and self.body_sha256 != _OF_NOTHING


@dataclass(frozen=True)
class PullRecord:
    """When a source is asked next, what it was asked for last, and the token that it is asked with.

    due_at: changes with each round, so that of several workers one takes it. outcome: of the last round
    (`{"asked": 3, "found": 9, "new": 1, "failed": ["…"]}`). seen: of a folder, its files by name with their
    size and time, as they were last looked at.
    """

    source: str
    due_at: datetime
    ended_at: datetime | None = None
    token: str | None = field(default=None, repr=False)
    outcome: JsonObject = field(default_factory=dict)
    seen: JsonObject = field(default_factory=dict)

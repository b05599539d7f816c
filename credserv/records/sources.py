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
    """A source.

    Attributes:
        name: `[a-z0-9-]`, as in /hooks/{name}.
        secrets: `whsec_...`, newest first; all are accepted (rotation) except ended ones.
        secret_ends: When each ends, if any does; None for no end.
        mapping: {"rules": [...]}, see credserv/sources/mapping.py.
        options: How it authenticates and what its adapter needs: `{"authentication": {"method": …},
            "authoritative_email": …, "namespace": …}`.
        corrects: Whether it ever took back what it had said.
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
        """Return the secrets that are valid, newest first."""
        ends = self.secret_ends or (None,) * len(self.secrets)
        return tuple(
            secret for secret, end in zip(self.secrets, ends, strict=True) if end is None or now < end
        )

    @property
    def namespace(self) -> str:
        """Return the installation within which its identifiers name somebody; several sources may share
        one.
        """
        told = self.options.get("namespace")
        return told if isinstance(told, str) and told else self.name

    @property
    def addresses_by_email(self) -> bool:
        """Return whether its e-mail addresses identify people. In our own dialect they always did."""
        return self.options.get("authoritative_email", self.dialect == "generic") is True


@dataclass(frozen=True)
class RefusedRecord:
    """The last request in a source's name that was refused, and why."""

    source: str
    at: datetime
    why: str


class EventState(StrEnum):
    RECEIVED = "received"  # accepted, not finished; a retry or the worker's sweep finishes it
    ISSUED = "issued"
    IGNORED = "ignored"  # understood, and no credential is due (not passed, for instance)
    QUARANTINED = "quarantined"  # nothing could be done with it; kept for an administrator
    READ = "read"  # read into observations, which have the rest
    UNREADABLE = "unreadable"  # not in its source's dialect; kept for an administrator
    CONFLICT = "conflict"  # under the id of another message


SET_ASIDE = (EventState.QUARANTINED, EventState.UNREADABLE, EventState.CONFLICT)  # until somebody decides


@dataclass(frozen=True)
class EventRecord:
    """An inbound message, unique by (source, event_id).

    Attributes:
        note: Why it was ignored or quarantined.
        headers: Those needed to read it.
        authentication: Who sent it (`method`, `is_signed`, `key`).
        adapter: What read it; None if stored by a release that did not record it.
        adapter_version: Likewise.
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
        """Return its place in lists, which are newest first."""
        return Place(self.received_at, self.event_id)

    @property
    def is_let_go(self) -> bool:
        """Return whether its bytes were deleted after their retention time, so that only
        what was read of them is left.
        """
        return not self.body and self.body_sha256 != _OF_NOTHING


@dataclass(frozen=True)
class PullRecord:
    """When to fetch from a source next, the outcome of the last fetch, and the token.

    Attributes:
        due_at: Changes with each round, so that only one worker takes it.
        outcome: Of the last round (`{"asked": 3, "found": 9, "new": 1, "failed": ["…"]}`).
        seen: For a folder, its files by name with size and time at the last look.
    """

    source: str
    due_at: datetime
    ended_at: datetime | None = None
    token: str | None = field(default=None, repr=False)
    outcome: JsonObject = field(default_factory=dict)
    seen: JsonObject = field(default_factory=dict)

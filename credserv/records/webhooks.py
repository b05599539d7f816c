"""Outgoing webhooks: which systems are notified about credentials, and messages on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.paging import Place


class Happening(StrEnum):
    """What a system can be notified of. A value is the `type` of the message, so do not change it."""

    ISSUED = "credential.issued"
    CLAIMED = "credential.claimed"
    SUSPENDED = "credential.suspended"
    RESTORED = "credential.restored"
    REVOKED = "credential.revoked"
    DUE = "credential.due"  # its end is near
    TEST = "webhook.test"  # an administrator wants to see it arrive


SUBSCRIBABLE = tuple(happening for happening in Happening if happening is not Happening.TEST)


@dataclass(frozen=True)
class EndpointRecord:
    """A system that is notified.

    Attributes:
        happenings: What it wants to be notified of.
        secrets: `whsec_...`, newest first; a message is signed with each valid one.
        older_ends_at: When all but the newest end; None for no end.
        ended_at: Since when nothing is sent.
        why: Who ended it, or what its host said.
    """

    id: str
    url: str
    happenings: tuple[Happening, ...]
    secrets: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None = None
    why: str = ""
    older_ends_at: datetime | None = None

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Return the valid secrets, newest first."""
        is_over = self.older_ends_at is not None and self.older_ends_at <= now
        return self.secrets[:1] if is_over else self.secrets


@dataclass(frozen=True)
class Delivery:
    """A message to an endpoint.

    Attributes:
        id: Its `webhook-id`, the same at every attempt.
        credential_id: None for a test.
        due_at: The next attempt; None once it was sent, or given up (then without `delivered_at`).
        tries: So far.
        note: What the last attempt met.
    """

    id: str
    endpoint_id: str
    happening: Happening
    credential_id: str | None
    happened_at: datetime
    reason: str = ""
    due_at: datetime | None = None
    tries: int = 0
    note: str = ""
    delivered_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Return its place in lists, which are newest first."""
        return Place(self.happened_at, self.id)

    @property
    def is_given_up(self) -> bool:
        return self.due_at is None and self.delivered_at is None

"""Webhooks that go out: which systems hear of credentials, and what is on its way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.records.paging import Place


class Happening(StrEnum):
    """What a system can hear of. A value is the `type` of the message: it is never changed."""

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
    """One system that hears. happenings: what it wants to hear of. secrets: `whsec_...`, the newest first; a
    message is signed with each that counts. older_ends_at: of all but the newest; None for no end. ended_at:
    nothing is sent any more; why: by whom, or what its host said."""

    id: str
    url: str
    happenings: tuple[Happening, ...]
    secrets: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None = None
    why: str = ""
    older_ends_at: datetime | None = None

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Those that count, the newest first."""
        is_over = self.older_ends_at is not None and self.older_ends_at <= now
        return self.secrets[:1] if is_over else self.secrets


@dataclass(frozen=True)
class Delivery:
    """One message to one endpoint. id: its `webhook-id`, the same at every try.

    credential_id: None for a test. due_at: the next try; None once it went, or is given up (then without
    `delivered_at`). tries: so far. note: what the last try met.
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
        """In lists, which are newest first."""
        return Place(self.happened_at, self.id)

    @property
    def is_given_up(self) -> bool:
        return self.due_at is None and self.delivered_at is None

"""The DIDs under which members endorse and are accredited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MemberDidRecord:
    """A DID.

    Attributes:
        membership_id: None for somebody outside who signed once, and after erasure.
        public_key: Multibase, of a key made here; "" for a DID that they brought.
        private_key: base64 of PKCS8; None once retired, and for a key that was brought or never stored.
    """

    did: str
    membership_id: str | None
    public_key: str
    private_key: str | None
    created_at: datetime
    retired_at: datetime | None = None

"""The DIDs under which members of an organisation endorse, and are accredited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MemberDidRecord:
    """membership_id: None for somebody outside who signed once, and for who was erased.

    public_key: multibase, of a key that was made here; "" for a DID that they brought. private_key: base64 of
    PKCS8, None once it is retired, and for one that was brought or never kept.
    """

    did: str
    membership_id: str | None
    public_key: str
    private_key: str | None
    created_at: datetime
    retired_at: datetime | None = None

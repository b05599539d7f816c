"""Who holds credentials, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class HolderRecord:
    """A person with a wallet. Found by normalised e-mail address, or by DID where there is no address."""

    id: str
    email: str | None
    did: str | None
    name: str | None
    created_at: datetime


@dataclass(frozen=True)
class ShareRecord:
    """A link by which a holder shows one credential. `ended_at` set: the link answers 410."""

    token_sha256: str
    credential_id: str
    holder_id: str
    created_at: datetime
    label: str = ""
    ended_at: datetime | None = None

"""Exchanges: a badge on its way into a wallet app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ExchangeRecord:
    """An exchange.

    Attributes:
        challenge: What the wallet signs.
        holder_did: Who completed it; nobody else can any more.
    """

    person_id: str
    credential_id: str
    challenge: str
    created_at: datetime
    ends_at: datetime
    holder_did: str | None = None

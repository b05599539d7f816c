"""The did:webvh of an organisation, beside its did:web: every document that it had, and who changed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DidHistoryRecord:
    """did: as it is called now. log: its did.jsonl, all of it. next_key: PKCS8 in hex, of the one key that
    may add the next entry, as the last one foresaw; the keys before it are spent, and kept nowhere."""

    did: str
    log: str
    next_key: str
    changed_at: datetime

"""An organisation's did:webvh, in addition to its did:web: every document it ever had, and who changed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DidHistoryRecord:
    """A did:webvh.

    Attributes:
        did: Its current name.
        log: The whole did.jsonl.
        next_key: PKCS8 in hex, of the one key that may add the next entry, as the last entry announced.
            Earlier keys are spent and stored nowhere.
    """

    did: str
    log: str
    next_key: str
    changed_at: datetime

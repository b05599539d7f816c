"""What the durable queue is asked to do."""

from __future__ import annotations

from enum import StrEnum


class JobName(StrEnum):
    """A value names a queue and begins the ids of its jobs: it is never changed."""

    WALLET_LINK = "wallet-link"
    TRUSTED_LIST = "trusted-list"
    FINISH = "finish"  # of a version before, as the next: their subjects are swept up, or in the outbox
    DELIVER = "deliver"

"""What the durable queue is asked to do."""

from __future__ import annotations

from enum import StrEnum


class JobName(StrEnum):
    """A value names a queue and begins the ids of its jobs: it is never changed."""

    TRUSTED_LIST = "trusted-list"
    FRAMEWORK = "framework"
    WATCH = "watch"
    ARCHIVE = "archive"
    FINISH = "finish"  # of a version before, as those below: their subjects are swept up, or in an outbox
    DELIVER = "deliver"
    WALLET_LINK = "wallet-link"

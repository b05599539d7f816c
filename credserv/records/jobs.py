"""What the durable queue can be asked to do."""

from __future__ import annotations

from enum import StrEnum


class JobName(StrEnum):
    """A job. Values name queues and begin job ids, so do not change them."""

    TRUSTED_LIST = "trusted-list"
    FRAMEWORK = "framework"
    WATCH = "watch"
    ARCHIVE = "archive"
    FINISH = "finish"  # of a version before, as those below: their subjects are swept up, or in an outbox
    DELIVER = "deliver"
    WALLET_LINK = "wallet-link"

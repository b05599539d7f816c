"""What is served of a status list of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STATUS_LIST_VALIDITY = timedelta(hours=24)


@dataclass(frozen=True)
class Published:
    """Exact bytes, for how many seconds a cache may keep them, and when what they say ends.

    `known_by` is the version and instant of the publication of these bytes; None if not read back.
    """

    body: bytes
    max_age_seconds: int
    valid_until: datetime
    known_by: tuple[int, datetime] | None = None

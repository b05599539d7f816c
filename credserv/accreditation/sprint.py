"""When a sprint ends: a number of days after the application, extended by leave within it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

Leave = tuple[datetime, datetime]


def sprint_end(applied_at: datetime, lasts: timedelta, leaves: Collection[Leave]) -> datetime:
    """Return the end.

    Args:
        leaves: Each [begin, end). Overlaps count once, and only what lies before the end pauses it.
    """
    end, reached = applied_at + lasts, applied_at
    for begin, until in sorted(leaves):
        begin = max(begin, reached)
        if begin < end and until > begin:
            end += until - begin
            reached = until
    return end

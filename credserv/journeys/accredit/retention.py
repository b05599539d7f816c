"""Retention of practice logs: as long as a renewal may need them, and a year after somebody left."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.accreditation.months import add_months
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.services import Services

AFTER_LEAVING_MONTHS = 12
_SHORTEST_MONTHS = 24  # if no programme requires more
_APPEALS = timedelta(days=90)  # a decision can be reviewed for so long


def practice_months(services: Services) -> int:
    """Return for how many months after the event an entry may be needed.

    That is two of the longest terms of any programme, because a late renewal looks back on a term that has
    ended.
    """
    terms = (one.programme.term for one in all_programmes(services))
    return max([2 * term.months for term in terms if term is not None], default=_SHORTEST_MONTHS)


def forget_practice(services: Services, now: datetime) -> int:
    """Delete entries past their retention time.

    Returns:
        How many were deleted.
    """
    old = add_months(now, -practice_months(services)) - _APPEALS
    left = services.today(add_months(now, -AFTER_LEAVING_MONTHS))
    return services.store.practice.forget(before=old, left_before=left)

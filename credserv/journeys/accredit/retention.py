"""How long a practice log is kept: as long as a renewal can ask for it, and a year after somebody left."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.accreditation.months import add_months
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.services import Services

AFTER_LEAVING_MONTHS = 12
_SHORTEST_MONTHS = 24  # where no programme is loaded that asks for any
_APPEALS = timedelta(days=90)  # and for as long as what was decided by it may be looked at again


def practice_months(services: Services) -> int:
    """So many months after it happened an entry can be asked for: two terms of the programme with the longest
    one, since what is renewed late looks back on a term that has ended."""
    terms = (one.programme.term for one in all_programmes(services))
    return max([2 * term.months for term in terms if term is not None], default=_SHORTEST_MONTHS)


def forget_practice(services: Services, now: datetime) -> int:
    """Delete what has had its time; returns how many entries."""
    old = add_months(now, -practice_months(services)) - _APPEALS
    left = services.today(add_months(now, -AFTER_LEAVING_MONTHS))
    return services.store.practice.forget(before=old, left_before=left)

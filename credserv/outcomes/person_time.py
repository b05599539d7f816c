"""Events per 100 person-years, before somebody had a credential and after.

Whoever has a credential has stayed long enough to get it. Counting holders who moved would credit it with the
years before (immortal time) and show an effect where there is none. Here each day counts for the state on
that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

YEAR = timedelta(days=365.25)


@dataclass(frozen=True)
class Stay:
    """One person's time, from start to end.

    Attributes:
        since: When they got the credential; None for never.
    """

    start: datetime
    end: datetime
    since: datetime | None
    events: tuple[datetime, ...]


@dataclass(frozen=True)
class PersonTime:
    years: float
    events: int

    @property
    def per_100(self) -> float | None:
        return 100 * self.events / self.years if self.years > 0 else None


def without_and_with(stays: Iterable[Stay]) -> tuple[PersonTime, PersonTime]:
    """Return the person-time without and with; the time before a credential is time without one."""
    without, holding = timedelta(0), timedelta(0)
    events_without = events_holding = 0
    for stay in stays:
        since = min(max(stay.since or stay.end, stay.start), stay.end)
        without += since - stay.start
        holding += stay.end - since
        for at in stay.events:
            if stay.since is not None and at >= stay.since:
                events_holding += 1
            else:
                events_without += 1
    return PersonTime(without / YEAR, events_without), PersonTime(holding / YEAR, events_holding)

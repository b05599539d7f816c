"""The headcount on each day of a year, and how many of 100 people moved in it.

Moves per average daily headcount, times 100, is the definition of the Victorian Public Sector Commission. Two
others are in use (by the headcount at the end of the year, and by the mean of its first and last day).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.records.employment import Spell

PER_HEAD = "per 100 of the average daily headcount"
_DAY = timedelta(days=1)


def year_of(cut: datetime, zone: ZoneInfo) -> int:
    """Return the last year that was over at the cut, its last day included."""
    return (cut.astimezone(zone).date() + _DAY).year - 1


def average_headcount(spells: Iterable[Spell], year: int, zone: ZoneInfo) -> float:
    """Return the average over the headcounts at the start of each day, in the organisation's time zone."""
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    days = 0
    for spell in spells:
        begin = max(_first_day(spell.started, zone), first)
        end = last if spell.ended is None else min(_first_day(spell.ended, zone), last)
        days += max((end - begin).days, 0)
    return days / (last - first).days


def _first_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the first day that begins then or later."""
    local = at.astimezone(zone)
    begins = local.date()
    is_midnight = local.replace(tzinfo=None) == datetime.combine(begins, datetime.min.time())
    return begins if is_midnight else begins + _DAY

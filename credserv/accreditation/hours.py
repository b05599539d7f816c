"""A mentor's hours: whether a session fits, and when the next one can begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from credserv.ground.errors import InputError
from credserv.records.mentoring import Window

MAX_WINDOWS = 21
_DAY = 24 * 60
_STEP = timedelta(minutes=15)
_AHEAD = 21  # days to look ahead

Span = tuple[datetime, datetime]


def parse_window(weekday: int, begins: str, ends: str) -> Window:
    """Parse hours: a day of the week (0 for Monday) and two times like `09:30`.

    Raises:
        InputError: They are not valid.
    """
    found = Window(weekday, _minutes(begins), _minutes(ends))
    if not 0 <= weekday < 7 or found.begins >= found.ends:
        raise InputError("hours begin before they end, on a day from 0 (Monday) to 6")
    return found


def format_minutes(minutes: int) -> str:
    """Return minutes since midnight as a time."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def lies_in(hours: Sequence[Window], starts_at: datetime, minutes: int, zone: ZoneInfo) -> bool:
    """Return whether a whole session lies in one of the windows; True if there are none."""
    local = starts_at.astimezone(zone)
    begins = local.hour * 60 + local.minute
    return not hours or any(
        one.weekday == local.weekday() and one.begins <= begins and begins + minutes <= one.ends
        for one in hours
    )


def next_free(
    hours: Sequence[Window],
    busy: Sequence[Span],
    minutes: int,
    now: datetime,
    zone: ZoneInfo,
    left_on: Callable[[date], int],
) -> datetime | None:
    """Return the first quarter of an hour at which a session of this length fits; None
    if there is none in three weeks.

    It has to be within the hours, not overlap agreed sessions, and be in a week with enough minutes left.

    Args:
        left_on: Returns the minutes left in the week of a day.
    """
    today = now.astimezone(zone).date()
    for ahead in range(_AHEAD):
        day = today + timedelta(days=ahead)
        if left_on(day) < minutes:
            continue
        for window in _windows_on(hours, day):
            begins = max(_at(day, window.begins, zone), _rounded(now))
            found = _first_gap(begins, _at(day, window.ends, zone), busy, timedelta(minutes=minutes))
            if found is not None:
                return found
    return None


def week_of(day: date, first_weekday: int) -> tuple[date, date]:
    """Return the organisation's week with a day in it: [first day, first day of the next)."""
    first = day - timedelta(days=(day.weekday() - first_weekday) % 7)
    return first, first + timedelta(days=7)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins."""
    return _at(day, 0, zone)


def _windows_on(hours: Sequence[Window], day: date) -> list[Window]:
    if not hours:
        return [Window(day.weekday(), 0, _DAY)]
    return sorted((one for one in hours if one.weekday == day.weekday()), key=lambda one: one.begins)


def _first_gap(begins: datetime, ends: datetime, busy: Sequence[Span], length: timedelta) -> datetime | None:
    for taken_from, taken_to in sorted(busy):
        if begins < taken_to and taken_from < begins + length:
            begins = _rounded(taken_to)
    return begins if begins + length <= ends else None


def _rounded(instant: datetime) -> datetime:
    """Round up to the next quarter of an hour."""
    floor = instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)
    return floor if floor == instant else floor + _STEP


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minutes, _DAY)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return local.astimezone(UTC)


def _minutes(text: str) -> int:
    hour, mark, minute = text.partition(":")
    if not (mark and hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit()):
        raise InputError("a time is written as 09:30")
    found = int(hour) * 60 + int(minute)
    if len(minute) != 2 or int(minute) > 59 or found > _DAY:
        raise InputError("a time is between 00:00 and 24:00")
    return found

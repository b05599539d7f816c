"""Numbers and dates in cells, by what the whole column shows: `1,5` or `1.5`, day or month first.

An ambiguous cell is reported and not read; the source's `file` options can decide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from credserv.sources.calendar_words import MONTHS, WEEKDAYS
from credserv.sources.members import as_number, read_time

_WORD = r"[^\W\d_]"
_COMMA = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),(?!\d{3}$)\d+", re.ASCII)
_POINT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)\.(?!\d{3}$)\d+", re.ASCII)
_NUMBER = {
    ",": re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?", re.ASCII),
    ".": re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII),
}
_EITHER = re.compile(r"-?\d{1,3}[.,]\d{3}", re.ASCII)
_OF = re.compile(r"(\S+)\s*(?:/|of|von|sur)\s*(\S+)", re.IGNORECASE)
_TIME = r"(?:[ T,]+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*([AaPp])?\.?[Mm]?\.?)?"
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})" + _TIME, re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _TIME, re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _TIME, re.ASCII)
_DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:\.|er)?[ -](?:de )?({_WORD}{{3,10}})\.?,?[ -](?:de )?(\d{{4}})" + _TIME
)
_MONTH_DAY = re.compile(rf"({_WORD}{{3,10}})\.? (\d{{1,2}}),? (\d{{4}})" + _TIME)
_WEEKDAY = re.compile(rf"({_WORD}{{3,10}})[.,]* ")
_GROUPS = " '\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{RIGHT SINGLE QUOTATION MARK}"
_GROUPED = re.compile(rf"-?\d{{1,3}}(?:[{_GROUPS}]\d{{3}})+(?:[.,]\d+)?", re.ASCII)
_WITHOUT_GROUPS = str.maketrans("", "", _GROUPS)


@dataclass(frozen=True)
class Forms:
    """The file's notation.

    Attributes:
        decimal: `.` or `,`; None where nothing shows it.
        order: `dmy`, `mdy` or None.
        zone: of times without one.
    """

    decimal: str | None
    order: str | None
    zone: tzinfo

    def number(self, cell: object) -> Decimal | None:
        if not isinstance(cell, str):
            return as_number(cell)
        text = _plain(cell)
        if self.decimal is None and _EITHER.fullmatch(text):
            return None
        if not _NUMBER[self.decimal or "."].fullmatch(text) or len(text) > 40:
            return None
        other = "." if self.decimal == "," else ","
        return Decimal(text.replace(other, "").replace(",", "."))

    def share(self, cell: object) -> tuple[object, object]:
        """Split `17/20` and `17 of 20`; otherwise return the cell alone."""
        return _split(cell) if isinstance(cell, str) else (cell, None)

    def instant(self, text: str) -> datetime | None:
        found = read_time(text) or self._written(text)
        if found is None:
            return None
        local = found if found.tzinfo else found.replace(tzinfo=self.zone)
        try:
            local.astimezone(UTC)
        except OverflowError:  # the first day that can be counted, east of Greenwich
            return None
        return local

    def _written(self, text: str) -> datetime | None:
        day = _WEEKDAY.match(text)
        if day is None or day[1].lower() not in WEEKDAYS:
            return self._day(text)
        found = self._day(text[day.end() :])
        is_that_day = found is not None and found.weekday() == WEEKDAYS[day[1].lower()]
        return found if is_that_day else None

    def _day(self, text: str) -> datetime | None:
        if match := _DOTTED.fullmatch(text):
            return _read_moment(match[3], match[2], match[1], match)
        if match := _YEAR_FIRST.fullmatch(text):
            return _read_moment(match[1], match[2], match[3], match)
        if match := _DAY_MONTH.fullmatch(text):
            return _read_moment(match[3], match[2], match[1], match)
        if match := _MONTH_DAY.fullmatch(text):
            return _read_moment(match[3], match[1], match[2], match)
        if match := _SLASHED.fullmatch(text):
            order = self.order or _order_of(match[1], match[2])
            if order is not None:
                month, day = (match[1], match[2]) if order == "mdy" else (match[2], match[1])
                return _read_moment(match[3], month, day, match)
        return None


def find_decimal(cells: Iterable[object], delimiter: str) -> str | None:
    """Return the decimal sign that the column's numbers show.

    Where they show none, it cannot be a comma in a file delimited by commas.
    """
    texts = [_plain(part) for cell in cells if isinstance(cell, str) for part in _split(cell) if part]
    comma = any(_COMMA.fullmatch(text) for text in texts)
    point = any(_POINT.fullmatch(text) for text in texts)
    if comma != point:
        return "," if comma else "."
    return "." if delimiter == "," and not comma else None


def _split(cell: str) -> tuple[str, str | None]:
    match = _OF.fullmatch(cell)
    return (match[1], match[2]) if match else (cell, None)


def _plain(cell: str) -> str:
    """Return the cell without grouping of thousands that cannot be a decimal sign: `1 234,5`, `1'234.5`."""
    text = cell.removesuffix("%").strip()
    return text.translate(_WITHOUT_GROUPS) if _GROUPED.fullmatch(text) else text


def find_order(cells: Iterable[object]) -> str | None:
    """Return the order shown by the first day after the twelfth; None without one, or on contradiction.

    A date that is the same in both orders (`05/05/2026`) shows nothing.
    """
    orders = {
        _order_of(match[1], match[2])
        for cell in cells
        if isinstance(cell, str) and (match := _SLASHED.fullmatch(cell)) and match[1] != match[2]
    }
    orders.discard(None)
    return orders.pop() if len(orders) == 1 else None


def _order_of(first: str, second: str) -> str | None:
    if int(first) > 12:
        return "dmy"
    if int(second) > 12:
        return "mdy"
    return "dmy" if first == second else None


def _read_moment(year: str, month: str, day: str, match: re.Match[str]) -> datetime | None:
    hour, half = int(match[4] or 0), (match[7] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = (hour, int(match[5] or 0), int(match[6] or 0))
        return datetime(int(year), _month(month), int(day), *at)  # noqa: DTZ001 - the column gives its zone
    except (ValueError, KeyError):
        return None


def _month(text: str) -> int:
    """Return the month. Raises KeyError for any other word."""
    return int(text) if text.isdigit() else MONTHS[text.lower()]

"""Numbers and dates in cells, by what the whole column shows: `1,5` or `1.5`, the day or the month first.

A cell that could mean two things is not read, and told; the source's `file` options decide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from credserv.sources.members import as_number, parse_time

_COMMA = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),(?!\d{3}$)\d+", re.ASCII)
_POINT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)\.(?!\d{3}$)\d+", re.ASCII)
_NUMBER = {
    ",": re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?", re.ASCII),
    ".": re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII),
}
_EITHER = re.compile(r"-?\d{1,3}[.,]\d{3}", re.ASCII)
_OF = re.compile(r"(\S+)\s*(?:/|of)\s*(\S+)", re.IGNORECASE)
_TIME = r"(?:[ T,]+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*([AaPp])?\.?[Mm]?\.?)?"
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})" + _TIME, re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _TIME, re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _TIME, re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})" + _TIME, re.ASCII)
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})" + _TIME, re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)


@dataclass(frozen=True)
class Forms:
    """How the file writes. decimal: `.` or `,`; None where nothing shows it. order: `dmy` or `mdy`, or None.
    zone: of times that name none."""

    decimal: str | None
    order: str | None
    zone: tzinfo

    def number(self, cell: object) -> Decimal | None:
        if not isinstance(cell, str):
            return as_number(cell)
        text = cell.removesuffix("%").strip()
        if self.decimal is None and _EITHER.fullmatch(text):
            return None
        if not _NUMBER[self.decimal or "."].fullmatch(text) or len(text) > 40:
            return None
        other = "." if self.decimal == "," else ","
        return Decimal(text.replace(other, "").replace(",", "."))

    def share(self, cell: object) -> tuple[object, object]:
        """`17/20` and `17 of 20`, in two; else the cell alone."""
        match = _OF.fullmatch(cell) if isinstance(cell, str) else None
        return (match[1], match[2]) if match else (cell, None)

    def instant(self, text: str) -> datetime | None:
        found = parse_time(text) or self._written(text)
        if found is None:
            return None
        return found if found.tzinfo else found.replace(tzinfo=self.zone)

    def _written(self, text: str) -> datetime | None:
        if match := _DOTTED.fullmatch(text):
            return _build(match[3], match[2], match[1], match)
        if match := _YEAR_FIRST.fullmatch(text):
            return _build(match[1], match[2], match[3], match)
        if match := _DAY_MONTH.fullmatch(text):
            return _build(match[3], match[2], match[1], match)
        if match := _MONTH_DAY.fullmatch(text):
            return _build(match[3], match[1], match[2], match)
        if match := _SLASHED.fullmatch(text):
            order = self.order or _order_of(match[1], match[2])
            if order is not None:
                month, day = (match[1], match[2]) if order == "mdy" else (match[2], match[1])
                return _build(match[3], month, day, match)
        return None


def find_decimal(cells: Iterable[object], delimiter: str) -> str | None:
    """The sign that the column's numbers show; where they show none, a comma cannot be one in a file that is
    parted by commas."""
    texts = [cell.removesuffix("%").strip() for cell in cells if isinstance(cell, str)]
    comma = any(_COMMA.fullmatch(text) for text in texts)
    point = any(_POINT.fullmatch(text) for text in texts)
    if comma != point:
        return "," if comma else "."
    return "." if delimiter == "," and not comma else None


def find_order(cells: Iterable[object]) -> str | None:
    """By the first day past the twelfth; None where there is none, or they contradict each other. One that is
    the same either way (`05/05/2026`) shows nothing."""
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


def _build(year: str, month: str, day: str, match: re.Match[str]) -> datetime | None:
    hour, half = int(match[4] or 0), (match[7] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = (hour, int(match[5] or 0), int(match[6] or 0))
        return datetime(int(year), _month(month), int(day), *at)  # noqa: DTZ001 - the column gives its zone
    except ValueError:
        return None


def _month(text: str) -> int:
    """Raises ValueError for a word that is no month in English."""
    if text.isdigit():
        return int(text)
    word = text.lower().removesuffix(".")
    word = "sep" if word == "sept" else word
    return (_MONTHS.index(word) if len(word) == 3 else _NAMES.index(word)) + 1

"""Tables for spreadsheets (RFC 4180) in which nothing is a formula (attack 109)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = frozenset("=+-@")  # also full-width, and after what a spreadsheet may skip
_CONTROL = ("\t", "\r", "\n")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z", re.ASCII)


def build_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a header and a line for each row."""
    return "".join(csv_lines(columns, rows))


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the same line by line, for tables too large for memory."""
    yield _line(columns)
    for row in rows:
        yield _line([_neutral(cell) for cell in row])


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(cells)
    return written.getvalue()


def _neutral(cell: str) -> str:
    """Return `cell` as text: an apostrophe before a formula; no NUL, which ends the cell in some programs."""
    if _NUMBER.match(cell):
        return cell
    cell = cell.replace("\x00", "")
    first = next((char for char in cell if unicodedata.category(char)[0] not in "ZC"), "")
    hostile = cell.startswith(_CONTROL) or unicodedata.normalize("NFKC", first) in _FORMULA
    return f"'{cell}" if hostile else cell

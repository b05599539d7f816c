"""Tables in files of others, decoded and cleaned, each row with its line number."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from credserv.ground.errors import InputError, TooLargeError

MAX_BYTES = 64 * 1_048_576
MAX_MEMBERS = 2_000_000
_DELIMITERS = (",", "\t", ";", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_END = "\0"  # in no text
_NEVER = "\x1f"  # the unit separator, which no spreadsheet writes
_TEXT_OF_EXCEL = re.compile(r'^\s*="([^"]*)"\s*$')  # how exports keep leading zeros
_WORD = re.compile(r"[^\W_]+")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # Excel, current and before 2007
_MOST_LINES_BEFORE_HEADER = 20


@dataclass(frozen=True)
class Row:
    """A row. `line` is its first, from 1; `cells` are by the plain name of their column (`plain_name`)."""

    line: int
    cells: Mapping[str, str]

    def get(self, *names: str) -> str:
        """Return the first of these columns that exists and is not empty."""
        for name in names:
            text = self.cells.get(name)
            if text:
                return text
        return ""


@dataclass(frozen=True)
class Table:
    """A table. `columns` maps plain names to the header as written."""

    columns: Mapping[str, str]
    rows: tuple[Row, ...]


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and its encoding: the one named, that of its byte order mark, UTF-8, or Windows-1252.

    Spreadsheets still write the last. Raises InputError if it is not text in that encoding, TooLargeError.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"the file is {len(data)} bytes long; at most {MAX_BYTES} are read")
    if data.startswith(_SPREADSHEETS):
        raise InputError("this is a spreadsheet or an archive, and no table in text: save it as CSV")
    by_mark = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    chosen = encoding or by_mark
    for name in (chosen,) if chosen else ("utf-8", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeError:
            continue
        if _END in text:
            raise InputError("this is no text: it holds NUL characters. If it is UTF-16, name its encoding")
        return text.removeprefix("\ufeff"), name
    raise InputError(f"this is no text in {chosen or 'UTF-8, UTF-16 or Windows-1252'}")


def plain_name(column: str) -> str:
    """Return a column's name for comparison.

    `Human Coding Scheme` equals `humanCodingScheme`, and `Código` equals `codigo`.
    """
    return "".join(_WORD.findall(unicodedata.normalize("NFKD", column).casefold()))


def parse_table(text: str) -> Table:
    """Parse a table separated by comma, tab, semicolon or vertical bar.

    The header decides which, or the line `sep=;` that Excel writes. Raises InputError, TooLargeError.
    """
    before, text = _without_mark(text)
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    delimiter = before[4] if before else max(_DELIMITERS, key=first.count)
    if delimiter not in first:
        delimiter = _NEVER  # one column, in which a comma separates nothing
    # O*NET contains quotation marks that quote nothing.
    quotes = delimiter != "\t" or '"' in first
    at, header = _find_header(read_lines(text, delimiter, quotes=quotes))
    names = _column_names(header)
    lines = (line for line in read_lines(text, delimiter, quotes=quotes) if line[0] > at)
    rows = tuple(_rows(lines, names, skipped=bool(before)))
    return Table({name: column.strip() for name, column in zip(names, header, strict=True)}, rows)


def _without_mark(text: str) -> tuple[str, str]:
    """Split off `sep=;` where that is the first line."""
    first, _, rest = text.partition("\n")
    first = first.rstrip("\r")
    return (first, rest) if first.lower().startswith("sep=") and len(first) == 5 else ("", text)


def _find_header(lines: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """Return the first line that is not blank, after any titles.

    A spreadsheet writes a title as a line with one filled cell, and all others empty.
    """
    known: tuple[int, list[str]] = (0, [])
    for at, cells in lines:
        filled = sum(bool(cell.strip()) for cell in cells)
        if filled > 1 or (filled and len(cells) == 1):
            return at, cells
        if at > _MOST_LINES_BEFORE_HEADER:
            break
        known = known if known[1] or not filled else (at, cells)
    return known


def read_lines(text: str, delimiter: str, *, quotes: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and cells of each line; a quoted cell may span several lines.

    Raises InputError where a quotation mark is never closed: the cell would be the rest of the file.
    """
    # A line that no text contains is added at the end; a quotation still open takes it in.
    lines = chain(io.StringIO(text, newline=""), (_END,))
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)
    number = 1
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise InputError(f"a quotation mark that is opened in line {number} is never closed")
            yield number, [_TEXT_OF_EXCEL.sub(r"\1", cell) for cell in cells]
            number = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {number} cannot be read as a table: {error}") from error


def _column_names(header: list[str]) -> list[str]:
    """Return plain names; a repeated one gets a number."""
    seen: dict[str, int] = {}
    names = []
    for column in header:
        name = plain_name(column)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return names


def _rows(lines: Iterator[tuple[int, list[str]]], names: list[str], *, skipped: int) -> Iterator[Row]:
    members = 0
    for number, cells in lines:
        members += len(cells)
        if members > MAX_MEMBERS:
            raise TooLargeError(f"the table has more than {MAX_MEMBERS} cells")
        texts = {name: clean(cell) for name, cell in zip(names, cells, strict=False) if cell}
        if texts:
            yield Row(number + skipped, texts)


def clean(text: str) -> str:
    """Return the text without surrounding blanks and control characters, which no label needs."""
    text = text.strip()
    if text.isprintable():
        return text
    return "".join(letter if _may_stand(letter) else " " for letter in text.replace("\r\n", "\n"))


def _may_stand(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")

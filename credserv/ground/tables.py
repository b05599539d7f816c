"""Tables of foreign files, decoded and cleaned, each row with its line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from credserv.ground.errors import InputError, TooLargeError

MAX_BYTES = 64 * 1_048_576
MAX_MEMBERS = 2_000_000
_DELIMITERS = (",", "\t", ";")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Row:
    """line: where it begins, from 1. cells: by the plain name of their column (`plain_name`)."""

    line: int
    cells: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The first of these columns that is there and not empty."""
        for name in names:
            text = self.cells.get(name)
            if text:
                return text
        return ""


@dataclass(frozen=True)
class Table:
    """columns: the header by plain names, as written."""

    columns: Mapping[str, str]
    rows: tuple[Row, ...]


def decode(data: bytes) -> str:
    """Unicode by its byte order mark or as UTF-8; else Windows-1252, which spreadsheets still write.

    Raises InputError for what is no text.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"the file is {len(data)} bytes long; at most {MAX_BYTES} are read")
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("this is no text: it holds the character NUL")
    encodings = [name for mark, name in _BOMS if data.startswith(mark)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("this is no text in UTF-8, UTF-16 or Windows-1252")


def plain_name(column: str) -> str:
    """A column's name as it is compared: `Human Coding Scheme` and `humanCodingScheme` are one."""
    return _NOT_IN_SLUGS.sub("", column.strip().lower())


def parse_table(text: str) -> Table:
    """Comma, tab or semicolon, told by the header. Raises InputError, TooLargeError."""
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(_DELIMITERS, key=first.count)
    lines = io.StringIO(text, newline="")
    if delimiter == "\t" and '"' not in first:  # O*NET has quotation marks that quote nothing
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter)
    try:
        header = next(reader, [])
        names = _column_names(header)
        rows = tuple(_rows(reader, names))
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}: not readable as a table: {error}") from error
    return Table({name: column.strip() for name, column in zip(names, header, strict=True)}, rows)


def _column_names(header: list[str]) -> list[str]:
    """Plain names; one that comes again gets a number."""
    seen: dict[str, int] = {}
    names = []
    for column in header:
        name = plain_name(column)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return names


def _rows(reader: Iterator[list[str]], names: list[str]) -> Iterator[Row]:
    line, members = 2, 0
    for cells in reader:
        members += len(cells)
        if members > MAX_MEMBERS:
            raise TooLargeError(f"the table has more than {MAX_MEMBERS} cells")
        texts = {name: clean(cell) for name, cell in zip(names, cells, strict=False) if cell}
        if texts:
            yield Row(line, texts)
        line = getattr(reader, "line_num", line) + 1


def clean(text: str) -> str:
    """Without blanks around it and without control characters, which no label has for a reason."""
    text = text.strip()
    if text.isprintable():
        return text
    return "".join(letter if _may_stand(letter) else " " for letter in text.replace("\r\n", "\n"))


def _may_stand(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")

"""The rows of a file, in cells or JSON: its delimiter, and the line of each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.strict_json import parse_json
from credserv.ground.tables import read_lines
from credserv.sources.adapter import Unread

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_MOST_LINES_BEFORE_HEADER = 20


@dataclass(frozen=True)
class Row:
    """A row. `number` is its first line; `cells` are by column, in JSON with their types."""

    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table. `rows` are those after the header that are not blank; `notes` say how the file was
    understood."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    delimiter: str = ","


# --- lines of cells -------------------------------------------------------------------------------


def read_cells(text: str, delimiter: str | None, *, is_header: Any) -> Table:
    """Read rows. Raises InputError if no header is found.

    Args:
        is_header: called for each of the first rows, because exports begin with titles; returns whether it
            names the columns.
    """
    marked = text.partition("\n")[0].rstrip("\r").lower()
    skipped = 0
    if marked.startswith("sep=") and len(marked) == 5:  # Excel
        delimiter, text, skipped = delimiter or marked[4], text.partition("\n")[2], 1
    for separator in (delimiter,) if delimiter else DELIMITERS:
        table = _read_with(text, separator, skipped, is_header)
        if table is not None:
            return table
    raise InputError(
        "no row names the columns: one that names the learner (as email, employee id or user id), and one "
        "that names the course or other activity. Say which they are in the source's fields"
    )


def _read_with(text: str, separator: str, skipped: int, is_header: Any) -> Table | None:
    rows = _rows(text, separator, skipped)
    header: Row | None = None
    found: list[Row] = []
    unread: list[Unread] = []
    try:
        for row in rows:
            if header is not None:
                if len(row.cells) > len(header.cells):
                    why = f"it has {len(row.cells)} cells, and the header has {len(header.cells)}"
                    unread.append(Unread(f"line {row.number}", why))
                else:
                    found.append(row)
            elif is_header(row.cells):
                header = row
            elif row.number > _MOST_LINES_BEFORE_HEADER:
                return None
    except InputError as error:
        unread.append(Unread("", f"the rest is not read: {error.detail}"))
    if header is None:
        return None
    notes = (
        f"the columns are named in line {header.number}",
        f"cells are parted by {_NAMES.get(separator, repr(separator))}",
    )
    columns = tuple(cell.strip() for cell in header.cells)
    return Table(columns, tuple(found), notes, tuple(unread), separator)


def _rows(text: str, separator: str, skipped: int) -> Iterator[Row]:
    for number, cells in read_lines(text, separator):
        stripped = tuple(cell.strip() for cell in cells)
        while len(stripped) > 1 and stripped[-1] == "":  # spreadsheets end lines with empty cells
            stripped = stripped[:-1]
        if any(stripped):
            yield Row(skipped + number, stripped)


# --- lines of JSON --------------------------------------------------------------------------------


def read_objects(text: str) -> Table:
    """Read JSON Lines, or one list of objects; the columns are all members that any of them has.

    Raises InputError where no line is an object.
    """
    objects: list[tuple[int, Mapping[str, Any]]] = []
    unread: list[Unread] = []
    for number, value in _objects(text, unread):
        if isinstance(value, Mapping):
            objects.append((number, value))
        else:
            unread.append(Unread(f"line {number}", "an object is expected here"))
    if not objects:
        raise InputError("no line is a JSON object")
    columns = tuple(dict.fromkeys(name for _, value in objects for name in value))
    rows = tuple(Row(number, tuple(value.get(name) for name in columns)) for number, value in objects)
    return Table(columns, rows, ("each line is a JSON object",), tuple(unread))


def _objects(text: str, unread: list[Unread]) -> Iterator[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        yield from enumerate(parse_json(text.encode("utf-8", "surrogatepass"), exact=True), 1)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, parse_json(line.encode("utf-8", "surrogatepass"), exact=True)
            except InputError as error:
                unread.append(Unread(f"line {number}", error.detail))

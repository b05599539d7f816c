"""The rows of a file, of cells or of JSON: which encoding and delimiter it has, and where each row is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.strict_json import parse_json
from credserv.sources.adapter import Unread

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_LINES_BEFORE_HEADER = 20


@dataclass(frozen=True)
class Row:
    """number: its first line. cells: by column; of JSON, as the types that it has."""

    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """rows: those after the header, and none that is blank. notes: how the file was understood."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    delimiter: str = ","


def decode(body: bytes, encoding: str | None) -> tuple[str, str]:
    """The text and its encoding: the one that is named, that of its mark, UTF-8, or Windows-1252.

    Raises InputError where it is no text.
    """
    by_mark = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    for name in (encoding or by_mark,) if encoding or by_mark else ("utf-8", "cp1252"):
        try:
            text = body.decode(str(name))
        except LookupError as error:
            raise InputError(f"there is no encoding {name!r}") from error
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise InputError("this is no text: it holds NUL characters. If it is UTF-16, name its encoding")
        return text.removeprefix("\ufeff"), str(name)
    raise InputError(f"this is no text in {encoding or by_mark or 'UTF-8 or Windows-1252'}")


# --- lines of cells -------------------------------------------------------------------------------


def read_cells(text: str, delimiter: str | None, *, is_header: Any) -> Table:
    """is_header: asked of each of the first rows (exports begin with titles) whether it names the columns.

    Raises InputError where none does.
    """
    lines = text.splitlines()
    marked = lines[0].lower() if lines else ""
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
    except csv.Error as error:
        unread.append(
            Unread(f"line {found[-1].number + 1 if found else 1}", f"the rest is not read: {error}")
        )
    if header is None:
        return None
    notes = (
        f"the columns are named in line {header.number}",
        f"cells are parted by {_NAMES.get(separator, repr(separator))}",
    )
    columns = tuple(cell.strip() for cell in header.cells)
    return Table(columns, tuple(found), notes, tuple(unread), separator)


def _rows(text: str, separator: str, skipped: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = skipped + 1
    for cells in reader:
        stripped = tuple(cell.strip() for cell in cells)
        while len(stripped) > 1 and stripped[-1] == "":  # spreadsheets end lines with empty cells
            stripped = stripped[:-1]
        if any(stripped):
            yield Row(number, stripped)
        number = skipped + reader.line_num + 1


# --- lines of JSON --------------------------------------------------------------------------------


def read_objects(text: str) -> Table:
    """JSON Lines, or one list of objects; the columns are all members that any of them has.

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

"""Files: CSV and JSON Lines, one completion a row, as SuccessFactors, Workday and Cornerstone send them.

They contain the whole history each night; an unchanged row keeps its id. Options:

    {"fields": {"employee-number": "Employee ID", "course": "Course Code", "completed_at": "Done on"},
     "file": {"delimiter": ";", "encoding": "cp1252", "decimal": ",", "date_order": "dmy",
              "time_zone": "Europe/Berlin", "key": ["Employee ID", "Course Code"], "kind": "completed",
              "statuses": {"Bestanden": "passed"}}}

None of these is needed where the column names are clear. A row without a person or activity, or with an
unknown status, says nothing; every fault has its line and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did, one_line
from credserv.ground.tables import decode
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading, Unread
from credserv.sources.csv_columns import ACTIVITIES, PEOPLE, find_columns, is_enough, plain, require_fields
from credserv.sources.csv_options import FileOptions, parse_options, require_options
from credserv.sources.csv_statuses import FLAGS, read_status
from credserv.sources.csv_table import Row, Table, read_cells, read_objects
from credserv.sources.csv_values import Forms, find_decimal, find_order
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id, with_flags

_MOST_TOLD = 1_000
_NUMBERS = ("raw", "max", "min", "scaled")
_TIMES = ("completed_at", "completed", "occurred_at")
# Never guessed; a date only where it alone shows that something was completed.
_DECIDING = frozenset(("status", "kind", "passed"))
_BLANKS = frozenset(("n/a", "#n/a", "n. a.", "n.a.", "-", "--", "–", "—", "null", "none"))
_DATED = frozenset(("completed_at", "completed"))


def read(message: Message, options: JsonObject) -> Reading:
    """Read a file. Raises InputError unless it is a table that names people and what they did."""
    chosen = parse_options(options)
    text, encoding = decode(message.body, chosen.encoding)
    table = _read_table(text, chosen)
    reader = _TableReader(table, chosen)
    observations = tuple(one for row in table.rows if (one := reader.read(row)) is not None)
    notes = (f"the encoding is {encoding}", *table.notes, *reader.notes())
    unread = (*table.unread, *reader.unread)
    if len(unread) > _MOST_TOLD:
        more = Unread("", f"{len(unread) - _MOST_TOLD} more faults are not told")
        unread = (*unread[:_MOST_TOLD], more)
    return Reading(observations, unread, tuple(reader.passed_over[:_MOST_TOLD]), notes)


def answer(_message: Message, reading: Reading | None, _outcome: Outcome) -> Answer:
    """Report to whoever imports a file how it was understood."""
    if reading is None:
        return Answer(202, {"state": "unreadable"})
    counts = {"observations": len(reading.observations), "faults": len(reading.unread)}
    return Answer(200, {**counts, "notes": list(reading.notes)})


def _read_table(text: str, chosen: FileOptions) -> Table:
    fields = chosen.fields
    if text.lstrip().startswith(("{", "[")):
        table = read_objects(text)
        if not is_enough(find_columns(table.columns, fields)):
            raise InputError(
                "no member names a learner and what they did; say which do in the source's fields"
            )
    else:
        table = read_cells(
            text, chosen.delimiter, is_header=lambda cells: is_enough(find_columns(cells, fields))
        )
    require_fields(table.columns, fields)
    return table


class _Cells(Members):
    """The cells of one row by field."""

    def __init__(self, row: Row, table: Table, columns: Mapping[str, int], unread: list[Unread]) -> None:
        found = {field: _said(row.cells[at]) for field, at in columns.items() if at < len(row.cells)}
        super().__init__(found, f"line {row.number}", unread)
        self._table = table
        self._columns = columns
        self.misread: set[str] = set()

    def tell_of(self, name: str, why: str) -> None:
        at = self._columns.get(
            name, self._columns.get("raw", 0)
        )  # `17/20` has a maximum without a column of its own
        self.misread.add(name)
        self.unread.append(Unread(f"{self.place}, column {at + 1} ({self._table.columns[at]})", why))

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        found = value if isinstance(value, bool) else FLAGS.get(plain(str(value)))
        if value is not None and found is None:
            self.tell_of(name, f"{value!r:.40} is neither yes nor no")
        return found


def _said(cell: object) -> object:
    """Return the cell; None for what exports write for an empty one."""
    return None if isinstance(cell, str) and cell.lower() in _BLANKS else cell


class _TableReader:
    def __init__(self, table: Table, chosen: FileOptions) -> None:
        self._table = table
        self._columns = find_columns(table.columns, chosen.fields)
        self._people = [field for field in PEOPLE if field in self._columns]
        self._activities = [field for field in ACTIVITIES if field in self._columns]
        self._chosen = chosen
        self._key = self._key_columns()
        order = chosen.date_order or find_order(self._cells_of(*_TIMES))
        decimal = chosen.decimal or find_decimal(self._cells_of(*_NUMBERS), table.delimiter)
        self._forms = Forms(decimal, order, chosen.zone)
        self.unread: list[Unread] = []
        self.passed_over: list[Unread] = []

    def notes(self) -> tuple[str, ...]:
        named = (f"column {self._table.columns[at]!r} is the {field}" for field, at in self._columns.items())
        signs = {".": "a full stop", ",": "a comma", None: "not shown by any number"}
        zone = f"times without a zone are read as {self._chosen.zone}"
        order = f"dates are written {self._forms.order}" if self._forms.order else ""
        return tuple(filter(None, (f"the decimal sign is {signs[self._forms.decimal]}", order, zone, *named)))

    def read(self, row: Row) -> Observation | None:
        cells = _Cells(row, self._table, self._columns, self.unread)
        people = tuple(
            person
            for field in self._people
            for person in cells.person(PersonKind(field), field)
            if person.kind is not PersonKind.DID or is_did(person.value)
        )
        about = tuple(one for field in self._activities for one in self._activity(cells, field))
        if not people or not about:
            self.unread.append(
                Unread(cells.place, "it names nobody" if not people else "it names no activity")
            )
            return None
        said = self._result(cells)
        kind = read_status(cells, self._chosen.statuses, self._chosen.kind, said)
        is_told = "status" in cells or "kind" in cells
        if cells.misread & (_DECIDING if is_told else _DECIDING | _DATED):
            return None
        if not isinstance(kind, Kind):
            self.passed_over.append(Unread(cells.place, kind))
            return None
        known = [
            [(one.kind, one.value) for one in people[:1]],
            [(one.kind, one.value) for one in about],
            kind,
        ]
        event_id = cells.text("event_id") or derive_event_id(
            "csv", *(self._key_of(row) or (*known, [said[name] for name in sorted(said)]))
        )
        event_type = cells.text("kind") or cells.text("status") or "row"
        return with_flags(Observation(event_id, event_type, kind, people, about, name=_name(cells), **said))

    def _result(self, cells: _Cells) -> dict[str, Any]:
        raw, most = self._forms.share(cells.raw("raw"))
        level, completion = cells.text("level"), _completion(cells)
        if isinstance(raw, str) and not any(letter.isdigit() for letter in raw):
            level, raw = level or cells.text("raw"), None  # a letter grade
        numbers: dict[str, Decimal | None] = {
            "raw": self._number(cells, "raw", raw),
            "max": self._number(cells, "max", most if most is not None else cells.raw("max")),
            "min": self._number(cells, "min", cells.raw("min")),
            "scaled": self._number(cells, "scaled", cells.raw("scaled")),
        }
        times = [found for field in _TIMES if (found := self._instant(cells, field)) is not None]
        return {
            **numbers,
            "occurred_at": times[0] if times else None,
            "success": cells.flag("passed"),
            "completion": completion,
            "level": level,
            "attempt": cells.text("attempt"),
        }

    def _number(self, cells: _Cells, field: str, cell: object) -> Decimal | None:
        if cell is None:
            return None
        found = self._forms.number(cell)
        if found is None:
            cells.tell_of(field, f"{cell!r:.40} is no number that could be read in one way only")
        return found

    def _instant(self, cells: _Cells, field: str) -> datetime | None:
        text = None if _said_flag(cells, field) is not None else cells.text(field)
        found = self._forms.instant(text) if text is not None else None
        if text is not None and found is None:
            cells.tell_of(field, f"{text!r:.40} is no date that could be read in one way only")
        return found

    def _activity(self, cells: _Cells, field: str) -> tuple[ActivityReference, ...]:
        value = cells.text(field)
        is_titled = field == ActivityKind.COURSE or ActivityKind.COURSE not in self._columns
        title = cells.text("title") if is_titled else None
        return () if value is None else (ActivityReference(ActivityKind(field), value, title),)

    def _cells_of(self, *fields: str) -> list[Any]:
        places = [self._columns[field] for field in fields if field in self._columns]
        return [row.cells[at] for row in self._table.rows for at in places if at < len(row.cells)]

    def _key_columns(self) -> tuple[int, ...]:
        names = [plain(column) for column in self._table.columns]
        try:
            return tuple(names.index(plain(name)) for name in self._chosen.key)
        except ValueError as error:
            raise InputError("the file lacks a column of the source's `key`") from error

    def _key_of(self, row: Row) -> list[Any]:
        return [row.cells[at] if at < len(row.cells) else None for at in self._key]


def _completion(cells: _Cells) -> bool | None:
    """Return the meaning of a *Completed* column with yes and no instead of dates."""
    flags = (_said_flag(cells, field) for field in ("completed", "completed_at"))
    return next((flag for flag in flags if flag is not None), None)


def _said_flag(cells: _Cells, field: str) -> bool | None:
    value = cells.raw(field)
    return value if isinstance(value, bool) else FLAGS.get(plain(str(value)))


def _name(cells: _Cells) -> str | None:
    parts = [part for part in (cells.text("first_name"), cells.text("last_name")) if part]
    name = cells.text("name") or " ".join(parts)
    return (name if name.isprintable() else one_line(name)) or None


ADAPTER = Adapter("csv", 3, read, answer, require_options)

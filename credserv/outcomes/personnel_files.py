"""Exports of personnel systems about jobs, each read by a mapping: who works in
which position, from which day.

BambooHR's jobInfo and Workday's job changes contain each state with its day; of two rows of one day, the
later is a correction and wins. SCIM (RFC 7643, 4.3) contains only today's state, without a level, and nobody
knows since when it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

from credserv.ground.encoding import parse_day
from credserv.ground.errors import Fault, InputError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.ground.strict_json import parse_json
from credserv.ground.tables import Row, decode, parse_table, plain_name
from credserv.outcomes.moves import MoveKind, kind_of
from credserv.records.employment import LevelOrder, Position

MAX_CHARS = 200
MAX_PEOPLE = 100_000
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class PersonnelSystem(StrEnum):
    BAMBOOHR = "bamboohr"
    WORKDAY = "workday"
    SCIM = "scim"


@dataclass(frozen=True)
class Columns:
    """The names a system uses for what is read; "" for what it does not have."""

    employee: str
    day: str
    role: str
    department: str
    site: str
    level: str = ""
    order: LevelOrder = LevelOrder.ASCENDING


# BambooHR, "Table jobInfo"; Workday's report of job changes, whose management levels count downwards.
COLUMNS: Mapping[PersonnelSystem, Columns] = {
    PersonnelSystem.BAMBOOHR: Columns("employeeId", "date", "jobTitle", "department", "location"),
    PersonnelSystem.WORKDAY: Columns(
        "Employee ID",
        "Effective Date",
        "Job Profile",
        "Supervisory Organization",
        "Location",
        level="Management Level",
        order=LevelOrder.DESCENDING,
    ),
}


@dataclass(frozen=True)
class State:
    """A person's position from a day on.

    Attributes:
        day: None if the system does not say.
    """

    employee: str
    day: date | None
    position: Position


@dataclass(frozen=True)
class PersonnelFile:
    """An export.

    Attributes:
        states: Of each employee, earliest first, one per day.
    """

    system: PersonnelSystem
    order: LevelOrder
    states: Mapping[str, tuple[State, ...]]


@dataclass(frozen=True)
class Change:
    """A change from one state to the next, on a day."""

    employee: str
    day: date
    before: Position
    after: Position
    kind: MoveKind | None


def read_personnel_file(system: PersonnelSystem, data: bytes) -> PersonnelFile:
    """Read an export.

    Raises:
        InputError: It is not an export of this system.
        SchemaFaultsError: A row is not valid. The faults name the line.
    """
    if system is PersonnelSystem.SCIM:
        return PersonnelFile(system, LevelOrder.ASCENDING, _by_employee(_read_scim(data)))
    columns = COLUMNS[system]
    table = parse_table(decode(data)[0])
    needed = (columns.employee, columns.day, columns.role)
    absent = [name for name in needed if plain_name(name) not in table.columns]
    if absent:
        raise InputError(f"this is no export of {system.value}: it has no column {', '.join(absent)}")
    faults: list[Fault] = []
    states = [_read_row(columns, row, faults) for row in table.rows]
    if faults:
        raise SchemaFaultsError("some rows cannot be used: nothing was read", faults=faults)
    return PersonnelFile(system, columns.order, _by_employee(states))


def changes_of(file: PersonnelFile, employee: str) -> tuple[Change, ...]:
    """Return the changes of a person's job, moves or not, earliest first."""
    states = file.states[employee]
    return tuple(
        Change(employee, later.day, before, after, kind_of(before, after, file.order))
        for earlier, later in pairwise(states)
        if (before := earlier.position) != (after := later.position) and later.day is not None
    )


def _read_row(columns: Columns, row: Row, faults: list[Fault]) -> State:
    def cell(column: str) -> str | None:
        text = row.get(plain_name(column)) if column else ""
        if len(text) > MAX_CHARS:
            faults.append(Fault(f"/{row.line}/{column}", f"at most {MAX_CHARS} characters"))
        return text or None

    day: date | None = None
    try:
        day = parse_day(row.get(plain_name(columns.day)))
    except InputError:
        faults.append(Fault(f"/{row.line}/{columns.day}", "a day, as in 2026-03-01"))
    employee = cell(columns.employee)
    if employee is None:
        faults.append(Fault(f"/{row.line}/{columns.employee}", "nobody is named"))
    position = Position(cell(columns.role), cell(columns.level), cell(columns.department), cell(columns.site))
    return State(employee or "", day, position)


def _by_employee(states: Iterable[State]) -> dict[str, tuple[State, ...]]:
    """Group states; of two rows of one day, the later wins. Raises InputError for too many people."""
    theirs: dict[str, dict[date | None, State]] = {}
    for state in states:
        theirs.setdefault(state.employee, {})[state.day] = state
        if len(theirs) > MAX_PEOPLE:
            raise InputError(f"the file has more than {MAX_PEOPLE} people")
    return {
        employee: tuple(sorted(days.values(), key=lambda one: one.day or date.min))
        for employee, days in theirs.items()
    }


def _read_scim(data: bytes) -> Iterable[State]:
    """Read one user, or a list response (RFC 7644, 3.4.2)."""
    told = parse_json(data)
    many = isinstance(told, dict) and _LIST in (told.get("schemas") or ())
    users = told.get("Resources") if isinstance(told, dict) and many else [told]
    if not isinstance(users, list) or not all(isinstance(one, dict) for one in users):
        raise InputError("this is no SCIM user, and no list of them")
    return [_read_user(one, place) for place, one in enumerate(users)]


def _read_user(user: JsonObject, place: int) -> State:
    extension: Any = user.get(_ENTERPRISE)
    work = extension if isinstance(extension, dict) else {}
    number = _text(work.get("employeeNumber"))
    if number is None:
        fault = Fault(f"/Resources/{place}/{_ENTERPRISE}/employeeNumber", "needed to know who it is")
        raise SchemaFaultsError("a SCIM user without an employee number", faults=(fault,))
    position = Position(_text(user.get("title")), None, _text(work.get("department")), None)
    return State(number, None, position)


def _text(value: object) -> str | None:
    return cut(value.strip(), MAX_CHARS) or None if isinstance(value, str) else None

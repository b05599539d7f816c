"""A source's options for scheduled fetching: `{"pull": {…}}`.

canvas           {"from": "https://school.example", "courses": ["565"], "every_hours": 24, "grades": true,
                  "outcomes": true}
moodle           the same with "badges" in place of "outcomes"
csv, generic     {"from": "https://files.example/completions.csv"}, or {"from": "folder"}
lti              {"every_hours": 24}; asked without being told to, once its platform is known
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader

MAX_COURSES = 500
GRADES, OUTCOMES, BADGES = "grades", "outcomes", "badges"
_ALL_RESULTS = (GRADES, OUTCOMES, BADGES)
_HOURS, _MOST_HOURS = 24, 24 * 31
_LOOK = timedelta(minutes=1)  # a local folder costs nobody anything
_FOLDER = "folder"


class PulledSystem(StrEnum):
    """Where the data is."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    FILE = "file"
    FOLDER = "folder"
    LTI = "lti"


_RESULTS = {PulledSystem.CANVAS: (GRADES, OUTCOMES), PulledSystem.MOODLE: (GRADES, BADGES)}
_OF_DIALECT = {
    "canvas": PulledSystem.CANVAS,
    "moodle": PulledSystem.MOODLE,
    "csv": PulledSystem.FILE,
    "generic": PulledSystem.FILE,
}


@dataclass(frozen=True)
class Pull:
    """A fetch schedule.

    Attributes:
        address: without trailing slash; "" for a folder and for LTI.
        courses: empty for those that rules name.
        results: what to fetch besides completions.
    """

    place: PulledSystem
    address: str
    every: timedelta
    courses: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


def read_pull(dialect: str, options: JsonObject) -> Pull | None:
    """Parse the options; None where nothing is to be fetched. Raises SchemaFaultsError with every fault."""
    told, faults = options.get("pull"), FaultList()
    if dialect == "lti":
        return _read_lti(options, told, faults)
    if told is None:
        return None
    reader = ObjectReader(told, "/pull", faults, members=("from", "courses", "every_hours", *_ALL_RESULTS))
    place = _OF_DIALECT.get(dialect)
    if place is None:
        faults.add("/pull", f"a source of the dialect {dialect} sends by itself, and is not asked")
        faults.require("what the source is to be asked for")
        return None
    address = _read_address(reader, takes_folder=place is PulledSystem.FILE)
    every = timedelta(hours=_read_hours(reader))
    courses = _read_courses(reader) if place in (PulledSystem.CANVAS, PulledSystem.MOODLE) else ()
    results = tuple(name for name in _ALL_RESULTS if reader.read_flag(name))
    for name in results:
        if place is PulledSystem.FILE:
            reader.fault(name, "a file is taken as it is: leave this out")
        elif name not in _RESULTS[place]:
            reader.fault(name, f"a source of the dialect {dialect} is not asked for {name}")
    faults.require("what the source is to be asked for")
    if address == _FOLDER:
        return Pull(PulledSystem.FOLDER, "", _LOOK)
    return Pull(place, address, every, courses, results)


def require_pull(dialect: str, options: JsonObject, faults: FaultList) -> None:
    """Add its faults to those of the other options."""
    try:
        read_pull(dialect, {name: options[name] for name in ("pull",) if name in options})
    except SchemaFaultsError as error:
        for fault in error.faults:
            faults.add(fault.place, fault.message)


def _read_lti(options: JsonObject, told: object, faults: FaultList) -> Pull | None:
    hours = _HOURS
    if told is not None:
        hours = _read_hours(ObjectReader(told, "/pull", faults, members=("every_hours",)))
        faults.require("what the source is to be asked for")
    platform = options.get("lti")
    if not isinstance(platform, dict) or not platform.get("token_endpoint"):
        return None
    return Pull(PulledSystem.LTI, "", timedelta(hours=hours))


def _read_address(reader: ObjectReader, *, takes_folder: bool) -> str:
    address = reader.read_text("from", required=True, max_chars=2_048) or ""
    if address == _FOLDER and takes_folder:
        return address
    try:
        parts = urlsplit(require_https(address)) if address else urlsplit("")
    except FetchRefusedError as error:
        reader.fault("from", error.detail)
        return ""
    if parts.username or parts.password or parts.fragment or (parts.query and not takes_folder):
        reader.fault("from", "an https address without a password in it")
    return address if takes_folder else address.rstrip("/")


def _read_hours(reader: ObjectReader) -> int:
    hours = reader.read("every_hours")
    if hours is None:
        return _HOURS
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= _MOST_HOURS:
        reader.fault("every_hours", f"a whole number from 1 to {_MOST_HOURS}")
        return _HOURS
    return hours


def _read_courses(reader: ObjectReader) -> tuple[str, ...]:
    courses = reader.read("courses")
    if courses is None:
        return ()
    named = [one for one in courses if isinstance(one, str)] if isinstance(courses, list) else []
    if not isinstance(courses, list) or len(named) != len(courses) or not all(map(is_course_number, named)):
        reader.fault("courses", 'a list of the numbers of courses, as texts: ["565"]')
    if len(named) > MAX_COURSES:
        reader.fault("courses", f"at most {MAX_COURSES} courses")
    return tuple(dict.fromkeys(named))


def is_course_number(text: str) -> bool:
    """Return whether it is a number as Canvas and Moodle give courses."""
    return text.isascii() and text.isdigit() and len(text) <= 20

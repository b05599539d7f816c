r"""Ask Moodle for the grades of one learner in a course.

`gradereport_user_get_grade_items(courseid, userid)` returns:

    {"usergrades": [{"userid": 7, "gradeitems": [
        {"id": 31, "itemname": "Final quiz", "itemtype": "mod", "graderaw": 87.5, "grademin": 0,
         "grademax": 100, "gradedategraded": 1763712000}]}]}

The same grade as in `\core\event\user_graded`: of the grade item.
"""

from __future__ import annotations

from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id
from credserv.sources.pulling.corrections import is_taken_back, read_correction
from credserv.sources.pulling.moodle import is_of_nobody, people_of, require_no_fault, write_form

_TYPE = "gradereport_user_get_grade_items"


def grades_form(token: str, course: str, user: str) -> bytes:
    return write_form(token, _TYPE, {"courseid": course, "userid": user})


def read_grades(body: bytes, max_bytes: int) -> list[JsonObject]:
    """Return every item. Raises InputError, with Moodle's own message where there is one."""
    found = parse_json(body, max_bytes=max_bytes)
    if is_of_nobody(found):
        return []
    require_no_fault(found)
    users = found.get("usergrades") if isinstance(found, dict) else None
    if not isinstance(users, list):
        raise InputError("Moodle answered something else than grades")
    return [item for one in users if isinstance(one, dict) for item in _items(one) if isinstance(item, dict)]


def _items(of_user: JsonObject) -> list[Any]:
    items = of_user.get("gradeitems")
    return items if isinstance(items, list) else []


def is_gone(entry: JsonObject) -> bool:
    """Return whether the item has no grade, rather than a hidden one or one still being computed."""
    item = Members(entry, "", []).members("grade")
    is_said = "graderaw" in set(item) and "graderaw" not in item
    return is_said and not any(item.raw(name) for name in ("gradeishidden", "gradeneedsupdate"))


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read `{"user": {…}, "grade": {…}}`, with `corrects` or `takes_back` where a grade was known."""
    top = Members(entry, place, unread)
    user, grade = top.members("user"), top.members("grade")
    item, course, raw = grade.text("id"), asked.text("course"), grade.number("graderaw")
    taken_back = is_taken_back(top)
    if item is None or course is None or (raw is None and not taken_back):
        return "it is not graded"
    correction = read_correction(top, grade.epoch("gradedategraded"), None)
    address = asked.text("address")
    return Observation(
        derive_event_id("moodle-rest-grade", address, user.text("id"), item, correction.occurred_at, raw),
        _TYPE,
        Kind.REVOKED if taken_back else Kind.GRADED,
        people_of(user),
        (
            ActivityReference(ActivityKind.ASSESSMENT, item, grade.text("itemname")),
            ActivityReference(ActivityKind.COURSE, course),
        ),
        correction.occurred_at,
        name=user.text("fullname"),
        raw=raw,
        min=grade.number("grademin"),
        max=grade.number("grademax"),
        attempt=correction.attempt,
    )

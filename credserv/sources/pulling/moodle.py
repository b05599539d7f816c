"""Ask Moodle's web services who is in a course and whether they completed it.

`POST /webservice/rest/server.php`, with the token in the form and never in an address:

    core_enrol_get_enrolled_users(courseid, options)              → [{"id": 7, "username": …, "email": …}]
    core_completion_get_course_completion_status(courseid, userid)
        → {"completionstatus": {"completed": true, "aggregation": 1,
                                "completions": [{"complete": true, "timecompleted": 1763712000, …}]}}

An error comes with status 200: `{"exception": …, "errorcode": …, "message": …}`. The course's own time of
completion is not returned, but each criterion's is: where all are required the latest counts, where one is
enough the earliest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id

AT_ONCE = 100
_TYPE = "core_completion_get_course_completion_status"
_FIELDS = "id,username,email,idnumber,fullname"
_ALL = 1  # COMPLETION_AGGREGATION_ALL; 2 is ANY
_OF_NOBODY = ("usernotenroled", "notenroled")  # in the course without learning there, such as a teacher


def service_url(address: str) -> str:
    return f"{address}/webservice/rest/server.php"


def learners_form(token: str, course: str, start: int) -> bytes:
    """Build the form for one page of the people in a course."""
    options = (("limitfrom", start), ("limitnumber", AT_ONCE), ("userfields", _FIELDS))
    told = {"courseid": course}
    for at, (name, value) in enumerate(options):
        told |= {f"options[{at}][name]": name, f"options[{at}][value]": str(value)}
    return write_form(token, "core_enrol_get_enrolled_users", told)


def completion_form(token: str, course: str, user: str) -> bytes:
    return write_form(token, _TYPE, {"courseid": course, "userid": user})


def write_form(token: str, function: str, told: Mapping[str, str]) -> bytes:
    return urlencode(
        {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json", **told}
    ).encode()


def read_learners(body: bytes, max_bytes: int) -> list[JsonObject]:
    """Return the people. Raises InputError, with Moodle's own message where there is one."""
    found = parse_json(body, max_bytes=max_bytes)
    require_no_fault(found)
    if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
        raise InputError("Moodle answered something else than a list of learners")
    return found


def read_completion(body: bytes, max_bytes: int) -> JsonObject | None:
    """Return one person's completion; None for somebody who is no learner there.

    Raises InputError as `read_learners`.
    """
    found = parse_json(body, max_bytes=max_bytes)
    if is_of_nobody(found):
        return None
    require_no_fault(found)
    status = found.get("completionstatus") if isinstance(found, dict) else None
    if not isinstance(status, dict):
        raise InputError("Moodle answered something else than the state of a course")
    return status


def is_of_nobody(found: object) -> bool:
    """Return whether it says that the person does not learn there."""
    return isinstance(found, dict) and found.get("errorcode") in _OF_NOBODY


def require_no_fault(found: object) -> None:
    if isinstance(found, dict) and "exception" in found:
        told = Members(found, "", [])
        raise InputError(f"Moodle says: {(told.text('message') or told.text('errorcode') or 'no')[:200]}")


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read `{"user": …, "completionstatus": …}`."""
    top = Members(entry, place, unread)
    user, status, course = top.members("user"), top.members("completionstatus"), asked.text("course")
    if status.flag("completed") is not True or course is None:
        return "the course is not completed"
    completed_at = _completed_at(status, unread)
    return Observation(
        derive_event_id("moodle-rest", asked.text("address"), user.text("id"), course, completed_at),
        _TYPE,
        Kind.COMPLETED,
        people_of(user),
        (ActivityReference(ActivityKind.COURSE, course),),
        completed_at,
        name=user.text("fullname"),
    )


def people_of(user: Members) -> tuple[PersonReference, ...]:
    """Return the names of a learner from `read_learners`."""
    return (
        *user.person(PersonKind.LMS_ID, "id"),
        *user.person(PersonKind.USERNAME, "username"),
        *user.person(PersonKind.EMAIL, "email"),
    )


def _completed_at(status: Members, unread: list[Unread]) -> datetime | None:
    criteria = [Members(one, status.place, unread) for one in status.items("completions")]
    met = [one.epoch("timecompleted") for one in criteria if one.flag("complete") is True]
    times = [time for time in met if time is not None]
    if not times or len(times) < len(met):
        return None
    return max(times) if status.number("aggregation") == _ALL else min(times)

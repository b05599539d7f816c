"""Ask Canvas for the progress of a course's learners: `GET /api/v1/courses/{id}/bulk_user_progress`.

It returns a list, in pages that name the next one (RFC 8288):

    [{"id": 2, "display_name": "Pat Doe",
      "progress": {"requirement_count": 2, "requirement_completed_count": 2,
                   "completed_at": "2021-08-10T16:26:08Z"}}]

A course without module requirements has no progress, and says so: `"progress": {"error": {"message": …}}`.
"""

from __future__ import annotations

from urllib.parse import quote

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id

_TYPE = "bulk_user_progress"
_AT_ONCE = 100


def progress_url(address: str, course: str) -> str:
    """Return the address of the first page."""
    return f"{address}/api/v1/courses/{quote(course, safe='')}/{_TYPE}?per_page={_AT_ONCE}"


def read_page(body: bytes, max_bytes: int) -> list[JsonObject]:
    """Return the entries of one page. Raises InputError, with Canvas's own message where there is one."""
    found = parse_json(body, max_bytes=max_bytes)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError("Canvas answered something else than a list of learners")
    return found


def why_no_progress(entry: JsonObject) -> str:
    """Return Canvas's reason for missing progress; "" where there is progress."""
    unread: list[Unread] = []
    return Members(entry, "", unread).members("progress").members("error").text("message") or ""


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read an entry: completed means every requirement met and a date, as in its event."""
    learner = Members(entry, place, unread)
    progress = learner.members("progress")
    done, of = progress.number("requirement_completed_count"), progress.number("requirement_count")
    completed_at, course = progress.instant("completed_at"), asked.text("course")
    if completed_at is None or not of or done != of or course is None:
        return why_no_progress(entry) or "the course is not completed"
    people = learner.person(PersonKind.LMS_ID, "id")
    return Observation(
        derive_event_id("canvas-rest", asked.text("address"), learner.text("id"), course, completed_at),
        _TYPE,
        Kind.COMPLETED,
        people,
        (ActivityReference(ActivityKind.COURSE, course),),
        completed_at,
        name=learner.text("display_name"),
    )

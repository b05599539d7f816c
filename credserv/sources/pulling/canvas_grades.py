"""Ask Canvas for the grades of a course: `GET /api/v1/courses/{id}/students/submissions`.

    [{"id": 37, "assignment_id": 23, "user_id": 134, "score": 13.5, "grade": "A-", "workflow_state": "graded",
      "graded_at": "2012-01-02T03:05:34Z", "grader_id": 86, "excused": false,
      "assignment": {"name": "Essay", "points_possible": 15}}]

The same grade as in its `grade_change`: of the assignment, with the submission as attempt.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from credserv.ground.json_types import JsonObject
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
from credserv.sources.pulling.corrections import is_taken_back, read_correction

_TYPE = "students/submissions"
_WITHOUT_REVIEW = ("graded", "submitted", "unsubmitted")
_WANTED = urlencode([("student_ids[]", "all"), ("include[]", "assignment"), ("per_page", 100)])


def grades_url(address: str, course: str) -> str:
    """Return the address of the first page."""
    return f"{address}/api/v1/courses/{quote(course, safe='')}/{_TYPE}?{_WANTED}"


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read `{"grade": {…}}`, with `corrects` or `takes_back` where a grade was known."""
    top = Members(entry, place, unread)
    grade = top.members("grade")
    assignment, course, score = grade.text("assignment_id"), asked.text("course"), grade.number("score")
    taken_back = is_taken_back(top)
    if assignment is None or course is None:
        return "it is no grade of anybody"
    is_graded = grade.text("workflow_state") == "graded" and grade.flag("excused") is not True
    if not taken_back and (not is_graded or score is None):
        return "it is not graded"
    described = grade.members("assignment")
    correction = read_correction(top, grade.instant("graded_at"), grade.text("id"))
    user = grade.text("user_id")
    address = asked.text("address")
    return Observation(
        derive_event_id("canvas-rest-grade", address, user, assignment, correction.occurred_at, score),
        _TYPE,
        Kind.REVOKED if taken_back else Kind.GRADED,
        grade.person(PersonKind.LMS_ID, "user_id"),
        (
            ActivityReference(ActivityKind.ASSESSMENT, assignment, described.text("name")),
            ActivityReference(ActivityKind.COURSE, course),
        ),
        correction.occurred_at,
        raw=score,
        max=described.number("points_possible"),
        level=grade.text("grade"),
        attempt=correction.attempt,
        asserted_by=_grader(grade.text("grader_id")),
    )


def is_gone(entry: JsonObject) -> bool:
    """Return whether the submission has no grade; one under review may still get it."""
    grade = Members(entry, "", []).members("grade")
    is_said = "score" in set(grade) and "score" not in grade and "grade" not in grade
    return is_said and grade.raw("workflow_state") in _WITHOUT_REVIEW


def _grader(told: str | None) -> PersonReference | None:
    """Return the grader; a negative id is a quiz that grades itself."""
    return None if told is None or told.startswith("-") else PersonReference(PersonKind.LMS_ID, told)

"""Canvas Live Events: its own format, and its Caliper.

    {"metadata": {"event_name": "course_completed", "event_time": "…", "root_account_uuid": "…",
                  "user_id": "…the actor…"},
     "body": {"user": {"id": "123", "email": "…"}, "course": {"id": "565"}, "progress": {…}}}

The learner is in the body: `user`, `user_uuid`, `student_id` or `user_id`. `metadata.user_id`, with
`user_login` and `user_sis_id`, is whoever made the request: a teacher, an administrator, nobody.

Events have no id, are repeated, and come in any order.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import to_utf8
from credserv.records.observations import ActivityKind, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources import caliper
from credserv.sources.adapter import Adapter, Message, Reading, Unread
from credserv.sources.canvas_event import CanvasEvent
from credserv.sources.members import Members, read_documents
from credserv.sources.observing import always_taken, kind_of, read_parts
from credserv.sources.pulling.answers import is_answer, read_answers

_CALIPER_USER = "urn:instructure:canvas:user:"
_NOT_GRADED = ("pending_review", "unsubmitted", "deleted")  # some answers of a quiz may already have points


def read(message: Message, _options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it is not a Live Event."""
    parts = read_documents(Message(_unwrapped(message.body), message.headers))
    if any(is_answer(part) for _, part in parts):
        return read_answers(parts)
    if any(caliper.is_caliper(part) for _, part in parts):
        return caliper.read_envelopes(parts, people_of=_caliper_people)
    return read_parts(parts, _is_event, _read_event, "an event of Canvas (metadata and body)")


def _unwrapped(body: bytes) -> bytes:
    """Return the content of a signed event given as a token; the signature was checked elsewhere."""
    text = to_utf8(body).strip()
    if text.startswith((b"{", b"[")) or text.count(b".") != 2:
        return body
    claims = text.split(b".")[1]
    try:
        return base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))
    except (binascii.Error, ValueError) as error:
        raise InputError("this is neither JSON nor a signed token") from error


def _is_event(part: JsonObject) -> bool:
    return isinstance(part.get("metadata"), Mapping) and isinstance(part.get("body"), Mapping)


def _read_event(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
    event = CanvasEvent(place, part, unread)
    reader = _READERS.get(event.name)
    if reader is None:
        return f"{event.name or 'an event without a name'} says nothing of anybody's achievement"
    return reader(event)


# --- courses --------------------------------------------------------------------------------------


def _course_progress(event: CanvasEvent) -> Observation:
    """Read course progress: completed means every requirement met and a date; anything less is in
    progress."""
    user, course = event.body.members("user"), event.body.members("course")
    progress = event.body.members("progress")
    done, of = progress.number("requirement_completed_count"), progress.number("requirement_count")
    completed_at = progress.instant("completed_at")
    is_complete = event.name == "course_completed" and completed_at is not None and done is not None
    kind = Kind.COMPLETED if is_complete and done == of else Kind.PROGRESS
    people = (
        *event.people(user, "id"),
        *user.person(PersonKind.UUID, "uuid"),
        *user.person(PersonKind.EMAIL, "email"),
    )
    about = event.activities(ActivityKind.COURSE, course, "id", course.text("name"))
    return event.observe(kind, people, about, name=user.text("name"), occurred_at=event.time(completed_at))


def _course_grade(event: CanvasEvent) -> Observation:
    """Read the grade of the whole course, in percent as Canvas stores it; its maximum is not sent."""
    body = event.body
    return event.observe(
        Kind.GRADED,
        event.people(body, "user_id"),
        event.activities(ActivityKind.COURSE, body, "course_id") or event.context(),
        raw=body.number("final_score"),
        occurred_at=event.time(body.instant("updated_at")),
    )


# --- grades ---------------------------------------------------------------------------------------


def _grade(event: CanvasEvent) -> Observation:
    """Read the grade of an assignment, or of an overridden course, also sent as `grade_change`.

    A score without its assignment is never one of the course. A score removed since is revoked.
    """
    body = event.body
    people = event.people(body, "student_id") or event.people(body, "user_id")
    people += body.person(PersonKind.SIS_ID, "student_sis_id")
    assignment = event.activities(ActivityKind.ASSESSMENT, body, "assignment_id")
    course = event.activities(ActivityKind.COURSE, body, "course_id") or event.context()
    is_override = "override_score" in set(body)
    about = course if is_override else assignment + course if assignment else ()
    return event.observe(
        Kind.REVOKED if not is_override and _is_gone(body) else Kind.GRADED,
        people,
        about,
        raw=body.number("override_score" if is_override else "score"),
        max=body.number("points_possible"),
        level=body.text("grade"),
        attempt=body.text("submission_id"),
        asserted_by=_grader(event),
        occurred_at=event.time(body.instant("updated_at")),
    )


def _is_gone(body: Members) -> bool:
    """Return whether the grade was expressly removed: `"score": null` and no grade, where there was one."""
    is_said = "score" in set(body) and "score" not in body and "grade" not in body
    return is_said and ("old_score" in body or "old_grade" in body)


def _submission(event: CanvasEvent) -> Observation | str:
    """Read a submission, which counts once graded, as of then; its maximum is not sent.

    Resubmitted, it carries the earlier grade.
    """
    body = event.body
    graded_at, score, grade = body.instant("graded_at"), body.number("score"), body.text("grade")
    if graded_at is None or (score is None and grade is None) or body.raw("workflow_state") in _NOT_GRADED:
        return f"{event.name}: what was handed in is not graded"
    assignment = event.activities(ActivityKind.ASSESSMENT, body, "assignment_id")
    return event.observe(
        Kind.GRADED,
        event.people(body, "user_id"),
        assignment + event.context() if assignment else (),
        raw=score,
        level=grade,
        attempt=body.text("submission_id"),
        occurred_at=graded_at,
    )


def _grader(event: CanvasEvent) -> Person | None:
    """Return the grader; a negative id is a quiz that grades itself."""
    grader = event.people(event.body, "grader_id")
    return grader[0] if grader and not grader[0].value.startswith("-") else None


# --- outcomes -------------------------------------------------------------------------------------


def _outcome(event: CanvasEvent) -> Observation:
    """Read an outcome. `mastery` is the sender's own verdict; without it this is only a score."""
    body = event.body
    mastery = body.flag("mastery")
    about = event.activities(ActivityKind.OUTCOME, body, "learning_outcome_id")
    if body.raw("associated_asset_type") in ("Assignment", "Quiz"):
        about += event.activities(ActivityKind.ASSESSMENT, body, "associated_asset_id")
    if body.raw("result_context_type") == "Course":
        about += event.activities(ActivityKind.COURSE, body, "result_context_id")
    times = (body.instant("updated_at"), body.instant("assessed_at"), body.instant("created_at"))
    people = (*body.person(PersonKind.UUID, "user_uuid"), *event.people(body, "user_id"))
    return event.observe(
        kind_of(mastery, Kind.MASTERED, Kind.FAILED) or Kind.GRADED,
        people,
        about,
        raw=body.number("score"),
        max=body.number("possible"),
        scaled=body.number("percent"),  # from 0 to 1
        success=mastery,
        attempt=body.text("attempt"),
        occurred_at=event.time(*times),
    )


# --- people ---------------------------------------------------------------------------------------


def _user(event: CanvasEvent) -> Observation:
    """Read a user. `user_login` is a login, even where it looks like an address."""
    body = event.body
    people = (
        *event.people(body, "user_id"),
        *body.person(PersonKind.UUID, "uuid"),
        *body.person(PersonKind.USERNAME, "user_login"),
        *body.person(PersonKind.SIS_ID, "user_sis_id"),
        *body.person(PersonKind.EMAIL, "email"),
    )
    occurred_at = event.time(body.instant("updated_at"))
    return event.observe(Kind.IDENTITY, people, (), name=body.text("name"), occurred_at=occurred_at)


_READERS: Mapping[str, Callable[[CanvasEvent], Observation | str]] = {
    "course_completed": _course_progress,
    "course_progress": _course_progress,
    "course_grade_change": _course_grade,
    "grade_change": _grade,
    "grade_override": _grade,
    "submission_created": _submission,
    "submission_updated": _submission,
    "learning_outcome_result_created": _outcome,
    "learning_outcome_result_updated": _outcome,
    "user_created": _user,
    "user_updated": _user,
}


# --- its Caliper ----------------------------------------------------------------------------------


def _caliper_people(entity: Members) -> tuple[Person, ...]:
    """Return `urn:instructure:canvas:user:21070000000000048`, and the SIS id that Canvas adds."""
    identifier = entity.text("id") or ""
    number = identifier.removeprefix(_CALIPER_USER)
    if not identifier.startswith(_CALIPER_USER):
        return caliper.people_of(entity)
    sis = entity.members("extensions").members("com.instructure.canvas").person(PersonKind.SIS_ID, "sis_id")
    return (Person(PersonKind.LMS_ID, number), *sis)


ADAPTER = Adapter("canvas", 2, read, always_taken)

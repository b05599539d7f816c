r"""Moodle: its events, as `local_webhooks` and relays send them, as its log keeps them, and as xAPI.

    {"eventname": "\\core\\event\\course_completed", "relateduserid": "7", "userid": "2",
     "courseid": "2", "objectid": "41", "other": {…}, "timecreated": 1763712000, "host": "…", "token": "…"}

The learner is `relateduserid`; `userid` is whoever did it, often a teacher or cron. Only what learners do
alone (a SCORM package reports) names them as `userid`. In the log `other` is text: PHP's own format, or JSON.
Edited completion settings (`course_completion_updated`) complete nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.sources import xapi
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading, Unread
from credserv.sources.members import read_documents
from credserv.sources.moodle_activities import (
    read_assignment,
    read_h5p,
    read_quiz,
    read_scorm_score,
    read_scorm_status,
)
from credserv.sources.moodle_event import Activities, MoodleEvent, user_of
from credserv.sources.observing import Part, read_parts
from credserv.sources.pulling.answers import is_answer, read_answers

_WHAT = "an event of Moodle (eventname)"
_MOST_FORM_FIELDS = 200


def read(message: Message, options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it is not a Moodle event.

    The content type is ignored, because `local_webhooks` sends JSON under whatever its form says.
    """
    parts = _parts(message)
    if any(is_answer(part) for _, part in parts):
        return read_answers(parts)
    if any(_is_statement(part) for _, part in parts):
        return xapi.ADAPTER.read(message, options)
    return read_parts(parts, _is_event, _read_event, _WHAT)


def answer(message: Message, reading: Reading | None, outcome: Outcome) -> Answer:
    """Answer as xAPI requires for `logstore_xapi`; the others ignore the answer."""
    try:
        is_xapi = any(_is_statement(part) for _, part in _parts(message))
    except InputError:
        return Answer(200)
    return xapi.ADAPTER.answer(message, reading, outcome) if is_xapi else Answer(200)


def _parts(message: Message) -> tuple[Part, ...]:
    if b"eventname=" not in message.body or message.body.lstrip().startswith((b"{", b"[")):
        return read_documents(message)
    try:
        pairs = parse_qsl(message.body.decode("utf-8").strip(), max_num_fields=_MOST_FORM_FIELDS)
    except ValueError as error:
        raise InputError("this is neither JSON nor a form") from error
    return (("", dict(pairs)),)


def _is_statement(part: JsonObject) -> bool:
    return "actor" in part and "verb" in part


def _is_event(part: JsonObject) -> bool:
    """Return whether it is an event, or the log expander's form of one, with records of what it names."""
    event = part.get("event")
    is_expanded = isinstance(event, Mapping) and ("eventname" in event or "info" in part)
    return isinstance(part.get("eventname"), str) or is_expanded


def _read_event(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
    event = MoodleEvent(place, part, unread)
    reader = _READERS.get(event.name)
    if reader is None:
        return f"{event.name or 'an event without a name'} says nothing of anybody's achievement"
    return reader(event)


# --- what each event says -------------------------------------------------------------------------


def _course(kind: Kind) -> Callable[[MoodleEvent], Observation]:
    return lambda event: event.observe(kind, event.learner(), event.course())


def _module_completion(event: MoodleEvent) -> Observation | str:
    """Read COMPLETION_INCOMPLETE 0, _COMPLETE 1, _COMPLETE_PASS 2, _COMPLETE_FAIL 3
    (lib/completionlib.php)."""
    state = event.other.number("completionstate")
    kinds = (Kind.UNCOMPLETED, Kind.COMPLETED, Kind.PASSED, Kind.FAILED)
    if state is None or state not in (0, 1, 2, 3):
        return "it does not say whether the activity is complete"
    by = user_of(event.other, "overrideby")
    return event.observe(
        kinds[int(state)], event.learner(), event.module(), asserted_by=by[0] if by else None
    )


def _rating(event: MoodleEvent) -> Observation:
    """Read a value on the competency's scale.

    Only ratings within a course or plan name the competency itself.
    """
    if "competencyid" in event.other:
        key = event.other.text("competencyid")
        about: Activities = (ActivityReference(ActivityKind.OUTCOME, key), *event.course()) if key else ()
    else:
        about = event.object(ActivityKind.ACTIVITY, "competency_usercomp/")
    return event.observe(
        Kind.GRADED,
        event.learner(),
        about,
        raw=event.other.number("grade"),
        level=event.other.text("grade"),
        asserted_by=event.actor(),
    )


def _grade(event: MoodleEvent) -> Observation:
    """Read `finalgrade` in points of its grade item, whose maximum is not sent."""
    item = event.other.text("itemid")
    about = () if item is None else (ActivityReference(ActivityKind.ASSESSMENT, item), *event.course())
    raw = event.other.number("finalgrade")
    return event.observe(Kind.GRADED, event.learner(), about, raw=raw, asserted_by=event.actor())


def _grade_deleted(event: MoodleEvent) -> Observation:
    """Read the removal of the learner's grade in a grade item."""
    item = event.other.text("itemid")
    about = () if item is None else (ActivityReference(ActivityKind.ASSESSMENT, item), *event.course())
    return event.observe(Kind.REVOKED, event.learner(), about, asserted_by=event.actor())


def _badge(kind: Kind) -> Callable[[MoodleEvent], Observation]:
    return lambda event: event.observe(kind, event.learner(), event.object(ActivityKind.BADGE))


def _issue(kind: Kind, table: str) -> Callable[[MoodleEvent], Observation]:
    """Read a certificate; `objectid` is the row of one person's."""
    return lambda event: event.observe(
        kind, event.learner(), event.object(ActivityKind.ACTIVITY, f"{table}/")
    )


def _plan(kind: Kind) -> Callable[[MoodleEvent], Observation]:
    """Read a plan, which belongs to one person."""
    return _issue(kind, "competency_plan")


def _person(event: MoodleEvent) -> Observation:
    """Read an account that was created or changed: relateduserid equals objectid."""
    people = event.learner() or event.top.person(PersonKind.LMS_ID, "objectid")
    return event.observe(Kind.IDENTITY, people, ())


_READERS: Mapping[str, Callable[[MoodleEvent], Observation | str]] = {
    r"core\event\course_completed": _course(Kind.COMPLETED),
    r"tool_recompletion\event\completion_reset": _course(Kind.UNCOMPLETED),
    r"core\event\course_module_completion_updated": _module_completion,
    r"core\event\competency_user_competency_rated": _rating,
    r"core\event\competency_user_competency_rated_in_course": _rating,
    r"core\event\competency_user_competency_rated_in_plan": _rating,
    r"core\event\competency_plan_completed": _plan(Kind.COMPLETED),
    r"core\event\competency_plan_reopened": _plan(Kind.UNCOMPLETED),
    r"core\event\user_graded": _grade,
    r"core\event\grade_deleted": _grade_deleted,
    r"mod_quiz\event\attempt_submitted": read_quiz,
    r"mod_quiz\event\attempt_graded": read_quiz,
    r"mod_h5pactivity\event\statement_received": read_h5p,
    r"mod_assign\event\submission_graded": read_assignment,
    r"core\event\badge_awarded": _badge(Kind.COMPLETED),
    r"core\event\badge_revoked": _badge(Kind.REVOKED),
    r"tool_certificate\event\certificate_issued": _issue(Kind.COMPLETED, "tool_certificate_issues"),
    r"tool_certificate\event\certificate_revoked": _issue(Kind.REVOKED, "tool_certificate_issues"),
    r"mod_customcert\event\issue_created": _issue(Kind.COMPLETED, "customcert_issues"),
    r"mod_customcert\event\issue_deleted": _issue(Kind.REVOKED, "customcert_issues"),
    r"mod_scorm\event\status_submitted": read_scorm_status,
    r"mod_scorm\event\scoreraw_submitted": read_scorm_score,
    r"core\event\user_created": _person,
    r"core\event\user_updated": _person,
}

ADAPTER = Adapter("moodle", 2, read, answer)

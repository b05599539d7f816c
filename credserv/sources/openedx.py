"""Open edX: events of `openedx-events`, as webhooks send them (JSON or a form), and of the tracking log.

    {"openedx_events.learning.data.CertificateData": {"user": {"id": 42, "pii": {…}}, "course": {…}},
     "event_metadata": {"event_type": "org.openedx.learning.certificate.created.v1", "id": "…", "time": "…"}}

What happened is read from `event_type`, never from the class name beside it, which differs between versions.
The learner is `user`, in exams `student_user`; `requesting_user` requested it. In the tracking log the
learner is `data.user_id`; `context.user_id` made the request, often the same person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources import openedx_tracking
from credserv.sources.adapter import Adapter, Message, Reading, Unread
from credserv.sources.members import Members, read_documents
from credserv.sources.observing import always_taken, derive_event_id, kind_of, read_parts

_WHAT = "an event of Open edX (event_metadata, or one of the tracking log)"
_TYPE = re.compile(r"org\.openedx\.(?:learning\.)?([a-z_.]+)\.v\d+", re.ASCII)
_MOST_FORM_FIELDS = 1_000


def read(message: Message, _options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it is not an Open edX event."""
    return read_parts(_parts(message), _is_event, _read_event, _WHAT)


def _is_event(part: JsonObject) -> bool:
    return isinstance(part.get("event_metadata"), Mapping) or openedx_tracking.is_event(part)


def _read_event(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
    if "event_metadata" not in part:
        return openedx_tracking.read_event(place, part, unread)
    event = _Event(Members(part, place, unread), unread)
    match = _TYPE.fullmatch(event.type)
    reader = _READERS.get(match[1]) if match else None
    if reader is None:
        return f"{event.type or 'an event without a type'} says nothing of anybody's achievement"
    return reader(event)


class _Event:
    def __init__(self, top: Members, unread: list[Unread]) -> None:
        self.metadata = top.members("event_metadata")
        self.type = self.metadata.text("event_type") or ""
        data = next((name for name in top if name != "event_metadata" and _is_object(top.raw(name))), "")
        self.data = top.members(data)
        self.unread = unread

    def user(self, name: str) -> tuple[Person, ...]:
        user = self.data.members(name)
        pii = user.members("pii")
        return (
            *user.person(PersonKind.LMS_ID, "id"),
            *pii.person(PersonKind.USERNAME, "username"),
            *pii.person(PersonKind.EMAIL, "email"),
        )

    def course(self) -> tuple[ActivityReference, ...]:
        """Return `course.course_key`; `ccx_course_key` for a custom course; in exams a text beside the
        user."""
        course = self.data.members("course") if _is_object(self.data.raw("course")) else self.data
        key = course.text("course_key") or course.text("ccx_course_key")
        return (
            () if key is None else (ActivityReference(ActivityKind.COURSE, key, course.text("display_name")),)
        )

    def observe(
        self, kind: Kind, people: tuple[Person, ...], activities: tuple[ActivityReference, ...], **said: Any
    ) -> Observation:
        occurred_at = self.metadata.instant("time")
        event_id = self.metadata.text("id") or derive_event_id(
            "openedx",
            self.type,
            [one.value for one in people],
            [one.value for one in activities],
            occurred_at,
        )
        if "name" not in said:
            said["name"] = self.data.members("user").members("pii").text("name")
        return Observation(event_id, self.type, kind, people, activities, occurred_at, **said)


# --- what each event says -------------------------------------------------------------------------


def _certificate(event: _Event) -> Observation | str:
    """Read a certificate. A created one counts only when available: `downloadable`."""
    status = event.data.text("current_status")
    is_revoked = event.type.endswith("certificate.revoked.v1")
    is_created = event.type.endswith("certificate.created.v1")
    if not is_revoked and status != "downloadable" and not (is_created and status is None):
        if status not in ("unavailable", "notpassing", "deleted", "invalidated", "unverified"):
            return f"a certificate that is {status or 'changed'} says nothing of anybody's achievement"
        is_revoked = not is_created
        if is_created:
            return f"a certificate that is {status} was not earned"
    if is_revoked:  # a revocation does not repeat the result
        return event.observe(Kind.REVOKED, event.user("user"), event.course())
    return event.observe(
        Kind.COMPLETED, event.user("user"), event.course(), scaled=event.data.number("grade")
    )


def _passing_status(event: _Event) -> Observation | str:
    passing = event.data.flag("is_passing")
    kind = kind_of(passing, Kind.PASSED, Kind.FAILED)
    if kind is None:
        return "it does not say whether the learner is passing"
    return event.observe(kind, event.user("user"), event.course(), success=passing)


def _program_certificate(event: _Event) -> Observation:
    program = event.data.members("program")
    revoked = event.type.endswith("revoked.v1") or event.data.raw("status") == "revoked"
    about = _reference(ActivityKind.PROGRAM, program, "uuid", "title")
    return event.observe(Kind.REVOKED if revoked else Kind.COMPLETED, event.user("user"), about)


def _badge(event: _Event) -> Observation:
    template = event.data.members("template")
    revoked = event.type.endswith("revoked.v1")
    about = _reference(ActivityKind.BADGE, template, "uuid", "name")
    return event.observe(Kind.REVOKED if revoked else Kind.COMPLETED, event.user("user"), about)


def _exam(event: _Event) -> Observation:
    """Read an exam. Verified means that proctoring found nothing wrong; rejected and reset take it back."""
    kinds = {"verified": Kind.COMPLETED, "rejected": Kind.FAILED, "reset": Kind.UNCOMPLETED}
    student = event.data.members("student_user")
    asked = event.user("requesting_user")
    exam = _reference(ActivityKind.ASSESSMENT, event.data, "usage_key", "exam_name")
    return event.observe(
        kinds[event.type.split(".")[-2]],
        event.user("student_user"),
        (*exam, *event.course()) if exam else (),
        name=student.members("pii").text("name"),
        asserted_by=asked[0] if asked else None,
    )


def _grade_summary(event: _Event) -> Observation:
    """Read a grade summary, which names the learner only by number.

    `passed_timestamp` is ignored, because passing has an event of its own.
    """
    return event.observe(
        Kind.GRADED,
        event.data.person(PersonKind.LMS_ID, "user_id"),
        event.course(),
        scaled=event.data.number("percent_grade"),
        level=event.data.text("letter_grade"),
    )


def _registration(event: _Event) -> Observation:
    pii = event.data.members("pii")
    people = (
        *event.data.person(PersonKind.LMS_ID, "id"),
        *pii.person(PersonKind.USERNAME, "username"),
        *pii.person(PersonKind.EMAIL, "email"),
    )
    return event.observe(Kind.IDENTITY, people, (), name=pii.text("name"))


_READERS: Mapping[str, Callable[[_Event], Observation | str]] = {
    "certificate.created": _certificate,
    "certificate.changed": _certificate,
    "certificate.revoked": _certificate,
    "course.passing.status.updated": _passing_status,
    "ccx.course.passing.status.updated": _passing_status,
    "program.certificate.awarded": _program_certificate,
    "program.certificate.revoked": _program_certificate,
    "badge.awarded": _badge,
    "badge.revoked": _badge,
    "exam.attempt.verified": _exam,
    "exam.attempt.rejected": _exam,
    "exam.attempt.reset": _exam,
    "course.persistent_grade_summary.changed": _grade_summary,
    "course.persistent.grade.summary.changed": _grade_summary,
    "student.registration.completed": _registration,
}


def _reference(kind: ActivityKind, holder: Members, name: str, title: str) -> tuple[ActivityReference, ...]:
    value = holder.text(name)
    return () if value is None else (ActivityReference(kind, value, holder.text(title)),)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


# --- forms ----------------------------------------------------------------------------------------

# A form joins the names of nested members with `_`, which names may contain too, so each name is searched
# for.
_CLASS = re.compile(r"(?:[a-z0-9_]+\.)+[A-Za-z0-9]+_", re.ASCII)
_USER = ("id", "is_active", "pii_username", "pii_email", "pii_name")
_USERS = ("user", "student_user", "requesting_user")
_BRANCHES: Mapping[str, tuple[str, ...]] = {
    "": (
        *_USER,
        *("mode", "grade", "current_status", "previous_status", "is_passing", "uuid", "status", "course_key"),
        *("usage_key", "exam_name", "exam_type", "user_id", "percent_grade", "letter_grade"),
    ),
    **{f"{name}_": _USER for name in _USERS},
    "course_": ("course_key", "ccx_course_key", "display_name"),
    "program_": ("uuid", "title", "program_type"),
    "template_": ("uuid", "name"),
    "event_metadata_": ("event_type", "id", "time", "sourcehost"),
}


def _parts(message: Message) -> tuple[tuple[str, JsonObject], ...]:
    body = message.body.lstrip()
    if body.startswith((b"{", b"[", b"\xef\xbb\xbf")) or b"event_metadata" not in body:
        return read_documents(message)
    return (("", _read_form(message.body)),)


def _read_form(body: bytes) -> JsonObject:
    """Return the document that the form represents. Python writes None, True and False into it."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8").strip(), keep_blank_values=True, max_num_fields=_MOST_FORM_FIELDS
        )
    except ValueError as error:
        raise InputError("this is neither JSON nor a form") from error
    fields = {name: value for name, value in pairs if value not in ("", "None")}
    prefix = next((match[0] for name in fields if (match := _CLASS.match(name))), None)
    data: dict[str, Any] = {}
    for branch, names in _BRANCHES.items():
        if branch != "event_metadata_" and prefix is not None:
            _graft(data, branch, {name: fields.get(f"{prefix}{branch}{name}") for name in names})
    metadata: dict[str, Any] = {}
    _graft(
        metadata, "", {name: fields.get(f"event_metadata_{name}") for name in _BRANCHES["event_metadata_"]}
    )
    return {"data": data, "event_metadata": metadata} if metadata else {}


def _graft(root: dict[str, Any], branch: str, found: Mapping[str, str | None]) -> None:
    for name, value in found.items():
        if value is None:
            continue
        target = root.setdefault(branch[:-1], {}) if branch else root
        if name.startswith("pii_"):
            target, name = target.setdefault("pii", {}), name[4:]
        target[name] = {"True": True, "False": False}.get(value, value) if name.startswith("is_") else value


ADAPTER = Adapter("openedx", 1, read, always_taken)

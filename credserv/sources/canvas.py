"""Canvas Live Events: its own format, and its Caliper.

    {"metadata": {"event_name": "course_completed", "event_time": "…", "root_account_uuid": "…",
                  "user_id": "…the actor…"},
     "body": {"user": {"id": "123", "email": "…"}, "course": {"id": "565"}, "progress": {…}}}

The learner is in the body: `user`, `user_uuid`, `student_id` or `user_id`. `metadata.user_id`, with
`user_login` and `user_sis_id` beside it, is whoever made the request: a teacher, an administrator, nobody.

Canvas writes the id of one thing in two ways: 48, and 21070000000000048 (shard 2107; 10**13 to a shard). An
id of the root account's own shard is known by its short form, and named in the long one too. Events have no
id, come again, and in any order.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources import caliper
from credserv.sources.adapter import Adapter, Message, Reading, Unread
from credserv.sources.members import Members, read_documents
from credserv.sources.observing import always_taken, derive_event_id, kind_of, read_parts
from credserv.sources.pulling.answers import is_answer, read_answers

_SHARD = 10**13
_CALIPER_USER = "urn:instructure:canvas:user:"
Activities = tuple[ActivityReference, ...]


def read(message: Message, _options: JsonObject) -> Reading:
    """Raises InputError where it is no Live Event."""
    parts = read_documents(Message(_unwrapped(message.body), message.headers))
    if any(is_answer(part) for _, part in parts):
        return read_answers(parts)
    if any(caliper.is_caliper(part) for _, part in parts):
        return caliper.read_envelopes(parts, people_of=_caliper_people)
    return read_parts(parts, _is_event, _read_event, "an event of Canvas (metadata and body)")


def _unwrapped(body: bytes) -> bytes:
    """What a signed event carries, where the token itself is given. Whoever checks signatures has done so."""
    text = body.strip()
    if text.startswith((b"{", b"[")) or text.count(b".") != 2:
        return body
    claims = text.split(b".")[1]
    try:
        return base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))
    except (binascii.Error, ValueError) as error:
        raise InputError("this is neither JSON nor a signed token") from error


def _is_event(part: JsonObject) -> bool:
    return isinstance(part.get("metadata"), Mapping) and isinstance(part.get("body"), Mapping)


class _Event:
    def __init__(self, place: str, part: JsonObject, unread: list[Unread]) -> None:
        top = Members(part, place, unread)
        self.metadata = top.members("metadata")
        self.body = top.members("body")
        self.name = self.metadata.text("event_name") or ""
        root = self.metadata.text("root_account_id") or ""
        self._shard = int(root) // _SHARD if root.isascii() and root.isdigit() and len(root) < 40 else 0

    def ids(self, holder: Members, name: str) -> tuple[str, ...]:
        """The short form, where it is of this shard, and what was sent."""
        sent = holder.text(name)
        return () if sent is None else _both_forms(sent, self._shard)

    def people(self, holder: Members, name: str) -> tuple[Person, ...]:
        """As sent, then in short: any of somebody's names finds them."""
        return tuple(Person(PersonKind.LMS_ID, one) for one in reversed(self.ids(holder, name)))

    def activities(
        self, kind: ActivityKind, holder: Members, name: str, title: str | None = None
    ) -> Activities:
        return tuple(ActivityReference(kind, one, title) for one in self.ids(holder, name))

    def context(self) -> Activities:
        """The course in which the request was made."""
        if self.metadata.raw("context_type") != "Course":
            return ()
        return self.activities(ActivityKind.COURSE, self.metadata, "context_id")

    def time(self, *found: datetime | None) -> datetime | None:
        """The first that was said; else when Canvas made the event."""
        return next((one for one in found if one is not None), None) or self.metadata.instant("event_time")

    def observe(
        self, kind: Kind, people: tuple[Person, ...], activities: Activities, **said: Any
    ) -> Observation:
        """With an id of what makes it the same event when Canvas sends it again."""
        parts = (
            self.metadata.raw("root_account_uuid"),
            self.name,
            min((one.value for one in people), key=len, default=None),
            {one.kind.value: one.value for one in reversed(activities)},  # the short form, which comes first
            said.get("attempt"),
            said.get("occurred_at"),
        )
        return Observation(derive_event_id("canvas", *parts), self.name, kind, people, activities, **said)


def _read_event(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
    event = _Event(place, part, unread)
    reader = _READERS.get(event.name)
    if reader is None:
        return f"{event.name or 'an event without a name'} says nothing of anybody's achievement"
    return reader(event)


# --- courses --------------------------------------------------------------------------------------


def _course_progress(event: _Event) -> Observation:
    """Completed is what has every requirement met and a date; anything less is on the way."""
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


def _course_grade(event: _Event) -> Observation:
    """The grade of the whole course, in percent as Canvas keeps it; its maximum is not sent."""
    body = event.body
    return event.observe(
        Kind.GRADED,
        event.people(body, "user_id"),
        event.activities(ActivityKind.COURSE, body, "course_id") or event.context(),
        raw=body.number("final_score"),
        occurred_at=event.time(body.instant("updated_at")),
    )


# --- grades ---------------------------------------------------------------------------------------


def _grade(event: _Event) -> Observation:
    """Of an assignment; or of a course that was overridden, which Canvas also sends as `grade_change`.

    A score without its assignment is never one of the course.
    """
    body = event.body
    people = event.people(body, "student_id") or event.people(body, "user_id")
    people += body.person(PersonKind.SIS_ID, "student_sis_id")
    assignment = event.activities(ActivityKind.ASSESSMENT, body, "assignment_id")
    course = event.activities(ActivityKind.COURSE, body, "course_id") or event.context()
    is_override = "override_score" in set(body)
    about = course if is_override else assignment + course if assignment else ()
    return event.observe(
        Kind.GRADED,
        people,
        about,
        raw=body.number("override_score" if is_override else "score"),
        max=body.number("points_possible"),
        level=body.text("grade"),
        attempt=body.text("submission_id"),
        asserted_by=_grader(event),
        occurred_at=event.time(body.instant("updated_at")),
    )


def _grader(event: _Event) -> Person | None:
    """A negative id is a quiz that grades itself."""
    grader = event.people(event.body, "grader_id")
    return grader[0] if grader and not grader[0].value.startswith("-") else None


# --- outcomes -------------------------------------------------------------------------------------


def _outcome(event: _Event) -> Observation:
    """`mastery` is the sender's own verdict; without one it is a score and no more."""
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


def _user(event: _Event) -> Observation:
    """`user_login` is a login, also where it looks like an address."""
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


_READERS: Mapping[str, Callable[[_Event], Observation]] = {
    "course_completed": _course_progress,
    "course_progress": _course_progress,
    "course_grade_change": _course_grade,
    "grade_change": _grade,
    "grade_override": _grade,
    "learning_outcome_result_created": _outcome,
    "learning_outcome_result_updated": _outcome,
    "user_created": _user,
    "user_updated": _user,
}


# --- its Caliper ----------------------------------------------------------------------------------


def _caliper_people(entity: Members) -> tuple[Person, ...]:
    """`urn:instructure:canvas:user:21070000000000048`, and the SIS id that Canvas puts beside it."""
    identifier = entity.text("id") or ""
    number = identifier.removeprefix(_CALIPER_USER)
    if not identifier.startswith(_CALIPER_USER):
        return caliper.people_of(entity)
    sis = entity.members("extensions").members("com.instructure.canvas").person(PersonKind.SIS_ID, "sis_id")
    return (Person(PersonKind.LMS_ID, number), *sis)


def _both_forms(sent: str, shard: int) -> tuple[str, ...]:
    if not (sent.isascii() and sent.isdigit()) or int(sent) // _SHARD != shard or not shard:
        return (sent,)
    return (str(int(sent) % _SHARD), sent)


ADAPTER = Adapter("canvas", 1, read, always_taken)

"""The generic dialect: the payload for a system without one of its own.

    {"type": "course.completed", "timestamp": "2026-11-21T09:00:00Z",
     "data": {"learner": {"email": "pat@example.org", "did": "did:key:z6Mk...", "name": "Pat Doe"},
              "course": {"id": "course-v1:Example+MENTOR101+2026", "name": "Mentoring 101"},
              "result": {"score": 0.87, "passed": true}}}

`type`, `timestamp`, `data` are the members of Standard Webhooks; others beside them are the sender's own. The
learner needs an e-mail address or a DID; `result` is optional. An unknown member in `data` or `result` is a
fault, because a misspelt `passed` must not read as *passed*. Names and other statements about learner and
course, which decide nothing, are not. A score up to a tenth over 1 is extra credit and counts as 1; any other
number is not a score.

As an observation it may say more: the learner by any name a system has for them, activities other than a
course (`assessment`, `module`, `outcome`, `badge`, `program`), a raw score with its bounds, and a level.
Scores are stored as sent. A source with `fields` reads any other payload (`profile.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, is_did, is_email
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.ground.strict_json import parse_json_object
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
)
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading, Unread
from credserv.sources.completion import Completion
from credserv.sources.members import Members, read_documents, read_time
from credserv.sources.observing import derive_event_id, kind_of, read_parts
from credserv.sources.profile import has_profile, parse_profile
from credserv.sources.profile_reading import read_with_profile
from credserv.sources.repair import repair_text

_MAX_NAME_CHARS = 200
_MOST_CREDIT = 1.1
_NEVER = datetime.min.replace(tzinfo=UTC)


def read_payload(body: bytes) -> JsonObject:
    """Return a message's object. Raises InputError if it is none."""
    return parse_json_object(repair_text(body))


def parse_event(payload: JsonObject) -> Completion:
    """Parse an event. Raises SchemaFaultsError with every fault and its place."""
    faults = FaultList()
    event = ObjectReader(payload, "", faults, members=None)
    event_type = event.read_text("type", required=True, max_chars=100)
    completed_at = _read_instant(event)
    data = event.read_object("data", members=("learner", "course", "result"), required=True)
    email, did, name = _read_learner(data)
    course_id = _read_course(data)
    passed, score, remark = _read_result(data)
    faults.require("the event")
    return Completion(
        event_type=event_type or "",
        email=email,
        did=did,
        name=name,
        course_id=course_id or "",
        completed_at=completed_at or _NEVER,
        passed=passed,
        score=score,
        remark=remark,
    )


def read_type(payload: JsonObject) -> str:
    """Return the sender's own word for what happened; "" without one. Reads nothing else."""
    found = payload.get("type")
    return found if isinstance(found, str) else ""


def _read_instant(event: ObjectReader) -> datetime | None:
    text = event.read_text("timestamp", required=True, max_chars=64)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except InputError as error:
        found = read_time(text)
        if found is None or found.tzinfo is None:
            event.fault("timestamp", error.detail)
            return None
        return found


def _read_learner(data: ObjectReader | None) -> tuple[str | None, str | None, str | None]:
    learner = data and data.read_object("learner", members=None, required=True)
    if not learner:
        return None, None, None
    email, did = learner.read_text("email"), learner.read_text("did", max_chars=2_048)
    email, did = email and email.strip(), did and did.strip()
    if email is not None and not is_email(email):
        learner.fault("email", "is not one plain e-mail address")
    if did is not None and not is_did(did):
        learner.fault("did", "is not a DID (did:method:identifier)")
    if learner.is_object and learner.read("email") is None and learner.read("did") is None:
        learner.faults.add(learner.place, "an e-mail address or a DID is required")
    return email, did, _read_name(learner.read("name"))


def _read_name(value: object) -> str | None:
    """Return as much of the name as can be shown."""
    if not isinstance(value, str):
        return None
    shown = "".join(char for char in value if unicodedata.category(char) not in ("Cc", "Cs"))
    return cut(shown.strip(), _MAX_NAME_CHARS) or None


def _read_course(data: ObjectReader | None) -> str | None:
    course = data and data.read_object("course", members=None, required=True)
    if not course:
        return None
    number = course.read("id")
    if isinstance(number, int) and not isinstance(number, bool):  # as many systems count their courses
        return str(number)
    return course.read_text("id", required=True, max_chars=500)


def _read_result(data: ObjectReader | None) -> tuple[bool | None, float | None, str]:
    result = data and data.read_object("result", members=("score", "passed"))
    if not result:
        return None, None, ""
    score = result.read("score")
    passed = result.read_flag("passed")
    if isinstance(score, bool) or not isinstance(score, int | float) or 0 <= score <= 1:
        return passed, result.read_fraction("score"), ""
    if 1 < score <= _MOST_CREDIT:
        return passed, 1.0, ""
    return passed, None, f"the score {score!r:.40} is not between 0 and 1"


# --- as observations ------------------------------------------------------------------------------

_WHAT = "an event of the generic dialect (type, timestamp, data)"
_PEOPLE = {
    "id": PersonKind.LMS_ID,
    "email": PersonKind.EMAIL,
    "did": PersonKind.DID,
    "username": PersonKind.USERNAME,
    "uuid": PersonKind.UUID,
    "employee_number": PersonKind.EMPLOYEE_NUMBER,
    "sis_id": PersonKind.SIS_ID,
}
_ACTIVITIES = ("assessment", "module", "outcome", "badge", "program", "activity", "course")  # narrowest first
_DATA = ("learner", "result", *_ACTIVITIES)
_RESULT = ("score", "passed", "raw", "min", "max", "level", "attempt")
# The last word of a type (`course.completed`), where it says what happened.
_KINDS: Mapping[str, Kind] = {str(kind): kind for kind in Kind} | {
    "finished": Kind.COMPLETED,
    "awarded": Kind.COMPLETED,
    "earned": Kind.COMPLETED,
    "scored": Kind.GRADED,
    "progressed": Kind.PROGRESS,
}


def read(message: Message, options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it fits neither this dialect nor the source's own profile."""
    if has_profile(options):
        return read_with_profile(message, options)
    sent_id = message.headers.get("webhook-id") or message.headers.get("svix-id")
    parts = read_documents(message)
    alone = sent_id if len(parts) == 1 else None
    return read_parts(
        parts, _is_event, lambda place, part, unread: _read_event(place, part, unread, alone), _WHAT
    )


def answer(_message: Message, _reading: Reading | None, outcome: Outcome) -> Answer:
    """Answer. To a sender of Standard Webhooks any 2xx is success; the body tells people the outcome."""
    return Answer(202 if outcome is Outcome.UNREADABLE else 200, {"state": outcome.value})


def _is_event(part: JsonObject) -> bool:
    return isinstance(part.get("type"), str) and isinstance(part.get("data"), Mapping)


def _read_event(place: str, part: JsonObject, unread: list[Unread], sent_id: str | None) -> Observation | str:
    event = Members(part, place, unread)
    data, event_type = event.members("data"), event.text("type") or ""
    result = data.members("result")
    passed = result.flag("passed")
    raw, low, high = (result.number(name) for name in ("raw", "min", "max"))
    scaled, level = result.number("score"), result.text("level")
    kind = _kind(event_type, passed, has_score=scaled is not None or raw is not None)
    if kind is None or not set(data) & set(_DATA):
        return f"{event_type} says nothing of anybody's achievement"
    if _tell_unknown(data, _DATA) + _tell_unknown(result, _RESULT) or _is_misread(result):
        return "what it says of the result is not understood, and is not read by halves"
    learner = data.members("learner")
    people = tuple(
        person
        for name, person_kind in _PEOPLE.items()
        for person in learner.person(person_kind, name)
        if person_kind is not PersonKind.DID or is_did(person.value)
    )
    activities = tuple(one for name in _ACTIVITIES for one in _activity(data, name))
    occurred_at = event.instant("timestamp")
    known = (
        event_type,
        [[one.kind, one.value] for one in people],
        [[one.kind, one.value] for one in activities],
    )
    return Observation(
        event_id=sent_id or derive_event_id("generic", *known, occurred_at, dict(part["data"])),
        event_type=event_type,
        kind=kind,
        people=people,
        activities=activities,
        occurred_at=occurred_at,
        raw=raw,
        min=low,
        max=high,
        scaled=scaled,
        success=passed,
        level=level,
        attempt=result.text("attempt"),
        name=_read_name(learner.raw("name")),
    )


def _kind(event_type: str, passed: bool | None, *, has_score: bool) -> Kind | None:
    """Return the kind. Completed but not passed is failed."""
    said = _KINDS.get(event_type.rpartition(".")[2].lower())
    if said in (Kind.COMPLETED, Kind.PASSED, None) and passed is False:
        return Kind.FAILED
    return said or kind_of(passed, Kind.PASSED, Kind.FAILED) or (Kind.GRADED if has_score else None)


def _tell_unknown(holder: Members, known: tuple[str, ...]) -> int:
    """Report unknown members: a misspelt `passed` must not read as *passed*."""
    others = [name for name in holder if name not in known]
    holder.unread += [
        Unread(pointer(holder.place, name), f"unknown member; known here are {', '.join(known)}")
        for name in others
    ]
    return len(others)


def _is_misread(result: Members) -> bool:
    return any(f"{told.place}/".startswith(f"{result.place}/") for told in result.unread)


def _activity(data: Members, name: str) -> tuple[ActivityReference, ...]:
    holder = data.members(name)
    value = holder.text("id")
    return () if value is None else (ActivityReference(ActivityKind(name), value, holder.text("name")),)


def require_options(options: JsonObject) -> None:
    """Require a valid profile. Raises SchemaFaultsError."""
    if has_profile(options):
        parse_profile(options)


ADAPTER = Adapter("generic", 1, read, answer, require_options)

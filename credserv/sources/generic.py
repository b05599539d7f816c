"""The generic dialect: the payload for a system that has none of its own.

    {"type": "course.completed", "timestamp": "2026-11-21T09:00:00Z",
     "data": {"learner": {"email": "pat@example.org", "did": "did:key:z6Mk...", "name": "Pat Doe"},
              "course": {"id": "course-v1:Example+MENTOR101+2026", "name": "Mentoring 101"},
              "result": {"score": 0.87, "passed": true}}}

`type`, `timestamp`, `data` are the members that Standard Webhooks names; others beside them are the
sender's own. The learner needs an e-mail address or a DID; `result` may be left out. Within `data` and
`result` a member that this dialect does not know is a fault, for a misspelt `passed` must not read as
*passed*. What decides nothing is never one: names, and whatever else is said of learner and course. A score
up to a tenth over 1 is extra credit and counts as 1; any other number is no score.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import MAX_EMAIL_CHARS, is_did, is_email
from credserv.ground.reading import FaultList, ObjectReader
from credserv.sources.completion import Completion

_MAX_NAME_CHARS = 200
_MOST_CREDIT = 1.1
_NEVER = datetime.min.replace(tzinfo=UTC)


def parse_event(payload: JsonObject) -> Completion:
    """Raises SchemaFaultsError with every fault and its place."""
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
    """The sender's own word for what happened; "" where there is none. Looks at nothing else."""
    found = payload.get("type")
    return found if isinstance(found, str) else ""


def _read_instant(event: ObjectReader) -> datetime | None:
    text = event.read_text("timestamp", required=True, max_chars=64)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except InputError as error:
        event.fault("timestamp", error.detail)
        return None


def _read_learner(data: ObjectReader | None) -> tuple[str | None, str | None, str | None]:
    learner = data and data.read_object("learner", members=None, required=True)
    if not learner:
        return None, None, None
    email = learner.read_text("email", max_chars=MAX_EMAIL_CHARS)
    did = learner.read_text("did", max_chars=2_048)
    if email is not None and not is_email(email):
        learner.fault("email", "is not one plain e-mail address")
    if did is not None and not is_did(did):
        learner.fault("did", "is not a DID (did:method:identifier)")
    if learner.is_object and learner.read("email") is None and learner.read("did") is None:
        learner.faults.add(learner.place, "an e-mail address or a DID is required")
    return email, did, _read_name(learner.read("name"))


def _read_name(value: object) -> str | None:
    """As much of it as can be shown."""
    if not isinstance(value, str):
        return None
    shown = "".join(char for char in value if unicodedata.category(char) not in ("Cc", "Cs"))
    return shown.strip()[:_MAX_NAME_CHARS] or None


def _read_course(data: ObjectReader | None) -> str | None:
    course = data and data.read_object("course", members=None, required=True)
    if not course:
        return None
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

"""Ask Canvas for the outcome results of a course: `GET /api/v1/courses/{id}/outcome_results`.

    {"outcome_results": [{"id": 42, "score": 6, "possible": 10, "percent": 0.6, "mastery": true,
                          "submitted_or_assessed_at": "2013-02-01T00:00:00-06:00",
                          "links": {"user": "3", "learning_outcome": "97", "alignment": "assignment_53"}}]}

The same result as in its `learning_outcome_result_created`, which alone names people by UUID.
"""

from __future__ import annotations

from urllib.parse import quote

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id, kind_of
from credserv.sources.pulling.corrections import read_correction

_TYPE = "outcome_results"
_ASSIGNMENT = "assignment_"  # what the result was shown in, as Canvas names it


def outcomes_url(address: str, course: str) -> str:
    """Return the address of the first page."""
    return f"{address}/api/v1/courses/{quote(course, safe='')}/{_TYPE}?per_page=100"


def read_page(body: bytes, max_bytes: int) -> list[JsonObject]:
    """Return the results of one page. Raises InputError for anything else."""
    found = parse_json(body, max_bytes=max_bytes)
    results = found.get(_TYPE) if isinstance(found, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise InputError("Canvas answered something else than the results of outcomes")
    return results


def read_entry(place: str, entry: JsonObject, asked: Members, unread: list[Unread]) -> Observation | str:
    """Read `{"result": {…}}`, with `corrects` where another was known."""
    top = Members(entry, place, unread)
    result = top.members("result")
    links, score, mastery = result.members("links"), result.number("score"), result.flag("mastery")
    outcome, course, user = links.text("learning_outcome"), asked.text("course"), links.text("user")
    if outcome is None or course is None or (score is None and mastery is None):
        return "it is no result of anybody"
    shown_in = links.text("alignment") or ""
    correction = read_correction(top, result.instant("submitted_or_assessed_at"), None)
    address = asked.text("address")
    return Observation(
        derive_event_id(
            "canvas-rest-outcome", address, user, outcome, shown_in, correction.occurred_at, score, mastery
        ),
        _TYPE,
        kind_of(mastery, Kind.MASTERED, Kind.FAILED) or Kind.GRADED,
        links.person(PersonKind.LMS_ID, "user"),
        (
            ActivityReference(ActivityKind.OUTCOME, outcome),
            *_assignment(shown_in),
            ActivityReference(ActivityKind.COURSE, course),
        ),
        correction.occurred_at,
        raw=score,
        max=result.number("possible"),
        scaled=result.number("percent"),  # from 0 to 1
        success=mastery,
        attempt=correction.attempt,
    )


def _assignment(shown_in: str) -> tuple[ActivityReference, ...]:
    key = shown_in.removeprefix(_ASSIGNMENT)
    return () if key in ("", shown_in) else (ActivityReference(ActivityKind.ASSESSMENT, key),)

"""What a system answered, stored with what was requested, because an answer alone does not name its course.

{"asked": {"system": "canvas", "address": "https://school.instructure.com", "course": "565"},
 "answer": [ … ]}
"""

from __future__ import annotations

from collections.abc import Sequence

from credserv.ground.canonical_json import to_json
from credserv.ground.json_types import JsonObject
from credserv.records.observations import Observation
from credserv.sources.adapter import Reading, Unread
from credserv.sources.members import Members
from credserv.sources.observing import Part, with_flags
from credserv.sources.pulling import (
    canvas,
    canvas_grades,
    canvas_outcomes,
    moodle,
    moodle_badges,
    moodle_grades,
)
from credserv.sources.pulling.settings import BADGES, GRADES, OUTCOMES, PulledSystem

_READERS = {
    (PulledSystem.CANVAS.value, ""): canvas.read_entry,
    (PulledSystem.MOODLE.value, ""): moodle.read_entry,
    (PulledSystem.CANVAS.value, GRADES): canvas_grades.read_entry,
    (PulledSystem.CANVAS.value, OUTCOMES): canvas_outcomes.read_entry,
    (PulledSystem.MOODLE.value, GRADES): moodle_grades.read_entry,
    (PulledSystem.MOODLE.value, BADGES): moodle_badges.read_entry,
}


def write_answer(
    system: PulledSystem, address: str, course: str, entries: Sequence[JsonObject], *, of: str = ""
) -> bytes:
    """Write an answer; the same answer gives the same bytes.

    Args:
        of: GRADES, OUTCOMES or BADGES; "" for completions.
    """
    asked = {"system": system.value, "address": address, "course": course} | ({"of": of} if of else {})
    return to_json({"asked": asked, "answer": list(entries)})


def is_answer(part: JsonObject) -> bool:
    return part.keys() == {"asked", "answer"}


def read_answers(parts: Sequence[Part]) -> Reading:
    """Read entry by entry: a faulty one does not affect the others."""
    observations: list[Observation] = []
    unread: list[Unread] = []
    passed_over: list[Unread] = []
    for place, part in parts:
        top = Members(part, place, unread)
        asked = top.members("asked")
        reader = _READERS.get((asked.text("system") or "", asked.text("of") or ""))
        if reader is None:
            unread.append(Unread(place, "this says not which system was asked, or for what"))
            continue
        for at, entry in enumerate(top.items("answer")):
            where = f"{place}/answer/{at}"
            said = reader(where, entry if isinstance(entry, dict) else {}, asked, unread)
            if isinstance(said, str):
                passed_over.append(Unread(where, said))
            else:
                observations.append(with_flags(said))
    return Reading(tuple(observations), tuple(unread), tuple(passed_over))

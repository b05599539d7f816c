"""What an achievement asks and is worth as learning, where Open Badges 3.0 has no words for it.

It stands beside `achievement` in a definition, and goes into the EU's learning credential alone:

    "learning": {"study_time": "PT30H", "quality_assurance": ["Reviewed each year by the works council"],
                 "prerequisites": ["A year of practice"], "stackable": true}

The elements of the Council Recommendation on micro-credentials (2022/C 243/02), annex I. Level and language
are in the achievement itself: `alignment` to a level of the EQF, and `inLanguage`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from credserv.ground.json_types import JsonObject
from credserv.ground.reading import ObjectReader, pointer, text_fault
from credserv.openbadges.lenient import read_list, read_text

MEMBERS = ("study_time", "quality_assurance", "prerequisites", "stackable")
_MAX_ENTRIES = 20
_MAX_CHARS = 300
# ISO 8601, 5.5.2.2: years, months, days and hours or minutes; or weeks alone. No fractions.
_DURATION = re.compile(
    r"P(?:\d{1,4}W|(?=\d|T)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}D)?(?:T(?=\d)(?:\d{1,5}H)?(?:\d{1,5}M)?)?)",
    re.ASCII,
)


@dataclass(frozen=True)
class Studies:
    """study_time: an ISO 8601 duration, of the work that it takes on the whole. stackable: whether it counts
    towards something larger; None and "" and () for *not said*."""

    study_time: str = ""
    quality_assurance: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    stackable: bool | None = None


def is_duration(text: str) -> bool:
    """Of ISO 8601, longer than nothing."""
    return _DURATION.fullmatch(text) is not None and re.search(r"[1-9]", text) is not None


def parse_studies(reader: ObjectReader) -> JsonObject | None:
    """`learning` of a definition as it is kept, None where it says nothing; faults are noted."""
    learning = reader.read_object("learning", members=MEMBERS)
    if learning is None:
        return None
    time = learning.read_text("study_time", max_chars=40)
    if time is not None and not is_duration(time):
        learning.fault("study_time", "a duration of ISO 8601, such as PT30H for 30 hours or P6W for 6 weeks")
    said = {
        "study_time": time,
        "quality_assurance": _read_texts(learning, "quality_assurance"),
        "prerequisites": _read_texts(learning, "prerequisites"),
        "stackable": learning.read_flag("stackable"),
    }
    return {name: value for name, value in said.items() if value not in (None, [])} or None


def read_studies(learning: JsonObject | None) -> Studies:
    """Of what was kept."""
    said = learning or {}
    return Studies(
        study_time=read_text(said.get("study_time")),
        quality_assurance=_texts(said.get("quality_assurance")),
        prerequisites=_texts(said.get("prerequisites")),
        stackable=said.get("stackable"),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(read_text(one) for one in read_list(value))


def _read_texts(reader: ObjectReader, name: str) -> list[str]:
    value = reader.read(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MAX_ENTRIES:
        reader.fault(name, f"a list of at most {_MAX_ENTRIES} texts is expected")
        return []
    for index, text in enumerate(value):
        fault = text_fault(text, max_chars=_MAX_CHARS) if isinstance(text, str) else "text is expected"
        if fault:
            reader.faults.add(pointer(reader.place, name, index), fault)
    return value

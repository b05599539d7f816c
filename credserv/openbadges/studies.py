"""What an achievement requires and is worth as learning, where Open Badges 3.0 has no terms for it.

It is beside `achievement` in a definition, and used only in the EU's learning credential:

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
    """Study information. None, "" and () mean *not stated*.

    Attributes:
        study_time: the total workload as an ISO 8601 duration.
        stackable: whether it counts towards something larger.
    """

    study_time: str = ""
    quality_assurance: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    stackable: bool | None = None


def is_duration(text: str) -> bool:
    """Return whether it is an ISO 8601 duration longer than zero."""
    return _DURATION.fullmatch(text) is not None and re.search(r"[1-9]", text) is not None


def kept_learning(reader: ObjectReader) -> JsonObject | None:
    """Return `learning` of a definition as stored; None where it is empty. Notes faults."""
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
    """Read what was stored."""
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

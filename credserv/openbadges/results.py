"""Compare the results of a subject with what its achievement says is possible.

Open Badges 3.0, the data models of `Result` and `ResultDescription`. A mark of 120 out of 100 was still
signed: a result that does not fit is reported, and does not affect the verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from credserv.ground.errors import Fault
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import pointer
from credserv.openbadges.data_model import listed

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


def result_faults(subject: JsonObject) -> tuple[Fault, ...]:
    """Return faults; () where every result fits its description or says nothing comparable."""
    if "result" not in subject:
        return ()
    described = dict(_descriptions(subject))
    faults = []
    for index, result in enumerate(listed(subject["result"])):
        if isinstance(result, Mapping):
            for message in _misfits(result, described):
                faults.append(Fault(pointer("/credentialSubject/result", index), message))
    return tuple(faults)


def undefined_faults(achievement: JsonObject, results: Sequence[JsonObject]) -> tuple[Fault, ...]:
    """Return what may not be signed, including a level where none are defined, which readers accept from
    others."""
    faults = list(result_faults({"achievement": achievement, "result": list(results)}))
    described = dict(_descriptions({"achievement": achievement}))
    for index, result in enumerate(results):
        description = described.get(str(result.get("resultDescription")), {})
        if "achievedLevel" in result and not listed(description.get("rubricCriterionLevel")):
            place = pointer("/credentialSubject/result", index)
            faults.append(Fault(place, "has a level, and its achievement defines none for it"))
    return tuple(faults)


def _descriptions(subject: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for achievement in listed(subject.get("achievement")):
        if isinstance(achievement, Mapping):
            for item in listed(achievement.get("resultDescription")):
                if isinstance(item, Mapping) and isinstance(item.get("id"), str):
                    yield item["id"], item


def _misfits(result: JsonObject, described: Mapping[str, JsonObject]) -> Iterator[str]:
    named = result.get("resultDescription")
    if named is None:
        return
    description = described.get(named) if isinstance(named, str) else None
    if description is None:
        yield "has a description that its achievement does not have"
        return
    if "value" in result and not _is_possible(result["value"], description):
        yield "has a value that its achievement does not know"
    if "achievedLevel" in result and not _has_level(result["achievedLevel"], description):
        yield "has a level that its achievement does not know"


def _is_possible(value: object, description: JsonObject) -> bool:
    allowed = listed(description.get("allowedValue"))
    if allowed:
        return value in allowed
    low, high = (_number(description.get(name)) for name in ("valueMin", "valueMax"))
    if low is None and high is None:
        return True
    number = _number(value)
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def _has_level(level: object, description: JsonObject) -> bool:
    levels = listed(description.get("rubricCriterionLevel"))
    return not levels or any(isinstance(item, Mapping) and item.get("id") == level for item in levels)


def _number(value: object) -> Decimal | None:
    """Return a plain number; None for any other text, which is not compared."""
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None

"""What a credential says a person can do: results with their rubric, and the frameworks it names.

Open Badges 3.0, Appendix B.1 (Achievement, Alignment, Result, ResultDescription, RubricCriterionLevel). Read
leniently, adding nothing: whoever shows it must say whether the proof passed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from credserv.ground.addresses import host_of
from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import read_identifier, read_list, read_objects, read_text
from credserv.openbadges.room import Room

_MENTOR_ACCREDITATION = "mentoraccreditation"


@dataclass(frozen=True)
class LevelDisplay:
    """One level of a rubric. `position` is its rank as written (`level`)."""

    name: str
    description: str = ""
    position: str = ""
    points: str = ""
    achieved: bool = False
    required: bool = False


@dataclass(frozen=True)
class ResultDisplay:
    """One result: what was measured and the outcome. Empty text means *the document does not say*.

    Attributes:
        level: the name of the level achieved.
        kind: `resultType`.
        minimum, maximum, required: of `value`.
        levels: the whole rubric, in order.
    """

    name: str
    value: str = ""
    level: str = ""
    kind: str = ""
    status: str = ""
    minimum: str = ""
    maximum: str = ""
    required: str = ""
    levels: tuple[LevelDisplay, ...] = ()

    @property
    def outside(self) -> bool:
        """Whether the value is outside the range that the achievement states for it."""
        value, low, high = (_number(text) for text in (self.value, self.minimum, self.maximum))
        return value is not None and (
            (low is not None and value < low) or (high is not None and value > high)
        )


@dataclass(frozen=True)
class AlignmentDisplay:
    """One link from the achievement to an outside framework. `url` is as written: check before linking.

    `kind` is the family of the framework (`ESCO`, `O*NET`, `CASE`, `CTDL`, `RSD`), where known.
    """

    name: str
    url: str
    framework: str = ""
    code: str = ""
    description: str = ""
    kind: str = ""


def is_mentor_accreditation(achievement: JsonObject) -> bool:
    """Return whether it calls itself an accreditation of mentors.

    That is by its `achievementType` (an extension) or a tag: its own word, and nothing more.
    """
    named = [read_text(achievement.get("achievementType")).removeprefix("ext:")]
    named += [read_text(tag) for tag in read_list(achievement.get("tag"))]
    return any(re.sub(r"[\W_]+", "", name).lower() == _MENTOR_ACCREDITATION for name in named)


# --- results ------------------------------------------------------------------------------------


def read_results(subject: JsonObject, achievement: JsonObject) -> tuple[ResultDisplay, ...]:
    """Return the results of a subject, each with what the achievement says about it, while there is room."""
    described = {read_identifier(item): item for item in read_objects(achievement.get("resultDescription"))}
    room, sizes = Room(), {name: len(json.dumps(item)) for name, item in described.items()}

    def told(result: JsonObject) -> ResultDisplay:
        name = read_text(result.get("resultDescription"))
        fits = room.take(sizes.get(name, 0))
        return _result(result, described.get(name, {}) if fits else {})

    return tuple(map(told, read_objects(subject.get("result"))))


def result_descriptions(achievement: JsonObject) -> tuple[ResultDisplay, ...]:
    """Return what an achievement measures: every ResultDescription with its levels, without results."""
    return tuple(_result({}, item) for item in read_objects(achievement.get("resultDescription")))


def _result(result: JsonObject, description: JsonObject) -> ResultDisplay:
    achieved = read_text(result.get("achievedLevel"))
    levels = tuple(_levels(description, achieved))
    required = read_text(description.get("requiredLevel"))
    named = next((level.name for level in levels if level.required), "") if required else ""
    return ResultDisplay(
        name=read_text(description.get("name")) or "Result",
        value=read_text(result.get("value")),
        level=next((level.name for level in levels if level.achieved), ""),
        kind=read_text(description.get("resultType")),
        status=read_text(result.get("status")),
        minimum=read_text(description.get("valueMin")),
        maximum=read_text(description.get("valueMax")),
        required=read_text(description.get("requiredValue")) or named,
        levels=levels,
    )


def _levels(description: JsonObject, achieved: str) -> Iterable[LevelDisplay]:
    required = read_text(description.get("requiredLevel"))
    for level in read_objects(description.get("rubricCriterionLevel")):
        identifier, name = read_identifier(level), read_text(level.get("name"))
        if name:
            yield LevelDisplay(
                name=name,
                description=read_text(level.get("description")),
                position=read_text(level.get("level")),
                points=read_text(level.get("points")),
                achieved=bool(achieved) and identifier == achieved,
                required=bool(required) and identifier == required,
            )
    for value in read_list(description.get("allowedValue")):
        if read_text(value):
            yield LevelDisplay(read_text(value))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


# --- frameworks ---------------------------------------------------------------------------------


def read_alignments(achievement: JsonObject) -> tuple[AlignmentDisplay, ...]:
    return tuple(_alignment(item) for item in read_objects(achievement.get("alignment")))


def _alignment(item: JsonObject) -> AlignmentDisplay:
    url, target_type = read_text(item.get("targetUrl")), read_text(item.get("targetType"))
    return AlignmentDisplay(
        name=read_text(item.get("targetName")),
        url=url,
        framework=read_text(item.get("targetFramework")),
        code=read_text(item.get("targetCode")),
        description=read_text(item.get("targetDescription")),
        kind=_kind(url, target_type),
    )


@lru_cache(maxsize=1024)
def _kind(url: str, target_type: str) -> str:
    host, path = host_of(url), url.partition("//")[2]
    if path.startswith("data.europa.eu/esco/"):
        return "ESCO"
    if host.endswith(("onetcenter.org", "onetonline.org")):
        return "O*NET"
    if target_type.startswith("CF") or "/ims/case/" in path:
        return "CASE"
    if target_type.removeprefix("ext:") in ("RSD", "RichSkillDescriptor"):
        return "RSD"
    if target_type == "CTDL" or target_type.startswith(("ceterms:", "ceasn:")):
        return "CTDL"
    return ""

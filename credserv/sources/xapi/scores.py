"""The numbers and verdicts of a statement's result as sent, with oddities in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from credserv.sources.xapi import data_types as types

# Open edX: the letter of a course grade.
_GRADE = "http://www.tincanapi.co.uk/activitytypes/grade_classification"


@dataclass(frozen=True)
class Score:
    """A score. None for what was not sent, or has another type than the standard's."""

    raw: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    scaled: Decimal | None = None
    success: bool | None = None
    completion: bool | None = None
    level: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def is_scored(self) -> bool:
        return self.raw is not None or self.scaled is not None


def read_score(result: object) -> Score:
    if not isinstance(result, Mapping):
        return Score()
    score = result.get("score")
    raw, low, high, scaled = (_number(score, name) for name in ("raw", "min", "max", "scaled"))
    flags: list[str] = []
    if scaled is not None and not -1 <= scaled <= 1:
        flags.append("the scaled score is not between -1 and 1")
    if raw is not None and high is not None and raw > high:
        flags.append("the score is above its maximum")
    if raw is not None and low is not None and raw < low:
        flags.append("the score is below its minimum")
    if high == 0:
        flags.append("the maximum is 0, so there is no score")
        scaled = None
    return Score(
        raw,
        low,
        high,
        scaled,
        _flag(result, "success"),
        _flag(result, "completion"),
        _level(result),
        tuple(flags),
    )


def _number(score: object, name: str) -> Decimal | None:
    found = score.get(name) if isinstance(score, Mapping) else None
    return types.to_decimal(found) if types.is_number(found) else None


def _flag(result: Mapping[str, Any], name: str) -> bool | None:
    found = result.get(name)
    return found if isinstance(found, bool) else None


def _level(result: Mapping[str, Any]) -> str | None:
    extensions = result.get("extensions")
    found = extensions.get(_GRADE) if isinstance(extensions, Mapping) else None
    return found[:200] if isinstance(found, str) and found.strip() else None

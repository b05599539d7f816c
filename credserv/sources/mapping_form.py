"""The rules of a source as fields of a form, one row each. A rule that no row can express stays as JSON.

A rule has a row if the row gives exactly that rule back. A row names results and levels of its achievement by
their fragments (`#mastery`); whoever shows the form knows which exist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from credserv.ground.errors import Fault, InputError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object


@dataclass(frozen=True)
class RuleRow:
    """One rule as typed.

    Attributes:
        percent: of the minimum score; "" for none.
        description: of the result that the score is written as; "" for none.
        value: `score_percent` or `score`; "" for the level alone.
        levels: the percentage where each begins, by fragment.
        raw: a rule that no row can express, as JSON, instead of all other fields.
    """

    achievement: str
    event: str = ""
    course: str = ""
    percent: str = ""
    description: str = ""
    value: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""


def build_mapping(rows: Sequence[RuleRow]) -> JsonObject:
    """Build a mapping from rows.

    Raises SchemaFaultsError for text that is not a number; `parse_mapping` reports all other faults.
    """
    faults: list[Fault] = []
    rules = [_build(row, f"/rules/{at}", faults) for at, row in enumerate(rows)]
    if faults:
        raise SchemaFaultsError("the rules are not complete", faults=faults)
    return {"rules": rules}


def read_rows(mapping: JsonObject) -> tuple[RuleRow, ...]:
    return tuple(_read(rule) for rule in mapping.get("rules", ()))


# --- from the form ------------------------------------------------------------------------------


def _build(row: RuleRow, place: str, faults: list[Fault]) -> dict[str, Any]:
    if row.raw:
        try:
            return dict(parse_json_object(row.raw.encode()))
        except InputError as error:
            faults.append(Fault(place, error.detail))
            return {}
    rule: dict[str, Any] = {"event": row.event, "course": row.course, "achievement": row.achievement}
    minimum = _share(row.percent, f"{place}/minimum_score", faults)
    if minimum is not None:
        rule["minimum_score"] = minimum
    if row.description:
        result: dict[str, Any] = {"description": row.description, "value": row.value or None}
        starts = {
            level: _share(text, f"{place}/result/levels/{level.removeprefix('#')}", faults)
            for level, text in row.levels.items()
        }
        levels = [{"from": start, "level": level} for level, start in starts.items() if start is not None]
        if levels:
            result["levels"] = sorted(levels, key=lambda one: one["from"])
        rule["result"] = result
    return rule


def _share(text: str, place: str, faults: list[Fault]) -> float | None:
    """Return a fraction of 1 from a percentage with a point or comma; None for an empty text."""
    if not text:
        return None
    try:
        percent = Decimal(text.replace(",", "."))
    except InvalidOperation:
        percent = Decimal(-1)
    if not (percent.is_finite() and 0 <= percent <= 100):
        faults.append(Fault(place, "a number from 0 to 100"))
        return None
    return float(percent / 100)


# --- to the form --------------------------------------------------------------------------------


def _read(rule: JsonObject) -> RuleRow:
    try:
        row = _row_of(rule)
        if _plain(_build(row, "", [])) == _plain(rule):
            return row
    except (KeyError, TypeError, AttributeError, ArithmeticError):
        pass
    return RuleRow(str(rule.get("achievement", "")), raw=json.dumps(rule, ensure_ascii=False))


def _plain(value: Any) -> Any:
    """Return the value without empty members, with levels in order."""
    if isinstance(value, Mapping):
        return {name: _plain(below) for name, below in value.items() if below is not None}
    if isinstance(value, list):
        return sorted((_plain(one) for one in value), key=lambda one: one["from"])
    return value


def _row_of(rule: JsonObject) -> RuleRow:
    result = rule.get("result") or {}
    return RuleRow(
        achievement=rule["achievement"],
        event=rule["event"],
        course=rule["course"],
        percent=_percent(rule.get("minimum_score")),
        description=result.get("description", ""),
        value=result.get("value") or "",
        levels={level["level"]: _percent(level["from"]) for level in result.get("levels", ())},
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{(Decimal(repr(share)) * 100).normalize():f}"

"""What a rule names and the organisation does not have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from credserv.ground.errors import Fault
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_slug
from credserv.ground.reading import FaultList, pointer
from credserv.mastery.rule import Held, Rule, Scale, activities, leaves


def check_targets(
    rule: Rule, achievement: JsonObject, *, award: str, sources: Collection[str], keys: Collection[str]
) -> tuple[Fault, ...]:
    """Return a fault for each.

    Args:
        achievement: The newest version.
        award: How often it is awarded.
        keys: Of all achievements.
    """
    faults = FaultList()
    described = levels_by_description(achievement)
    if rule.award not in (None, award):
        faults.add("/award", f"the achievement is awarded {award}: change its definition, or leave this out")
    for at, scale in enumerate(rule.scales):
        _check_scale(scale, described, pointer("", "scales", at), faults)
    for leaf in leaves(rule.when):
        if leaf.description is not None and leaf.description not in described:
            message = f"the achievement has no result description {leaf.description!r}"
            faults.add(leaf.place, message)
        if isinstance(leaf, Held) and _is_missing(leaf, keys):
            faults.add(leaf.place, f"there is no achievement {leaf.achievement!r}")
    unknown = {one.source for one in activities(rule.when) if one.source and is_slug(one.source)} - set(
        sources
    )
    for name in sorted(unknown):
        faults.add("/when", f"there is no source {name!r}")
    return faults.faults


def levels_by_description(achievement: JsonObject) -> Mapping[str, Sequence[str]]:
    """Return the levels of each ResultDescription by its fragment, lowest first (OB 3.0,
    data model of ResultDescription).
    """
    return {
        fragment_of(item): [fragment_of(level) for level in item.get("rubricCriterionLevel", ())]
        for item in achievement.get("resultDescription", ())
    }


def fragment_of(item: JsonObject) -> str:
    """Return an item's fragment id."""
    return "#" + str(item.get("id", "")).rpartition("#")[2]


def _is_missing(leaf: Held, keys: Collection[str]) -> bool:
    return leaf.achievement is not None and is_slug(leaf.achievement) and leaf.achievement not in keys


def _check_scale(scale: Scale, described: Mapping[str, Sequence[str]], place: str, faults: FaultList) -> None:
    levels = described.get(scale.description)
    if levels is None:
        faults.add(place, f"the achievement has no result description {scale.description!r}")
        return
    for level in scale.levels:
        if level.id not in levels:
            faults.add(place, f"{scale.description!r} has no level {level.id!r}")
    named = [level.id for level in scale.levels if level.id in levels]
    if named != sorted(named, key=levels.index):
        faults.add(place, f"the levels of {scale.description!r} stand in another order in the achievement")

"""What people set out to do and how others see it, unrounded: targets, assignments, views of each side."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from credserv.journeys.measure.population import Population
from credserv.outcomes.assignments import count_judged, judged_by_member
from credserv.outcomes.plans import count_standings, find_targets
from credserv.outcomes.statistics import mean_of
from credserv.records.outcomes import Fact, FactKind

_VIEWS = {"self": FactKind.SELF, "observation": FactKind.OBSERVATION, "readiness": FactKind.READINESS}


def targets_of(found: Population, competency: str, zone: ZoneInfo) -> dict[str, dict[str, int]]:
    """Return, by level, how many people stand how at the cut."""
    return count_standings(find_targets(found.facts, found.ends, found.cut, zone, competency))


def criteria_of(found: Population, project: str) -> dict[str, dict[str, int]]:
    """Return how many people stand how, by criterion, and under "" for all criteria together."""
    return count_judged(judged_by_member(found.facts, project).values())


def views_of(found: Population, pathway: str) -> dict[str, list[dict[str, Any]]]:
    """Return, for each side and scale, the mean of each person's newest value. Sides are never mixed."""
    return {name: _means(found.facts, kind, pathway) for name, kind in _VIEWS.items()}


def _means(facts: tuple[Fact, ...], kind: FactKind, pathway: str) -> list[dict[str, Any]]:
    newest = {
        one.membership_id: one
        for one in facts
        if one.kind is kind and one.about == pathway and one.score is not None
    }
    scales: defaultdict[float | None, list[float]] = defaultdict(list)
    for one in newest.values():
        scales[one.maximum].append(one.score or 0.0)
    return [
        {"maximum": maximum, **vars(mean_of(scores))}
        for maximum, scores in sorted(scales.items(), key=lambda one: -len(one[1]))
    ]

"""Figures about what people set out to do and how others see it: targets, assignments, views of each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from credserv.outcomes.disclosure import RATE_NEEDS, show_count, show_split
from credserv.outcomes.figure import Figure, Row
from credserv.outcomes.metrics import Metric
from credserv.outcomes.rows import mean_row, of_enough

NO_OTHER_DAY = "A day that was put off after it had passed counts as it was first."
NOT_KNOWN = "What is not known is not counted as not met."
APART = (
    "Each view stands by itself: what people say of themselves is never put together with what others see."
)
_NOBODY: Mapping[str, Any] = {"n": 0, "mean": None, "low": None, "high": None, "maximum": None}
_VIEWS = (
    ("self", "Of themselves"),
    ("observation", "Observed by others"),
    ("readiness", "Ready, as who leads them sees it"),
)


def plans_figure(metric: Metric, levels: Mapping[str, Mapping[str, int]]) -> Figure:
    """Publish targets.

    Args:
        levels: From `count_standings`.
    """
    shown = of_enough(levels.items(), lambda one: sum(one[1].values()))
    rows = [row for level, counts in shown for row in _split(level, counts)]
    people = sum(sum(counts.values()) for counts in levels.values())
    rows = rows or [Row("on time", show_count(people), None)]
    title = f"per cent of people with such a target of “{metric.competency}”"
    return Figure(metric.key, metric.name, title, tuple(rows), (NO_OTHER_DAY,))


def project_figure(metric: Metric, criteria: Mapping[str, Mapping[str, int]]) -> Figure:
    """Publish criteria. One with few people is not named, because its words may identify them.

    Args:
        criteria: From `count_judged`.
    """
    rows = [
        row
        for criterion, counts in criteria.items()
        if not criterion or sum(counts.values()) >= RATE_NEEDS
        for row in _split(criterion or "criteria", counts)
    ]
    return Figure(metric.key, metric.name, "per cent of people in the project", tuple(rows), (NOT_KNOWN,))


def views_figure(metric: Metric, views: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Publish views.

    Args:
        views: By side, the mean on each scale with its interval and `maximum`.
    """
    rows = [
        mean_row(label if found["maximum"] is None else f"{label}, of {found['maximum']:g}", found, "mean")
        for name, label in _VIEWS
        for found in of_enough(views[name], lambda one: int(one["n"])) or [_NOBODY]
    ]
    return Figure(metric.key, metric.name, "points, mean", tuple(rows), (APART,))


def _split(label: str, counts: Mapping[str, int]) -> list[Row]:
    """Return rows; a single row without a value if one part has too few people."""
    shown = show_split(counts).items()
    whole = Row(label, show_count(sum(counts.values())), None)
    return [Row(f"{label}: {name}", people, rate) for name, (people, rate) in shown] or [whole]

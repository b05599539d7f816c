"""Figures about associations, never called causes, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from credserv.outcomes.disclosure import show_count, show_mean
from credserv.outcomes.figure import NO_CAUSE, NOT_RANDOM, Figure, Row
from credserv.outcomes.metrics import Metric
from credserv.outcomes.together import HAD_WITHIN, Together

FIRST_DAYS = (
    f"Counted is what was had in the first {HAD_WITHIN.days} days, of who was here after them, and what came "
    "later."
)


class Experienced(Protocol):
    """An experience in words, with its associations."""

    @property
    def name(self) -> str: ...
    @property
    def performance(self) -> Together: ...
    @property
    def staying(self) -> Together: ...


def together_figures(metric: Metric, found: Sequence[Experienced]) -> Iterator[Figure]:
    """Publish associations with performance (the rate of the metric's signal) and with staying (days):
    with the experience minus without.
    """
    chance = f"Of {2 * len(found)} comparisons, some stand out by chance alone: one in twenty."
    cautions = (NO_CAUSE, NOT_RANDOM, FIRST_DAYS, chance)
    yield Figure(
        f"{metric.key}-performance",
        f"{metric.name}: what goes with performance",
        f"{metric.signal} for each unit that they were counted over, more or fewer than others",
        _rows(found, lambda one: one.performance, 2),
        cautions,
    )
    yield Figure(
        f"{metric.key}-retention",
        f"{metric.name}: what goes with staying",
        f"days here, up to {metric.tau_days}, more or fewer than others",
        _rows(found, lambda one: one.staying, 0),
        cautions,
    )


def _rows(
    found: Sequence[Experienced], side: Callable[[Experienced], Together], decimals: int
) -> tuple[Row, ...]:
    return tuple(_row(one.name, side(one), decimals) for one in found)


def _row(name: str, together: Together, decimals: int) -> Row:
    """Return a row; its number of people is that of the smaller group."""
    least, between = min(together.people), together.difference
    if between is None or between.low is None or between.high is None:
        return Row(name, show_count(least), None)
    shown = (show_mean(one, least, decimals) for one in (between.difference, between.low, between.high))
    return Row(name, show_count(least), *shown)

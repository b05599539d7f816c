"""Rows and cautions that several figures share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from credserv.outcomes.disclosure import MEAN_NEEDS, show_count, show_mean
from credserv.outcomes.figure import NO_COMPARISON, NOT_RANDOM, Row
from credserv.outcomes.metrics import Metric

GROUPS = (("all", "All"), ("mentored", "Mentored"), ("not_mentored", "Not mentored"))
TOO_EARLY = "too early"
MOST_GROUPS = 8
T = TypeVar("T")


def of_enough(groups: Iterable[T], people: Callable[[T], int]) -> list[T]:
    """Return the groups with enough people to be named, as many as a figure has room for.

    The name of a small group (a test, a scale, a level) may identify its people.
    """
    return [one for one in groups if people(one) >= MEAN_NEEDS][:MOST_GROUPS]


def mean_row(label: str, found: Mapping[str, Any], name: str) -> Row:
    """Return a row for a mean."""
    people = found["n"]
    low, high = show_mean(found["low"], people), show_mean(found["high"], people)
    return Row(label, show_count(people), show_mean(found[name], people), low, high)


def days_row(label: str, found: Mapping[str, Any]) -> Row | None:
    """Return a row for a difference of means up to a time; None without one."""
    if not is_compared(found) or found["rmst_difference"] is None:
        return None
    least = smaller(found)
    days = {name: show_mean(value, least, 0) for name, value in found["rmst_difference"].items()}
    return Row(label, show_count(least), days["days"], days["low"], days["high"])


def is_compared(found: Mapping[str, Any]) -> bool:
    """Return whether two groups were compared."""
    return smaller(found) >= MEAN_NEEDS


def smaller(found: Mapping[str, Any]) -> int:
    """Return the size of the smaller group."""
    return min(int(found[name]["n"]) for name in ("mentored", "not_mentored"))


def cautions_of(metric: Metric, compared: bool) -> tuple[str, ...]:
    """Return the cautions for a metric."""
    if not compared:
        return (NO_COMPARISON,)
    return () if metric.random else (NOT_RANDOM,)

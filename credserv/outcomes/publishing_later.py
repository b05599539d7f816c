"""Figures about what lasts: what people still know later, and whether they are still here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from credserv.outcomes.disclosure import show_count, show_estimate
from credserv.outcomes.figure import NO_COMPARISON, Figure, Row
from credserv.outcomes.metrics import Metric
from credserv.outcomes.rows import GROUPS, TOO_EARLY, cautions_of, days_row, is_compared, mean_row, of_enough

ASSESSED_AGAIN = "Of those alone who were assessed again: who was not may have forgotten more."
WHATEVER_REASON = "Who left, for whatever reason; who is still here counts for as long as that is known."
_TIMES = (
    ("then", "gain at the end"),
    ("later", "gain 30 to 365 days later"),
    ("change", "change from the end to later"),
)


def kept_figure(metric: Metric, versions: Sequence[Mapping[str, Any]]) -> Figure:
    """Publish retained knowledge.

    Args:
        versions: From `kept_of`, one for each version of the assessment; they are never pooled.
    """
    shown = of_enough(versions, lambda one: int(one["people"]))
    people = sum(int(one["people"]) for one in versions)
    rows = [] if shown else [Row("Assessed again", show_count(people), None if people else TOO_EARLY)]
    for found in shown:
        name = found["instrument"] or "Assessment"
        if found["due"] == 0:
            rows.append(Row(f"{name}: later", "0", TOO_EARLY))
            continue
        rows += [mean_row(f"{name}: {label}", found[time], "mean") for time, label in _TIMES]
    cautions = (NO_COMPARISON, ASSESSED_AGAIN)
    return Figure(metric.key, metric.name, "points from before", tuple(rows), cautions)


def leaving_figures(metric: Metric, found: Mapping[str, Any]) -> Iterator[Figure]:
    """Publish the share still here and the difference in days: two units, so two figures.

    Args:
        found: From `leaving_of`.
    """
    label = f"still here {metric.tau_days} days after they began"
    rows = tuple(
        Row(f"{name}: {label}", show_count(found[group]["n"]), _still_here(found[group]))
        for group, name in GROUPS
    )
    cautions = (*cautions_of(metric, is_compared(found)), WHATEVER_REASON)
    yield Figure(metric.key, metric.name, "per cent, estimated (Kaplan and Meier)", rows, cautions)
    days = days_row(f"Mentored against not mentored, up to {metric.tau_days} days", found)
    if days is not None:
        title = f"{metric.name}: difference of the mean time here"
        yield Figure(f"{metric.key}-time", title, "days", (days,), cautions)


def _still_here(found: Mapping[str, Any]) -> str | None:
    if found["share"] is None:
        return TOO_EARLY
    return show_estimate(found["share"], found["n"], found["left"])

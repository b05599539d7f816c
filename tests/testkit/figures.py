"""Figures as the worker would have made them, for pages that are looked at."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from credserv.outcomes.figure import NO_COMPARISON, NOT_RANDOM, Figure, Row, tell_figure
from credserv.outcomes.metrics import DEFAULTS, tell_metric
from credserv.outcomes.stated import stated_figures
from credserv.records.outcomes import WEEK, ViewRecord

QUARTER = "2025-Q4"
FIGURES = (
    Figure(
        "mastery-gain",
        "Mastery gain",
        "points from before to after",
        (
            Row("All", "310", "11.8", "10.9", "12.7"),
            Row("Mentored", "140", "14.2", "12.9", "15.5"),
            Row("Not mentored", "170", "9.9", "8.6", "11.2"),
            Row("Difference", "140", "4.3", "2.4", "6.2"),
        ),
        (NOT_RANDOM,),
    ),
    Figure(
        "behaviour",
        "Behaviour on the job",
        "times as often as before",
        (
            Row("All that was counted", "60", "0.66", "0.49", "0.89"),
            Row("First 30 days", "60", "0.71", "0.52", "1.04"),
            Row("First 90 days", "fewer than 5", None),
            Row("First 180 days", "0", "too early"),
        ),
        (NO_COMPARISON,),
    ),
    *stated_figures(
        "return",
        "Return on the quality pathway",
        {"by": "Jo Doe, Finance", "cost": 20_000, "benefit": 50_000, "currency": "EUR", "basis": "Claims."},
    ),
    Figure(
        "team-delta-time",
        "Team and role: time to competency",
        "days, median",
        (
            Row("All", "310", "84", "79", "90"),
            Row("Mentored", "140", "76", "70", "83"),
            Row("Not mentored", "170", "not reached"),
            Row("Difference of means up to 120 days", "140", "-9", "-14", "-4"),
        ),
        (NOT_RANDOM,),
    ),
)


def views(now: datetime) -> tuple[ViewRecord, ...]:
    """Of a week, and of a quarter that was frozen and restated."""
    told = json.dumps(
        {
            "people": "365",
            "counted": "295",
            "not_counted": "70",
            "caution": "Who is counted may not stand for all.",
            "metrics": {one.key: tell_metric(one) for one in DEFAULTS},
            "figures": [tell_figure(one) for one in FIGURES],
            "site_by_language": {
                "Graz": {"de": "120", "en": "fewer than 5"},
                "Linz": {"de": "60", "tr": "5"},
            },
        }
    )
    cut = now - timedelta(days=70)
    return (
        ViewRecord(WEEK, 1, now, now, now, told),
        ViewRecord(QUARTER, 1, cut, cut, cut, told, frozen_at=cut),
        ViewRecord(QUARTER, 2, cut, now, now, told, frozen_at=now, reason="Facts of December came late."),
    )

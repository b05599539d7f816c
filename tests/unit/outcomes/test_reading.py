"""Which facts stand in which figures, as the people whom they are about are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.outcomes.metrics import Metric, MetricKind
from credserv.outcomes.reading import reads
from credserv.records.outcomes import Fact, FactKind

AT = datetime(2026, 1, 1, tzinfo=UTC)


def fact(kind: FactKind, about: str = "care", **more: Any) -> Fact:
    return Fact("r", "ada", kind, about, AT, AT, **more)


def metric(kind: MetricKind, **more: Any) -> Metric:
    return Metric("k", kind, "Name", "Question?", "Owner", ("course",), **more)


START, SIGNAL, SEEN = fact(FactKind.STARTED), fact(FactKind.SIGNAL, "errors"), fact(FactKind.OBSERVATION)
LEVEL = fact(FactKind.OBSERVATION, "", competency="feedback", score=3)


@pytest.mark.parametrize(
    ("asked", "known", "is_read"),
    [
        (metric(MetricKind.GAIN, pathway="care"), START, True),
        (metric(MetricKind.GAIN, pathway="care"), fact(FactKind.POST, "other"), False),
        (metric(MetricKind.GAIN, pathway="care"), fact(FactKind.SELF), False),
        (metric(MetricKind.KEPT, pathway="care"), fact(FactKind.POST), True),
        (metric(MetricKind.BEHAVIOUR, pathway="care"), SIGNAL, True),
        (metric(MetricKind.BEHAVIOUR, pathway="care", signal="calls"), SIGNAL, False),
        (metric(MetricKind.BEHAVIOUR, pathway="care", project="p"), SIGNAL, False),
        (metric(MetricKind.TEAM, pathway="x", credential="care"), fact(FactKind.MASTERED), True),
        (metric(MetricKind.EQUITY, dimension="site"), START, True),
        (metric(MetricKind.EQUITY, dimension="site", outcome="moves"), START, False),
        (metric(MetricKind.PARTICIPATION, pathway="care"), SEEN, True),
        (metric(MetricKind.SURVEY, survey="pulse"), fact(FactKind.SURVEY, "pulse"), True),
        (metric(MetricKind.SURVEY, survey="pulse"), fact(FactKind.SURVEY, "other"), False),
        (metric(MetricKind.LEAVING, pathway="care"), START, True),
        (metric(MetricKind.LEAVING, pathway="care"), SEEN, False),
        (metric(MetricKind.TARGETS), START, True),
        (metric(MetricKind.PLANS, competency="feedback"), LEVEL, True),
        (metric(MetricKind.PLANS, competency="feedback"), SEEN, False),
        (metric(MetricKind.PROJECT, project="relaunch"), fact(FactKind.PROJECT, "relaunch"), True),
        (metric(MetricKind.VIEWS, pathway="care"), fact(FactKind.SELF), True),
        (metric(MetricKind.VIEWS, pathway="care"), fact(FactKind.NOTE), False),
        (metric(MetricKind.SUPPLY), START, False),
        (metric(MetricKind.RETURN), START, False),
    ],
)
def test_a_metric_reads_what_it_is_made_of(asked: Metric, known: Fact, is_read: bool) -> None:
    assert reads(asked, known) is is_read


@pytest.mark.parametrize("kind", MetricKind)
def test_words_about_somebody_are_in_no_figure(kind: MetricKind) -> None:
    more = {"pathway": "care", "signal": "care", "survey": "care", "competency": "care", "project": "care"}
    assert not reads(metric(kind, **more), fact(FactKind.NOTE, words="Explains it well."))

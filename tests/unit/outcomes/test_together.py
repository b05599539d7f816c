"""What goes together: counted so that nothing is found where there is nothing, and never called a cause."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

from credserv.outcomes.figure import NO_CAUSE, NOT_RANDOM
from credserv.outcomes.metrics import Metric, MetricKind
from credserv.outcomes.pairing import first_of_each
from credserv.outcomes.publishing_together import together_figures
from credserv.outcomes.statistics import Difference
from credserv.outcomes.survival import Wait, rmst_difference, survival
from credserv.outcomes.together import Together, find_watched, had_by, with_performance, with_staying
from credserv.records.outcomes import Fact, FactKind

START = datetime(2026, 1, 1, tzinfo=UTC)
CUT = START + timedelta(days=365)
METRIC = Metric(
    "g",
    MetricKind.TOGETHER,
    "Onboarding",
    "What goes with it?",
    "L&D",
    ("session",),
    signal="errors",
    tau_days=300,
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def fact(who: str, kind: FactKind, at: float, **more: Any) -> Fact:
    known: dict[str, Any] = {"about": "care"} | more
    return Fact(f"{who}{kind}{at}{known}", who, kind, occurred_at=day(at), received_at=day(at), **known)


def test_only_who_is_here_after_the_first_days_is_compared_and_by_what_came_later() -> None:
    facts = [
        *(fact(who, FactKind.STARTED, 0) for who in ("ada", "ben", "cem")),
        fact("new", FactKind.STARTED, 350),
        fact("ada", FactKind.SIGNAL, 20, about="errors", count=50.0, exposure=10.0),  # in the first days
        fact("ada", FactKind.SIGNAL, 60, about="errors", count=4.0, exposure=10.0),
        fact("ada", FactKind.SIGNAL, 61, about="calls", count=9.0, exposure=10.0),
        fact("ada", FactKind.PROJECT, 30),
        fact("cem", FactKind.PROJECT, 31),
    ]
    ends = {"ben": (day(12),), "cem": (day(100),)}
    watched = {one.membership_id: one for one in find_watched(facts, "care", "errors", ends, CUT)}
    assert watched.keys() == {"ada", "cem"}, "Ben left before, and of the new one the first days are not over"
    assert (watched["ada"].rate, watched["cem"].rate) == (0.4, None)
    assert (watched["ada"].stay, watched["cem"].stay) == (Wait(335, False), Wait(70, True))
    starts = first_of_each(facts, FactKind.STARTED, "care")
    assert had_by(facts, starts, FactKind.PROJECT) == {"ada"}
    other = [*facts, fact("cem", FactKind.STARTED, 3, about="sales")]
    assert had_by(other, starts, FactKind.STARTED, elsewhere=True) == {"cem"}


def firm(seed: int, people: int = 400) -> tuple[list[Fact], dict[str, tuple[datetime, ...]]]:
    """Leaving and errors by chance alone. Assignments come over the year, to who is here then."""
    made = random.Random(seed)
    facts, ends = [], {}
    for number in range(people):
        who = f"p{number}"
        left = made.expovariate(1 / 250)
        assigned = made.uniform(0, 150)
        facts.append(fact(who, FactKind.STARTED, 0))
        if left < 365:
            ends[who] = (day(left),)
        if assigned < left:
            facts.append(fact(who, FactKind.PROJECT, assigned))
        if left > 60:
            count = float(made.randrange(0, 9))
            facts.append(fact(who, FactKind.SIGNAL, 60, about="errors", count=count, exposure=10.0))
    return sorted(facts, key=lambda one: one.occurred_at), ends


def test_where_nothing_goes_together_nothing_is_found() -> None:
    """The trap: who ever had an assignment stayed longer, for who left early got none."""
    differences, covered, naive = [], 0, []
    for seed in range(40):
        facts, ends = firm(seed)
        had = had_by(facts, first_of_each(facts, FactKind.STARTED, "care"), FactKind.PROJECT)
        watched = find_watched(facts, "care", "errors", ends, CUT)
        staying, performance = with_staying(watched, had, 300), with_performance(watched, had)
        assert staying.difference is not None
        assert performance.difference is not None
        differences.append(staying.difference.difference)
        for one in (staying.difference, performance.difference):
            covered += (one.low or 0) <= 0 <= (one.high or 0)
        ever = {one.membership_id for one in facts if one.kind is FactKind.PROJECT}
        stays: dict[bool, list[Wait]] = {True: [], False: []}
        for who in {one.membership_id for one in facts}:
            left = ends.get(who)
            days = ((left[0] if left else CUT) - START) / timedelta(days=1)
            stays[who in ever].append(Wait(days, left is not None))
        between = rmst_difference(survival(stays[True], 300), survival(stays[False], 300))
        assert between is not None
        naive.append(between[0])
    assert fmean(naive) > 80, "days, out of nothing"
    assert abs(fmean(differences)) < 8
    assert covered >= 70, "of 80 intervals about 76 hold 0"


def together(people: tuple[int, int], *told: float) -> Together:
    return Together(people, Difference(*told) if told else None)


def test_each_is_told_with_its_interval_and_that_it_is_no_cause() -> None:
    class Experience:
        def __init__(self, name: str, performance: Together, staying: Together) -> None:
            self.name, self.performance, self.staying = name, performance, staying

    found = [
        Experience(
            "A session", together((40, 60), -0.123, -0.2, -0.04), together((42, 61), 12.4, -3.1, 27.9)
        ),
        Experience("An assignment", together((7, 90), -0.5, -0.9, -0.1), together((0, 103))),
    ]
    performance, staying = together_figures(METRIC, found)
    assert (performance.key, staying.key) == ("g-performance", "g-retention")
    assert [(row.people, row.value, row.low, row.high) for row in performance.rows] == [
        ("40", "-0.12", "-0.20", "-0.04"),
        ("5", None, None, None),
    ]
    assert [(row.people, row.value, row.low, row.high) for row in staying.rows] == [
        ("40", "12", "-3", "28"),
        ("0", None, None, None),
    ]
    for figure in (performance, staying):
        assert figure.cautions[:2] == (NO_CAUSE, NOT_RANDOM)
        assert "4 comparisons" in figure.cautions[-1]

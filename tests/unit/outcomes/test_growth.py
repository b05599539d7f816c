"""Targets by their day, assignments by their criteria, and views that are never put together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from credserv.outcomes.assignments import ALL_MET, NOT_MET, UNKNOWN, count_judged, judged_by_member
from credserv.outcomes.disclosure import show_split
from credserv.outcomes.metrics import Metric, MetricKind
from credserv.outcomes.plans import Standing, count_standings, find_targets
from credserv.outcomes.publishing_growth import NOT_KNOWN, plans_figure, project_figure
from credserv.records.outcomes import Criterion, Fact, FactKind

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
TARGET, SEEN, POST, SELF = FactKind.TARGET, FactKind.OBSERVATION, FactKind.POST, FactKind.SELF


def fact(kind: FactKind, day: float, score: float = 3, *, who: str = "ada", **more: Any) -> Fact:
    at = START + timedelta(days=day)
    known: dict[str, Any] = {"competency": "feedback", "maximum": 5.0} | more
    return Fact(f"{kind}{day}{who}", who, kind, "", at, at, score=score, **known)


def target(day: float, due: float, **more: Any) -> Fact:
    return fact(TARGET, day, due_on=(START + timedelta(days=due)).date(), **more)


def standing(*facts: Fact, cut: float = 200, left: float | None = None) -> Standing:
    ends = {} if left is None else {"ada": (START + timedelta(days=left),)}
    in_order = sorted(facts, key=lambda one: one.occurred_at)
    (found,) = find_targets(in_order, ends, START + timedelta(days=cut), VIENNA)
    return found.standing


def test_a_target_is_on_time_late_or_open() -> None:
    wish = target(0, 100)
    assert standing(wish, fact(SEEN, 100)) is Standing.ON_TIME, "on the day itself"
    assert standing(wish, fact(SEEN, 101)) is Standing.LATE
    assert standing(wish, fact(SEEN, 50, 2), fact(POST, 120, 4)) is Standing.LATE, (
        "below it does not reach it"
    )
    assert standing(wish, cut=100) is Standing.OPEN
    assert standing(wish, cut=101) is Standing.OVERDUE
    assert standing(wish, left=60) is Standing.LEFT
    assert standing(wish, left=160) is Standing.OVERDUE
    assert standing(wish, fact(SEEN, 40), left=60) is Standing.ON_TIME


@pytest.mark.parametrize(
    "other",
    [
        fact(SELF, 50, 5),
        fact(SEEN, 50, competency="planning"),
        fact(SEEN, 50, 80, maximum=100.0),
        fact(SEEN, -1, 5),
        fact(FactKind.PRE, 50, 5),
        fact(FactKind.READINESS, 50, 5),
    ],
)
def test_what_does_not_show_the_level_does_not_reach_it(other: Fact) -> None:
    assert standing(target(0, 100), other) is Standing.OVERDUE


def test_a_day_is_moved_before_it_comes_and_not_after() -> None:
    reached = fact(SEEN, 140)
    assert standing(target(0, 100), target(90, 150), reached) is Standing.ON_TIME
    assert standing(target(0, 100), target(101, 150), reached) is Standing.LATE
    assert standing(target(0, 150), target(20, 100), reached) is Standing.LATE, "earlier, too"
    (found,) = find_targets([target(0, 100), target(90, 150)], {}, START + timedelta(days=95), VIENNA)
    assert (found.moved, found.due_on, found.set_on) == (1, date(2026, 5, 31), date(2026, 1, 1))


def test_a_day_ends_where_the_organisation_is() -> None:
    wish = target(0, 0)
    late = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)  # half past midnight in Vienna
    seen = Fact("x", "ada", SEEN, "", late, late, competency="feedback", score=3, maximum=5.0)
    assert standing(wish, seen) is Standing.LATE


def test_levels_of_one_competency_are_counted_by_people() -> None:
    facts = [target(0, 100, who=who) for who in ("ada", "ben", "cem")]
    facts += [target(1, 300, who="ada", score=4.0), fact(SEEN, 60, who="ben")]
    found = count_standings(find_targets(facts, {}, START + timedelta(days=200), VIENNA, "feedback"))
    assert {name: {k: v for k, v in counts.items() if v} for name, counts in found.items()} == {
        "level 3 of 5": {"on time": 1, "not reached, the day has passed": 2},
        "level 4 of 5": {"open": 1},
    }
    assert find_targets(facts, {}, START, VIENNA, "planning") == []


def test_nothing_is_shown_beside_a_small_cell_which_would_follow_from_it() -> None:
    assert show_split({"a": 20, "b": 12, "c": 8, "d": 0}) == {
        "a": ("20", "50 %"),
        "b": ("10", "30 %"),
        "c": ("10", "20 %"),
        "d": ("0", "fewer than 5 %"),
    }
    assert show_split({"a": 20, "b": 12, "c": 6, "d": 2}) == {}
    assert show_split({"a": 6, "b": 12}) == {"a": ("5", None), "b": ("10", None)}, "fewer than twenty"


def project(who: str, day: float, by: str, **met: bool | None) -> Fact:
    at = START + timedelta(days=day)
    criteria = tuple(Criterion(name, said) for name, said in met.items())
    return Fact(f"{who}{day}", who, FactKind.PROJECT, "relaunch", at, at, told_by=by, criteria=criteria)


def test_a_criterion_is_as_it_was_told_last_by_whom() -> None:
    facts = [
        project("ada", 1, "boss", budget=None, users=True),
        project("ada", 9, "peer", budget=False),
        project("ben", 2, "boss", budget=True, users=True),
        project("cem", 2, "boss", budget=True, users=None),
    ]
    found = judged_by_member(facts, "relaunch")
    ada = {one.criterion: (one.met, one.told_by) for one in found["ada"]}
    assert ada == {"budget": (False, "peer"), "users": (True, "boss")}
    assert count_judged(found.values()) == {
        "": {ALL_MET: 1, NOT_MET: 1, UNKNOWN: 1},
        "budget": {"met": 2, "not met": 1, "not known": 0},
        "users": {"met": 2, "not met": 0, "not known": 1},
    }
    assert judged_by_member(facts, "another") == {}


def test_words_of_a_few_are_in_no_figure() -> None:
    metric = Metric(
        "p", MetricKind.PROJECT, "Relaunch", "Did it work?", "IT", ("project",), project="relaunch"
    )
    many, few = {"met": 20, "not met": 5, "not known": 0}, {"met": 19, "not met": 0, "not known": 0}
    found = project_figure(metric, {"": {ALL_MET: 20, NOT_MET: 5, UNKNOWN: 0}, "users": many, "Ada's": few})
    assert [(row.label, row.people, row.value) for row in found.rows] == [
        ("criteria: all met", "20", "80 %"),
        ("criteria: one or more not met", "5", "20 %"),
        ("criteria: not known yet", "0", "fewer than 5 %"),
        ("users: met", "20", "80 %"),
        ("users: not met", "5", "20 %"),
        ("users: not known", "0", "fewer than 5 %"),
    ]
    assert found.cautions == (NOT_KNOWN,)


def test_targets_are_published_by_level() -> None:
    metric = Metric(
        "g", MetricKind.PLANS, "Plans", "On time?", "L&D", ("observation",), competency="feedback"
    )
    counts = dict.fromkeys((one.value for one in Standing), 0) | {"on time": 15, "late": 15}
    rows = plans_figure(metric, {"level 3 of 5": counts}).rows
    assert [(row.label, row.value) for row in rows][:2] == [
        ("level 3 of 5: on time", "50 %"),
        ("level 3 of 5: late", "50 %"),
    ]
    few = dict.fromkeys((one.value for one in Standing), 0) | {"on time": 7}
    assert [row.label for row in plans_figure(metric, {"level 2.5 of 7": few}).rows] == ["on time"]

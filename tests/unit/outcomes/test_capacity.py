"""The best plan of mentors' time."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from credserv.ground.errors import SchemaFaultsError
from credserv.outcomes.capacity import MentorTime, Scenario, Wish, best_plan, read_scenario
from tests.testkit.shared import shared_path

KNOWN: dict[str, Any] = json.loads(shared_path("accreditation/capacity-vectors.json").read_text())


def test_the_known_plan_comes_out_exactly() -> None:
    told = {"mentors": KNOWN["mentor_minutes"], "cohorts": KNOWN["cohorts"]}
    plan = best_plan(read_scenario("known", told))
    assert plan.value == KNOWN["best"]["value"] == 31
    assert plan.sessions == KNOWN["best"]["sessions"] == {"c1": 3, "c2": 6, "c3": 2}
    assert plan.is_best
    for mentor, said in KNOWN["mentor_minutes"].items():
        given = {cohort: minutes for (one, cohort), minutes in plan.given.items() if one == mentor}
        assert sum(given.values()) <= said["minutes"]
        assert {KNOWN["cohorts"][cohort]["needs"] for cohort in given} <= set(said["can"])


def test_no_plan_of_whole_sessions_is_better() -> None:
    """Against every plan there is, of a small case where halves would be worth more."""
    mentors = (MentorTime("a", frozenset("XY"), 70), MentorTime("b", frozenset("Y"), 45))
    cohorts = (Wish("x", "X", 2, 45, 5), Wish("y", "Y", 3, 30, 3))
    best = 0.0
    for ax, ay, by in itertools.product(range(3), range(4), range(4)):
        if 45 * ax + 30 * ay <= 70 and 30 * by <= 45 and ax <= 2 and ay + by <= 3:
            best = max(best, 5.0 * ax + 3.0 * (ay + by))
    assert best_plan(Scenario("small", mentors, cohorts)).value == best


def test_where_nobody_can_nothing_is_planned() -> None:
    nobody = Scenario("none", (MentorTime("a", frozenset("X"), 60),), (Wish("y", "Y", 3, 30, 3),))
    plan = best_plan(nobody)
    assert (plan.value, plan.sessions) == (0, {"y": 0})


def test_a_scenario_without_mentors_says_where() -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        read_scenario("none", {"mentors": {}, "cohorts": KNOWN["cohorts"]}, "/scenarios/1")
    assert [one.place for one in caught.value.faults] == ["/scenarios/1/mentors"]

"""What a programme asks, over facts: windows, parts of a term, routes, categories, two times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.accreditation.programme import Requirement
from credserv.accreditation.requirement_reading import read_requirements
from credserv.accreditation.requirements import Fact, Finding, evaluate, is_grantable, verdict
from credserv.accreditation.words import left_out_words, stands_words
from credserv.ground.reading import FaultList

AT = datetime(2027, 1, 31, 12, tzinfo=UTC)
BEGUN = datetime(2026, 1, 31, 12, tzinfo=UTC)


def asked(*requirements: dict[str, Any]) -> tuple[Requirement, ...]:
    faults = FaultList()
    read = read_requirements(json.loads(json.dumps(requirements)), "/grant", faults)
    faults.require("it")
    return read


def on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00:00+00:00")


def fact(kind: str, day: str = "2027-01-01", **more: Any) -> Fact:
    return Fact(kind, on(day), more.pop("known", on(day)), **more)


def find(requirement: dict[str, Any], *facts: Fact, term_from: datetime | None = None) -> Finding:
    (found,) = evaluate(asked(requirement), facts, at=AT, known=AT, term_from=term_from)
    return found


TERM_CPD = {"kind": "cpd", "hours": 8, "within": "term"}
CASES: list[tuple[dict[str, Any], list[Fact], bool, str]] = [
    ({"kind": "assessment", "minimum_percent": 60}, [fact("assessment", amount=60)], True,
     "60 %, of 60 % that are asked"),
    ({"kind": "assessment", "minimum_percent": 60}, [fact("assessment", amount=59.9)], False,
     "59.9 %, of 60 % that are asked"),
    ({"kind": "assessment", "minimum_percent": 60}, [], False, "no score yet"),
    ({"kind": "assessment", "minimum_percent": 60, "instrument": "a"},
     [fact("assessment", amount=90, category="b")], False, "no score yet"),
    ({"kind": "endorsements", "minimum": 2}, [fact("endorsements", who="a"), fact("endorsements", who="a")],
     False, "1 of 2"),
    ({"kind": "endorsements", "minimum": 2}, [fact("endorsements", who="a"), fact("endorsements", who="b")],
     True, "2 of 2"),
    ({"kind": "observation", "minimum": 2, "distinct_assessors": 2, "level": 2},
     [fact("observation", who="a", level=2), fact("observation", who="a", level=3)], False, "2 of 2, 1 of 2"),
    ({"kind": "observation", "level": 2}, [fact("observation", who="a", level=1)], False, "0 of 1"),
    ({"kind": "feedback", "minimum": 1, "within_months": 12}, [fact("feedback", "2026-01-31")], False,
     "0 of 1"),
    ({"kind": "feedback", "minimum": 1, "within_months": 12}, [fact("feedback", "2026-02-01")], True,
     "1 of 1"),
    (TERM_CPD, [fact("cpd", "2026-01-30", amount=600)], False, "0 hours of 8 hours"),
    (TERM_CPD, [fact("cpd", "2026-02-02", amount=300), fact("cpd", amount=180)], True, "8 hours of 8 hours"),
    ({"kind": "cpd", "hours": 60, "of": {"education": {"minimum": 35}, "giving-back": {"maximum": 25}}},
     [fact("cpd", amount=35 * 60, category="education"), fact("cpd", amount=40 * 60, category="giving-back")],
     True, "60 hours of 60 hours, 35 hours of 35 hours"),
    ({"kind": "cpd", "hours": 60, "of": {"education": {"minimum": 35}, "giving-back": {"maximum": 20}}},
     [fact("cpd", amount=35 * 60, category="education"), fact("cpd", amount=40 * 60, category="giving-back")],
     False, "55 hours of 60 hours, 35 hours of 35 hours"),
    ({"kind": "practice-hours", "hours": 2, "paid_hours": 1},
     [fact("practice-hours", amount=120)], False, "2 hours of 2 hours, 0 hours of 1 hour"),
    ({"kind": "supervision", "over_months": 3},
     [fact("supervision", "2026-03-31"), fact("supervision", "2026-06-30")], True, "3 of 3 months"),
    ({"kind": "supervision", "over_months": 3},
     [fact("supervision", "2026-03-30"), fact("supervision", "2026-06-29")], False, "2 of 3 months"),
    ({"kind": "experience", "months": 12}, [fact("experience", amount=11)], False, "11 of 12 months"),
    ({"kind": "mentor-coaching", "hours": 2, "by": "entitled"}, [fact("mentor-coaching", amount=120)], False,
     "0 hours of 2 hours"),
    ({"kind": "mentor-coaching", "hours": 2, "one_to_one_hours": 1, "by": "entitled"},
     [fact("mentor-coaching:by-entitled", amount=60, category="one-to-one"),
      fact("mentor-coaching:by-entitled", amount=60)], True, "2 hours of 2 hours, 1 hour of 1 hour"),
    ({"kind": "distinct-clients", "minimum": 2}, [fact("clients", who="x"), fact("clients", who="y")], True,
     "2 of 2"),
    ({"kind": "accreditation", "level": 1, "held_months": 12},
     [fact("accreditation", "2026-01-31", level=1)], True, "12 of 12 months"),
    ({"kind": "accreditation", "level": 2}, [fact("accreditation", level=1)], False, "not held"),
    ({"kind": "accreditation", "level": 1}, [fact("accreditation", level=1, why="not-in-force")], False,
     "not held"),
    ({"kind": "accreditation", "level": 1}, [fact("accreditation", level=1, why="held-before")], False,
     "not held"),
    ({"kind": "accreditation", "level": 1, "in_force": False},
     [fact("accreditation", level=1, why="held-before")], True, "held"),
    ({"kind": "accreditation", "level": 1, "in_force": False},
     [fact("accreditation", level=1, why="not-in-force")], False, "not held"),
    ({"kind": "declaration", "of": "code of ethics"}, [fact("declaration", category="code of ethics")], True,
     "1 of 1"),
    ({"kind": "exam"}, [], False, "waits for a person's decision"),
    ({"kind": "exam"}, [fact("declaration", category="exam")], True, "decided"),
    ({"kind": "exam"}, [fact("declaration", category="exam", why="self-declared")], False,
     "waits for a person's decision"),
]  # fmt: skip


@pytest.mark.parametrize(("requirement", "facts", "is_met", "told"), CASES, ids=str)
def test_a_requirement_is_met_or_open_with_its_numbers(
    requirement: dict[str, Any], facts: list[Fact], is_met: bool, told: str
) -> None:
    found = find(requirement, *facts, term_from=BEGUN)
    assert (found.is_met, stands_words(found)) == (is_met, told)


def test_each_part_of_a_term_has_its_own() -> None:
    asked_for = {"kind": "supervision", "minutes": 60, "per": "half-year"}
    both = [fact("supervision", "2026-02-02", amount=60), fact("supervision", "2026-12-01", amount=60)]
    at_once = [fact("supervision", "2026-02-02", amount=120)]
    assert stands_words(find(asked_for, *both, term_from=BEGUN)) == "2 of 2"
    assert not find(asked_for, *at_once, term_from=BEGUN).is_met


def test_before_the_first_part_is_over_it_is_what_counts() -> None:
    begun = datetime(2026, 12, 1, tzinfo=UTC)
    asked_for = {"kind": "supervision", "minutes": 60, "per": "half-year"}
    assert not find(asked_for, term_from=begun).is_met
    assert find(asked_for, fact("supervision", "2026-12-24", amount=60), term_from=begun).is_met


def test_at_a_first_grant_the_last_such_part_counts() -> None:
    asked_for = {"kind": "cpd", "hours": 16, "per": "year"}
    assert find(asked_for, fact("cpd", "2026-02-01", amount=960)).is_met
    assert not find(asked_for, fact("cpd", "2026-01-30", amount=960)).is_met


def test_either_route_is_enough() -> None:
    routes = {"kind": "any_of", "of": [{"kind": "experience", "months": 12}, [
        {"kind": "assessment", "minimum_percent": 60}, {"kind": "endorsements", "minimum": 1}]]}  # fmt: skip
    assert find(routes, fact("experience", amount=12)).is_met
    assert find(routes, fact("assessment", amount=60), fact("endorsements", who="a")).is_met
    assert not find(routes, fact("assessment", amount=60), fact("experience", amount=3)).is_met


def test_what_was_told_later_or_happened_later_does_not_count() -> None:
    (one,) = asked({"kind": "endorsements", "minimum": 1})
    late = [fact("endorsements", "2026-12-01", who="a", known=on("2027-01-15"))]
    for at, known, is_met in (("2027-01-01", "2027-01-20", True), ("2027-01-01", "2027-01-10", False),
                              ("2026-11-30", "2027-01-20", False)):  # fmt: skip
        (found,) = evaluate((one,), late, at=on(at), known=on(known))
        assert found.is_met is is_met


def test_why_something_does_not_count_is_folded() -> None:
    facts = [fact("endorsements", who="a"), *(fact("endorsements", who="a", why="duplicate") for _ in "12")]
    found = find({"kind": "endorsements", "minimum": 2}, *facts)
    assert left_out_words(found) == ("2 do not count: a second one by the same person",)


def test_of_nothing_asked_nothing_follows() -> None:
    assert not is_grantable(())
    assert verdict(()) == "nothing-asked"


def test_the_verdict_names_the_first_that_is_open() -> None:
    three = asked(
        {"kind": "observation", "level": 2}, {"kind": "endorsements", "minimum": 1},
        {"kind": "assessment", "minimum_percent": 60},
    )  # fmt: skip
    facts = [fact("assessment", amount=60), fact("endorsements", who="a"), fact("observation", level=2)]
    told = [verdict(evaluate(three, facts[:n], at=AT, known=AT)) for n in range(4)]
    assert told == ["assessment", "endorsements", "observed-level", "grantable"]

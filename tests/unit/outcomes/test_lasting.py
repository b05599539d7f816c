"""What is still known later, who is still here, and money as somebody says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import SchemaFaultsError
from credserv.outcomes.disclosure import HIGH_RATE, LOW_RATE, show_estimate
from credserv.outcomes.metrics import Metric, MetricKind, read_metric
from credserv.outcomes.pairing import find_kept, find_stays
from credserv.outcomes.publishing_later import ASSESSED_AGAIN, WHATEVER_REASON, kept_figure, leaving_figures
from credserv.outcomes.rows import TOO_EARLY
from credserv.outcomes.stated import return_of, stated_figures
from credserv.records.outcomes import Fact, FactKind

START = datetime(2026, 1, 1, tzinfo=UTC)
PRE, POST, STARTED = FactKind.PRE, FactKind.POST, FactKind.STARTED
KEPT = Metric("kept", MetricKind.KEPT, "Still known", "Is it still known?", "L&D", ("course",))
LEAVING = Metric("stay", MetricKind.LEAVING, "Staying", "Do they stay?", "People", ("personnel",))


def fact(day: float, kind: FactKind, score: float | None = None, instrument: str = "v1") -> Fact:
    at = START + timedelta(days=day)
    return Fact(
        f"{day}{kind}{instrument}", "ada", kind, "p", at, at, score=score, maximum=100, instrument=instrument
    )


@pytest.mark.parametrize(
    ("more", "cut", "expected"),
    [
        ([(60, POST, 55)], 70, (55, True)),
        ([(39, POST, 55)], 70, (None, True)),  # 29 days after the first: no time has passed
        ([(39, POST, 55), (41, POST, 50)], 70, (50, True)),
        ([(380, POST, 55)], 400, (None, True)),  # more than a year
        ([], 30, (None, False)),  # it could not be yet
    ],
)
def test_a_second_assessment_is_one_of_30_to_365_days_later(
    more: list[tuple[float, FactKind, float]], cut: float, expected: tuple[float | None, bool]
) -> None:
    facts = [fact(-1, PRE, 40), fact(0, STARTED), fact(10, POST, 60), *(fact(*one) for one in more)]
    (found,) = find_kept(facts, "p", START + timedelta(days=cut))
    assert (found.pair.pre, found.pair.post) == (40, 60)
    assert (found.later, found.is_due) == expected


def test_a_second_assessment_by_another_version_is_none() -> None:
    facts = [fact(-1, PRE, 40), fact(0, STARTED), fact(10, POST, 60), fact(90, POST, 55, "v2")]
    (found,) = find_kept(facts, "p", START + timedelta(days=100))
    assert found.later is None


def test_each_version_of_an_assessment_has_rows_of_its_own() -> None:
    gained = {"n": 12, "mean": 9.0, "low": 7.0, "high": 11.0}
    few = dict.fromkeys(("then", "later", "change"), gained | {"n": 7})
    many = {"then": gained, "later": gained | {"mean": 6.0}, "change": gained | {"mean": -3.0}}
    found = kept_figure(
        KEPT,
        [
            {"instrument": "test v1", "people": 20, "due": 12, **many},
            {"instrument": "test v2", "people": 9, "due": 7, **few},
            {"instrument": "Ada's own", "people": 7, "due": 7, **few},
            {"instrument": "", "people": 8, "due": 0},
        ],
    )
    assert [(row.label, row.value) for row in found.rows] == [
        ("test v1: gain at the end", "9.0"),
        ("test v1: gain 30 to 365 days later", "6.0"),
        ("test v1: change from the end to later", "-3.0"),
        ("test v2: gain at the end", None),
        ("test v2: gain 30 to 365 days later", None),
        ("test v2: change from the end to later", None),
        ("Assessment: later", TOO_EARLY),
    ]
    assert ASSESSED_AGAIN in found.cautions


def test_who_left_is_looked_at_until_then_and_who_is_here_until_the_cut() -> None:
    cut = START + timedelta(days=50)
    facts = [fact(0, STARTED)]
    gone = START + timedelta(days=20)
    for ends, expected in (
        ({}, (50, False)),
        ({"ada": (gone,)}, (20, True)),
        ({"ada": (START - timedelta(days=9),)}, (50, False)),  # an employment before this one
    ):
        (stay,) = find_stays(facts, "p", ends, cut)
        assert (stay.days, stay.happened) == expected


def test_an_estimated_share_tells_of_no_few() -> None:
    assert show_estimate(0.8, 19, 4) is None
    assert show_estimate(0.8, 20, 4) is None, "four left"
    assert show_estimate(0.75, 20, 5) == "75 %"
    assert show_estimate(0.96, 60, 2) == HIGH_RATE
    assert show_estimate(0.04, 60, 57) == LOW_RATE
    assert show_estimate(0.1, 60, 56) is None
    assert show_estimate(0.625, 40, 12) == "63 %"


def leaving(share: float | None, n: int = 40, days: float | None = -12.4) -> dict[str, Any]:
    group = {"n": n, "left": 12, "share": share}
    between = None if days is None else {"days": days, "low": days - 20, "high": days + 20}
    return {**dict.fromkeys(("all", "mentored", "not_mentored"), group), "rmst_difference": between}


def test_leaving_is_told_as_who_is_still_here_and_as_days() -> None:
    shares, days = leaving_figures(LEAVING, leaving(0.7))
    assert [row.value for row in shares.rows] == ["70 %"] * 3
    assert WHATEVER_REASON in shares.cautions
    assert [(row.value, row.low, row.high) for row in days.rows] == [("-12", "-32", "8")]
    (alone,) = leaving_figures(LEAVING, leaving(None, days=None))
    assert {row.value for row in alone.rows} == {TOO_EARLY}


@pytest.mark.parametrize(
    ("cost", "benefit", "expected"),
    [
        (20_000, 50_000, "150.0"),
        (50_000, 20_000, "-60.0"),
        (3, 4, "33.3"),
        (8, 8.004, "0.1"),
        (1, 0, "-100.0"),
    ],
)
def test_a_return_is_what_was_brought_less_what_was_spent_by_what_was_spent(
    cost: float, benefit: float, expected: str
) -> None:
    assert str(return_of(cost, benefit)) == expected


STATED = {"by": "Jo Doe, Finance", "cost": 20_000, "benefit": 50_000.5, "currency": "EUR"}
RETURN = {
    "kind": "stated-return",
    "name": "Return",
    "question": "Does it pay?",
    "owner": "Finance",
    "evidence": ["project"],
    "stated": STATED,
}


def test_money_says_who_stated_it_wherever_it_is_shown() -> None:
    metric = read_metric(
        "roi", RETURN | {"stated": STATED | {"basis": "Fewer complaints, by the claims desk."}}
    )
    amounts, percent = stated_figures(metric.key, metric.name, metric.stated)
    assert (amounts.unit, [row.value for row in amounts.rows]) == ("EUR", ["20000", "50000.50"])
    assert (percent.unit, [row.value for row in percent.rows]) == ("per cent", ["150.0"])
    for figure in (amounts, percent):
        assert figure.cautions == (
            "As stated by Jo Doe, Finance: it is not computed from anything that is counted here.",
            "How they came to it: Fewer complaints, by the claims desk.",
        )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"stated": None}, "/stated"),
        ({"stated": {**STATED, "people": 4}}, "/stated"),
        ({"stated": {**STATED, "by": " "}}, "/stated/by"),
        ({"stated": {**STATED, "cost": 0}}, "/stated/cost"),
        ({"stated": {**STATED, "cost": "20000"}}, "/stated/cost"),
        ({"stated": {**STATED, "benefit": -1}}, "/stated/benefit"),
        ({"stated": {**STATED, "benefit": float("nan")}}, "/stated/benefit"),
        ({"stated": {**STATED, "currency": "euro"}}, "/stated/currency"),
        ({"stated": {**STATED, "basis": ""}}, "/stated/basis"),
        ({"kind": "participation", "pathway": "onboarding"}, "/stated"),
    ],
)
def test_money_that_nobody_states_is_refused_with_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaFaultsError) as refused:
        read_metric("roi", RETURN | change)
    assert [fault.place for fault in refused.value.faults] == [place]

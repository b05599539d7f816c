"""In which words figures are published."""

from __future__ import annotations

from typing import Any

from credserv.outcomes.disclosure import Share
from credserv.outcomes.metrics import Metric, MetricKind
from credserv.outcomes.publishing import (
    COMPUTED,
    GROWS,
    across_figure,
    gap_words,
    relations_figures,
    supply_figures,
)


def test_gaps_are_told_against_the_highest_of_those_who_are_enough() -> None:
    shares = {"few": Share(3, 3), "a": Share(60, 30), "b": Share(40, 12), "c": Share(100, 49)}
    assert gap_words(shares) == [
        "b against a: below four fifths; chance alone may explain it.",
        "c against a: not below four fifths; chance alone may explain it.",
    ]
    assert gap_words({"a": Share(60, 50), "b": Share(60, 20)}) == [
        "b against a: below four fifths; chance alone hardly explains it."
    ]
    assert gap_words({"few": Share(3, 3), "a": Share(60, 30)}) == []


SUPPLY = Metric("supply", MetricKind.SUPPLY, "Supply", "Is there time enough?", "L&D", ("session",))


def supply(**more: Any) -> dict[str, Any]:
    competency = {"mentors_in_force": 3, "free_minutes_this_week": 90}
    return {
        "mentors_in_force": 12,
        "minutes_offered_a_week": 12 * 60,
        "free_minutes_this_week": 7 * 60 + 20,
        "by_competency": {"feedback": competency},
        "requests": 140,
        "people_who_asked": 40,
        "median_days_to_session": 6.4,
    } | more


def test_mentors_time_is_told_in_hours_of_enough_of_them() -> None:
    hours, waits = supply_figures(SUPPLY, supply())
    assert [(row.label, row.people, row.value) for row in hours.rows] == [
        ("Offered a week", "10", "12"),
        ("Free this week", "10", "7"),
        ("Free this week: feedback", "fewer than 5", None),
    ]
    assert [(row.people, row.value) for row in waits.rows] == [("40", "6"), ("40", "0.0"), ("40", "2.1")]
    assert waits.cautions == (COMPUTED,)


def test_where_as_much_is_asked_for_as_there_is_the_queue_grows_and_no_number_is_told() -> None:
    _, waits = supply_figures(SUPPLY, supply(requests=200))
    assert [row.value for row in waits.rows][2] == GROWS
    for few in ({"people_who_asked": 7}, {"mentors_in_force": 7}):
        _, waits = supply_figures(SUPPLY, supply(**few))
        assert [row.value for row in waits.rows][1:] == [None, None]


def test_a_mean_of_sessions_needs_eight_people_and_a_share_of_them_twenty() -> None:
    metric = Metric("pairs", MetricKind.RELATIONS, "Pairs", "Does it last?", "HR", ("session",))

    def shown(people: int) -> list[str | None]:
        told = relations_figures(metric, people, 50, Share(40, 10), Share(50, 25))
        return [row.value for figure in told for row in figure.rows]

    assert shown(7) == [None, None, None]
    assert shown(8) == ["1.2", None, None]
    assert shown(20) == ["1.2", "25 %", "50 %"]
    (empty,) = relations_figures(metric, 0, 0, Share(0, 0), Share(0, 0))[0].rows
    assert (empty.people, empty.value) == ("0", None)


def test_a_share_of_sessions_needs_enough_people() -> None:
    (row,) = across_figure(SUPPLY, Share(60, 30), 24).rows
    assert (row.people, row.value) == ("25", "50 %")
    (row,) = across_figure(SUPPLY, Share(60, 30), 19).rows
    assert row.value is None, "sixty sessions of a few people tell of these few"

"""Rules of a source as rows of a form: a row gives its rule back, and what none gives is kept as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import SchemaFaultsError
from credserv.sources.mapping import parse_mapping
from credserv.sources.mapping_form import RuleRow, build_mapping, read_rows

LEVELS = [{"from": 0.6, "level": "#developing"}, {"from": 0.825, "level": "#proficient"}]
RULE = {
    "event": "course.completed",
    "course": "MENTOR*",
    "achievement": "mentor-foundation",
    "minimum_score": 0.6,
    "result": {"description": "#mastery", "value": "score_percent", "levels": LEVELS},
}


def test_a_rule_with_levels_is_a_row_and_the_row_is_the_rule() -> None:
    (row,) = read_rows({"rules": [RULE]})
    assert row == RuleRow(
        "mentor-foundation",
        "course.completed",
        "MENTOR*",
        "60",
        "#mastery",
        "score_percent",
        {"#developing": "60", "#proficient": "82.5"},
    )
    assert build_mapping([row]) == {"rules": [RULE]}
    upside_down = {**RULE, "result": {**RULE["result"], "levels": LEVELS[::-1]}}
    assert read_rows({"rules": [upside_down]}) == (row,)


@pytest.mark.parametrize(
    "more",
    [
        {"result": [RULE["result"], {"description": "#score", "value": "score"}]},
        {"minimum_score": "much"},
        {"unknown": True},
    ],
)
def test_what_no_row_says_stays_as_it_is(more: dict[str, object]) -> None:
    rule = {**RULE, **more}
    (row,) = read_rows({"rules": [rule]})
    assert (row.achievement, bool(row.raw)) == ("mentor-foundation", True)
    assert build_mapping([row]) == {"rules": [rule]}


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([None, "score", "score_percent"]))
def test_no_rule_changes_by_being_read_and_written(least: int, start: int, value: str | None) -> None:
    result = {
        "description": "#mastery",
        "value": value,
        "levels": [{"from": start / 10_000, "level": "#basic"}],
    }
    rule = {**RULE, "minimum_score": least / 10_000, "result": result}
    rows = read_rows({"rules": [rule]})
    assert not rows[0].raw
    assert parse_mapping(build_mapping(rows)) == parse_mapping({"rules": [rule]})


@pytest.mark.parametrize("typed", ["sixty", "-1", "101", "NaN", "1e9"])
def test_what_is_no_percent_is_told_at_its_rule(typed: str) -> None:
    rows = [RuleRow("a", "b", "c"), RuleRow("a", "b", "c", percent=typed)]
    with pytest.raises(SchemaFaultsError) as raised:
        build_mapping(rows)
    assert [(one.place, one.message) for one in raised.value.faults] == [
        ("/rules/1/minimum_score", "a number from 0 to 100")
    ]


def test_a_comma_is_a_point_and_what_is_no_json_is_told() -> None:
    (rule,) = build_mapping([RuleRow("a", "b", "c", percent="62,5")])["rules"]
    assert rule["minimum_score"] == 0.625
    with pytest.raises(SchemaFaultsError) as raised:
        build_mapping([RuleRow("a", raw="{")])
    assert raised.value.faults[0].place == "/rules/0"

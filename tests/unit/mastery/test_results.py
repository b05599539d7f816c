"""What a credential says of how it was earned."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.mastery.facts import Fact
from credserv.mastery.index import CurrentRule
from credserv.mastery.judging import judge_rule
from credserv.mastery.results import build_evidence, build_results
from credserv.openbadges.results import undefined_faults
from credserv.records.observations import Kind
from tests.unit.mastery.samples import NOW, fact, rule, word
from tests.unit.mastery.test_judging import GAIN, OURS

A = "https://a.example/achievements/mentor/versions/3"
ACHIEVEMENT: dict[str, Any] = {
    "id": A,
    "resultDescription": [
        {
            "id": f"{A}#mastery",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": [
                {"id": f"{A}#{name}"} for name in ("developing", "proficient", "exemplary")
            ],
        },
        {"id": f"{A}#score", "resultType": "Percent", "valueMin": "0", "valueMax": "100"},
        {"id": f"{A}#points", "resultType": "RawScore"},
    ],
}


def results(when: dict[str, Any], *facts: Fact) -> list[dict[str, Any]]:
    verdict = judge_rule(rule(when, scales=True), facts, (), NOW)
    assert verdict.is_met
    built = build_results(verdict, ACHIEVEMENT)
    assert undefined_faults(ACHIEVEMENT, built) == ()
    return [{name: value for name, value in one.items() if name not in ("type", "status")} for one in built]


def leaf(of: str, at_least: object, description: str | None = None) -> dict[str, Any]:
    return {
        "result": {
            "activity": "course",
            "of": of,
            "at_least": at_least,
            **({"description": description} if description else {}),
        }
    }


@pytest.mark.parametrize(
    ("when", "seen", "expected"),
    [
        (
            leaf("scaled", 0.8),
            {"scaled": "0.87"},
            [{"resultDescription": f"{A}#mastery", "value": "0.87", "achievedLevel": f"{A}#proficient"}],
        ),
        (
            leaf("scaled", 0.8, "#score"),
            {"scaled": "0.87999"},
            [{"resultDescription": f"{A}#score", "value": "87.99"}],
        ),
        (leaf("scaled", -1, "#score"), {"scaled": "-0.5"}, []),  # below what the achievement defines
        (
            leaf("raw", 8, "#points"),
            {"raw": "8.5", "max": "10"},
            [{"resultDescription": f"{A}#points", "value": "8.5"}],
        ),
        (
            leaf("raw", 8, "#score"),
            {"raw": "8", "min": "0", "max": "12"},
            [{"resultDescription": f"{A}#score", "value": "66.66"}],
        ),
        (leaf("raw", 8, "#score"), {"raw": "8"}, []),
        (leaf("scaled", 0.1, "#gone"), {"scaled": "0.5"}, []),
        (
            leaf("level", "#proficient"),
            {"level": "exemplary"},
            [{"resultDescription": f"{A}#mastery", "achievedLevel": f"{A}#exemplary"}],
        ),
    ],
)
def test_a_result_is_written_as_its_description_wants_it(
    when: dict[str, Any], seen: dict[str, str], expected: list[dict[str, Any]]
) -> None:
    assert results(when, fact("1", Kind.GRADED, **seen)) == expected


def test_of_a_gain_both_results_are_told_and_the_level_of_the_second() -> None:
    facts = [
        fact("1", Kind.GRADED, "before", scaled="0.61"),
        fact("2", Kind.GRADED, "after", day=2, scaled="0.9"),
    ]
    assert results(GAIN, *facts) == [
        {"resultDescription": f"{A}#mastery", "value": "0.61"},
        {"resultDescription": f"{A}#mastery", "value": "0.9", "achievedLevel": f"{A}#proficient"},
    ]


def test_evidence_tells_each_leaf_its_source_and_whether_it_was_signed() -> None:
    when = {
        "all": [
            {"observed": {"kind": "completed", "activity": "course"}},
            {"credential": {"achievement": "first"}},
            {"any": [{"endorsements": {"count": 1}}, {"observed": {"kind": "passed", "activity": "x"}}]},
        ]
    }
    facts = [fact("1", Kind.COMPLETED), word("2", "ann", "peer")]
    verdict = judge_rule(rule(when), facts, [OURS], NOW)
    told = build_evidence(verdict, {one.id: one for one in facts}, CurrentRule(4, rule(when)))
    assert [(one["name"], one.get("narrative", one.get("id"))) for one in told] == [
        (
            "Completed: “course”",
            "Completed of “course” on 2026-05-01T09:00:00Z, as told by the source campus."
            " Unsigned source: nobody signed the message.",
        ),
        ("Credential held before", OURS.id),
        (
            "Endorsed: “mentor”",
            "Observed of “mentor” on 2026-05-01T09:00:00Z, recorded here by a person who was signed in.",
        ),
        ("Rule", "Awarded by version 4 of the rule of “mentor”."),
    ]

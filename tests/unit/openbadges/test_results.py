"""Results against what their achievement says there can be."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.openbadges.results import result_faults

PERCENT = {"id": "urn:percent", "valueMin": "0", "valueMax": "100"}
GRADE = {"id": "urn:grade", "allowedValue": ["A", "B"]}
LEVEL = {"id": "urn:level", "rubricCriterionLevel": [{"id": "urn:level:1"}, {"id": "urn:level:2"}]}


def faults(**result: Any) -> int:
    achievement = {"resultDescription": [PERCENT, GRADE, LEVEL]}
    return len(result_faults({"achievement": achievement, "result": [result]}))


@pytest.mark.parametrize(
    ("described", "value", "expected"),
    [
        ("urn:percent", "0", 0),
        ("urn:percent", "100.0", 0),
        ("urn:percent", "100.01", 1),
        ("urn:percent", "-1", 1),
        ("urn:percent", "NaN", 1),
        ("urn:percent", "1e999999999", 1),
        ("urn:percent", "9" * 100_000, 1),
        ("urn:percent", 50, 1),
        ("urn:grade", "A", 0),
        ("urn:grade", "a", 1),
        ("urn:level", "anything", 0),
        ("urn:none", "1", 1),
        (7, "1", 1),
    ],
)
def test_values(described: Any, value: Any, expected: int) -> None:
    assert faults(resultDescription=described, value=value) == expected


def test_levels() -> None:
    assert faults(resultDescription="urn:level", achievedLevel="urn:level:2") == 0
    assert faults(resultDescription="urn:level", achievedLevel="urn:level:9") == 1
    assert faults(resultDescription="urn:percent", achievedLevel="urn:level:2") == 0


def test_a_result_without_description_says_nothing_to_compare() -> None:
    assert faults(value="1000") == 0
    assert result_faults({}) == ()
    assert result_faults({"result": "x", "achievement": ["y", {"resultDescription": 7}]}) == ()

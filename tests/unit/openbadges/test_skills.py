"""What a credential says that a person can do: levels and rubrics, frameworks, accreditation of mentors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.openbadges.skill_claims import skill_claims
from credserv.openbadges.skills import (
    is_mentor_accreditation,
    read_alignments,
    read_results,
    result_descriptions,
)

NOW = datetime(2026, 3, 14, tzinfo=UTC)
RUBRIC: dict[str, Any] = {
    "id": "urn:x:rubric",
    "name": "Practice",
    "resultType": "RubricCriterionLevel",
    "requiredLevel": "urn:x:2",
    "rubricCriterionLevel": [
        {"id": "urn:x:1", "name": "Developing", "level": "1", "description": "With support."},
        {"id": "urn:x:2", "name": "Proficient", "level": "2", "points": "5"},
        {"id": "urn:x:3", "name": "Exemplary", "level": "3"},
    ],
}
SCORE: dict[str, Any] = {
    "id": "urn:x:score",
    "name": "Score",
    "resultType": "Percent",
    "valueMin": "0",
    "valueMax": "100",
    "requiredValue": "60",
}
ACHIEVEMENT = {"resultDescription": [RUBRIC, SCORE]}


def test_the_level_reached_stands_in_its_rubric() -> None:
    subject = {"result": {"resultDescription": "urn:x:rubric", "achievedLevel": "urn:x:2"}}
    (result,) = read_results(subject, ACHIEVEMENT)
    assert (result.name, result.level, result.required) == ("Practice", "Proficient", "Proficient")
    assert [(level.name, level.achieved, level.required) for level in result.levels] == [
        ("Developing", False, False),
        ("Proficient", True, True),
        ("Exemplary", False, False),
    ]
    assert result.levels[0].description == "With support."
    assert result.levels[1].points == "5"


@pytest.mark.parametrize(
    ("value", "outside"),
    [
        ("0", False),
        ("87.5", False),
        ("100", False),
        ("101", True),
        ("-1", True),
        ("A+", False),
        ("nan", False),
    ],
)
def test_a_value_outside_of_its_range_is_told(value: str, outside: bool) -> None:
    (result,) = read_results({"result": [{"resultDescription": "urn:x:score", "value": value}]}, ACHIEVEMENT)
    assert result.outside is outside
    assert (result.value, result.minimum, result.maximum, result.required) == (value, "0", "100", "60")


def test_a_level_that_no_rubric_has_is_none() -> None:
    subject = {"result": {"resultDescription": "urn:x:rubric", "achievedLevel": "urn:x:9"}}
    (result,) = read_results(subject, ACHIEVEMENT)
    assert (result.level, any(level.achieved for level in result.levels)) == ("", False)


def test_what_an_achievement_measures_has_no_result_yet() -> None:
    practice, score = result_descriptions(ACHIEVEMENT)
    assert [level.name for level in practice.levels] == ["Developing", "Proficient", "Exemplary"]
    assert (practice.level, score.value) == ("", "")


@pytest.mark.parametrize(
    ("alignment", "kind", "group"),
    [
        ({"targetUrl": "http://data.europa.eu/esco/skill/a"}, "ESCO", "ESCO"),
        ({"targetUrl": "https://www.onetcenter.org/x", "targetType": "ceasn:Competency"}, "O*NET", "O*NET"),
        ({"targetUrl": "https://c.example/ims/case/v1p1/CFItems/1"}, "CASE", "CASE"),
        (
            {"targetUrl": "https://c.example/1", "targetType": "CFItem", "targetFramework": "State"},
            "CASE",
            "State",
        ),
        ({"targetUrl": "https://c.example/1", "targetType": "ext:RSD"}, "RSD", "RSD"),
        ({"targetUrl": "https://credentialfinder.example/1", "targetType": "CTDL"}, "CTDL", "CTDL"),
        ({"targetUrl": "https://evil.example/data.europa.eu/esco/skill/a"}, "", ""),
        ({"targetUrl": "https://["}, "", ""),
    ],
)
def test_the_family_of_a_framework(alignment: dict[str, str], kind: str, group: str) -> None:
    achievement = {"alignment": {"targetName": "x", **alignment}}
    (found,) = read_alignments(achievement)
    (claim,) = skill_claims({}, achievement)
    assert (found.kind, claim.framework) == (kind, group)


RESULT = {
    "id": "#r",
    "resultType": "RubricCriterionLevel",
    "rubricCriterionLevel": [
        {"id": "#low", "name": "Developing", "level": "1"},
        {"id": "#high", "name": "Expert", "level": "2"},
    ],
}


def claims(result: dict[str, object], **description: object) -> list[tuple[str, str, str]]:
    achievement = {
        "alignment": [
            {"targetName": "Coach", "targetUrl": "http://data.europa.eu/esco/skill/1"},
            {"targetName": "Mentor", "targetUrl": "http://data.europa.eu/esco/occupation/1"},
            {
                "targetName": "EQF 5",
                "targetUrl": "https://c.example/1",
                "targetType": "CFRubricCriterionLevel",
            },
        ],
        "resultDescription": [{**RESULT, **description}],
    }
    subject = {"result": [{"resultDescription": "#r", **result}]}
    return [(claim.name, claim.kind.value, claim.level) for claim in skill_claims(subject, achievement)]


@pytest.mark.parametrize(
    ("result", "level"),
    [
        ({"achievedLevel": "#high"}, "Expert"),
        ({"achievedLevel": "https://x.example/levels#expert"}, "expert"),
        ({"achievedLevel": "#high", "status": "Failed"}, ""),
        ({"value": "Expert"}, "Expert"),
        ({}, ""),
    ],
)
def test_skills_stand_apart_from_roles_and_levels_with_the_level_reached(
    result: dict[str, object], level: str
) -> None:
    assert claims(result) == [("Coach", "skill", level), ("Mentor", "role", level), ("EQF 5", "level", level)]


def test_a_measure_is_no_level_and_a_result_is_of_the_skill_that_it_names() -> None:
    assert claims({"value": "87"}, resultType="Percent")[0] == ("Coach", "skill", "")
    own = {"alignment": [{"targetUrl": "http://data.europa.eu/esco/skill/1"}]}
    assert [level for _, _, level in claims({"achievedLevel": "#low"}, **own)] == ["Developing", "", ""]


@pytest.mark.parametrize(
    ("achievement", "is_one"),
    [
        ({"achievementType": "ext:MentorAccreditation"}, True),
        ({"tag": ["x", "Mentor accreditation"]}, True),
        ({"tag": "mentor-accreditation"}, True),
        ({"tag": ["mentoring"]}, False),
        ({"name": "Mentor accreditation"}, False),
        ({}, False),
    ],
)
def test_what_calls_itself_an_accreditation_of_mentors(achievement: dict[str, Any], is_one: bool) -> None:
    assert is_mentor_accreditation(achievement) is is_one


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = ["resultDescription", "rubricCriterionLevel", "alignment", "tag", "result", "allowedValue"]
MEMBERS += ["achievedLevel", "value", "valueMin", "targetUrl", "id", "name", "achievementType"]
DOCUMENTS = st.dictionaries(
    st.sampled_from(MEMBERS), JSON | st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4), max_size=6
)


@given(DOCUMENTS, DOCUMENTS)
def test_nothing_that_json_can_say_is_an_error(subject: dict[str, Any], achievement: dict[str, Any]) -> None:
    for result in read_results(subject, achievement):
        assert result.outside in (True, False)
    tuple(skill_claims(subject, achievement))
    result_descriptions(achievement)
    is_mentor_accreditation(achievement)

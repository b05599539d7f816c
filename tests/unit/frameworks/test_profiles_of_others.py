"""Role profiles and crosswalks as they are found elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.frameworks.crosswalk import Link, read_crosswalk
from credserv.frameworks.framework import Strength
from credserv.frameworks.profile import parse_profile
from credserv.ground.errors import InputError, SchemaFaultsError

ONE, TWO = "http://data.europa.eu/esco/skill/1", "http://data.europa.eu/esco/skill/2"
LINK = Link(ONE, TWO, Strength.EXACT)


def test_an_occupation_as_the_api_of_esco_answers_it_is_a_profile() -> None:
    links = {
        "hasEssentialSkill": [{"href": "https://ec.europa.eu/esco/api/…", "uri": ONE, "title": "use CAD"}],
        "hasOptionalSkill": [{"uri": TWO, "title": "draw"}],
    }
    answered = {"uri": "http://data.europa.eu/esco/occupation/7", "title": "drafter", "_links": links}
    found = parse_profile(answered)
    assert (found.name, found.uri) == ("drafter", answered["uri"])
    assert [(one.label, one.essential) for one in found.skills] == [("use CAD", True), ("draw", False)]


@pytest.mark.parametrize(
    "said",
    [
        {"essential": False},
        {"essential": "false"},
        {"essential": "No"},
        {"required": False},
        {"optional": True},
        {"relationType": "optional"},
    ],
)
def test_a_skill_that_says_it_is_optional_is(said: dict[str, Any]) -> None:
    (one,) = parse_profile({"name": "x", "skills": [{"uri": ONE, **said}]}).skills
    assert not one.essential


@pytest.mark.parametrize("said", [{}, {"essential": True}, {"essential": "yes"}, {"optional": False}])
def test_every_other_skill_is_essential(said: dict[str, Any]) -> None:
    (one,) = parse_profile({"name": "x", "skills": [{"uri": ONE, **said}]}).skills
    assert one.essential


@pytest.mark.parametrize("name", ["profile", "profiles"])
def test_a_profile_may_lie_within(name: str) -> None:
    inner = {"name": "guide", "skills": [{"uri": ONE}]}
    found = parse_profile({name: inner if name == "profile" else [inner]})
    assert (found.name, [one.uri for one in found.skills]) == ("guide", [ONE])


def test_one_skill_at_two_levels_is_a_fault() -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_profile({"name": "x", "skills": [{"uri": ONE, "level": "1"}, {"uri": ONE, "level": "3"}]})
    assert [fault.place for fault in caught.value.faults] == ["/skills/1"]


@pytest.mark.parametrize(
    "data",
    [
        f"from,to,strength\n{ONE},{TWO},exact\n".encode(),
        f"Strength;From;To\r\nskos:exactMatch;{ONE};{TWO}\r\n".encode("utf-16"),
        f'[{{"from": "{ONE}", "to": "{TWO}", "strength": "exact"}}]'.encode("utf-8-sig"),
        f'[{{"from": "{ONE}", "to": "{TWO}", "strength": "http://www.w3.org/2004/02/skos/core#exactMatch"}}]'.encode(),
    ],
)
def test_a_crosswalk_is_json_or_a_table(data: bytes) -> None:
    assert read_crosswalk(data) == (LINK,)


def test_what_a_table_of_links_lacks_is_told() -> None:
    with pytest.raises(InputError, match="no column strength"):
        read_crosswalk(f"from,to\n{ONE},{TWO}\n".encode())

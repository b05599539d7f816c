"""The rules of eligibility, on values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.frameworks.crosswalk import Link, parse_crosswalk
from credserv.frameworks.eligibility import Answer, Shown, Standing, judge_eligibility
from credserv.frameworks.framework import Strength
from credserv.frameworks.profile import RoleProfile, WantedSkill, parse_profile
from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.openbadges.skill_claims import SkillClaim

ASKED = "https://a.example/skills/1"
OTHER = "https://b.example/skills/2"
ENDS = datetime(2027, 1, 1, tzinfo=UTC)


def shown(name: str = "k", uri: str = ASKED, standing: Standing = Standing.COUNTS, **claim: object) -> Shown:
    return Shown(name, standing, (SkillClaim("Skill", uri, **claim),), "why")  # type: ignore[arg-type]


def answer(*credentials: Shown, links: tuple[Link, ...] = (), level: str = "", scale: str = "") -> Answer:
    wanted = WantedSkill(ASKED, level=level, scale=tuple(scale.split()))
    return judge_eligibility(RoleProfile("r", (wanted,)), credentials, links).answers[0].answer


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (Strength.EXACT, Answer.CROSSWALK),
        (Strength.BROADER, Answer.MISSING),
        (Strength.NARROWER, Answer.MISSING),
        (Strength.RELATED, Answer.MISSING),
    ],
)
def test_only_an_exact_link_meets(strength: Strength, expected: Answer) -> None:
    assert answer(shown(uri=OTHER), links=(Link(OTHER, ASKED, strength),)) is expected


def test_a_link_the_other_way_round_is_told_and_does_not_meet() -> None:
    profile = RoleProfile("r", (WantedSkill(ASKED),))
    for strength, seen in ((Strength.EXACT, Strength.EXACT), (Strength.BROADER, Strength.NARROWER)):
        found = judge_eligibility(profile, [shown(uri=OTHER)], [Link(ASKED, OTHER, strength)]).answers[0]
        assert (found.answer, found.near, found.strength) == (Answer.MISSING, ("k",), seen)


def test_links_are_not_chained() -> None:
    between = "https://c.example/3"
    links = (Link(OTHER, between, Strength.EXACT), Link(between, ASKED, Strength.EXACT))
    assert answer(shown(uri=OTHER), links=links) is Answer.MISSING


def test_the_most_decisive_credential_answers() -> None:
    expired, unknown, out = (
        shown(standing.value, standing=standing)
        for standing in (Standing.EXPIRED, Standing.UNKNOWN, Standing.NOT_COUNTED)
    )
    assert answer(expired, unknown, out, shown()) is Answer.MET
    assert answer(expired, unknown, out) is Answer.UNKNOWN
    assert answer(expired, out) is Answer.EXPIRED
    assert answer(out) is Answer.MISSING
    low = shown("low", level_names=("developing",))
    assert answer(low, expired, level="expert", scale="developing expert") is Answer.LEVEL


@pytest.mark.parametrize(
    ("names", "level", "scale", "expected"),
    [
        (("Expert",), "proficient", "developing proficient expert", Answer.MET),
        (("developing",), "proficient", "developing proficient expert", Answer.LEVEL),
        (("B2",), "proficient", "developing proficient expert", Answer.UNKNOWN),
        ((), "developing", "developing proficient expert", Answer.UNKNOWN),
        (("5",), "4", "", Answer.MET),
        (("3",), "4", "", Answer.LEVEL),
        (("10",), "9", "", Answer.MET),
        (("good",), "Good", "", Answer.MET),
        (("good",), "better", "", Answer.UNKNOWN),
    ],
)
def test_levels(names: tuple[str, ...], level: str, scale: str, expected: Answer) -> None:
    claimed = shown(level=names[0] if names else "", level_names=names)
    assert answer(claimed, level=level, scale=scale) is expected


def test_a_level_is_judged_by_the_credentials_own_rubric_where_the_profile_has_no_scale() -> None:
    rubric = ("novice", "able", "master")
    for reached, expected in (("master", Answer.MET), ("novice", Answer.LEVEL)):
        one = shown(level=reached, level_names=(reached,), rubric=rubric)
        assert answer(one, level="able") is expected


@pytest.mark.parametrize("uri", ["http://a.example/skills/1", "https://A.example/skills/1/"])
def test_spellings_of_one_address_are_one_skill(uri: str) -> None:
    assert answer(shown(uri=uri)) is Answer.MET


def test_paths_that_differ_are_two_skills() -> None:
    assert answer(shown(uri="https://a.example/Skills/1")) is Answer.MISSING


@given(st.lists(st.sampled_from(Standing), max_size=5), st.randoms())
def test_the_order_of_credentials_decides_nothing(standings: list[Standing], random: object) -> None:
    credentials = [shown(str(index), standing=standing) for index, standing in enumerate(standings)]
    turned = credentials[::-1]
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert answer(*credentials) is answer(*turned)


# --- profiles and crosswalks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {"name": "r", "skills": [{"uri": ASKED}]},
        {"label": "r", "essential": [{"uri": ASKED, "label": "x"}], "optional": []},
        {"name": "r", "skills": [ASKED]},
        {"name": "r", "skills": [{"id": ASKED, "essential": True}]},
        [{"name": "r", "skills": [{"skill": ASKED}]}],
    ],
)
def test_every_form_of_a_profile(value: object) -> None:
    profile = parse_profile(value)
    assert (profile.name, profile.skills[0].uri, profile.skills[0].essential) == ("r", ASKED, True)


def test_optional_skills_and_levels() -> None:
    value = {
        "name": "r",
        "scale": ["low", "high"],
        "skills": [{"uri": ASKED, "level": "high"}, {"uri": OTHER, "essential": False}],
    }
    first, second = parse_profile(value).skills
    assert (first.level, first.scale, second.essential) == ("high", ("low", "high"), False)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"skills": ["listen"]}, "/skills/0"),
        ({"skills": [{"uri": ASKED, "level": "x", "scale": ["a"]}]}, "/skills/0"),
        ({"name": "r"}, ""),
        ([], ""),
        ("r", ""),
    ],
)
def test_what_is_no_profile_is_told_with_its_place(value: object, place: str) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_profile(value)
    assert caught.value.faults[0].place == place


def test_a_role_that_is_not_there() -> None:
    several = [{"name": name, "skills": [ASKED]} for name in ("coach", "mentor")]
    assert parse_profile(several, role="Mentor").name == "mentor"
    with pytest.raises(InputError, match="no role “chef”"):
        parse_profile(several, role="chef")


@pytest.mark.parametrize(
    ("said", "strength"), [("exact", "exact"), ("skos:broadMatch", "narrower"), ("narrowMatch", "broader")]
)
def test_strengths_as_skos_has_them(said: str, strength: str) -> None:
    (link,) = parse_crosswalk({"crosswalk": [{"from": OTHER, "to": ASKED, "strength": said}]})
    assert link.strength == strength


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"from": OTHER, "to": ASKED}, "/0/strength"),
        ({"from": OTHER, "to": ASKED, "strength": "0.5"}, "/0/strength"),
        ({"from": "x", "to": ASKED, "strength": "exact"}, "/0/from"),
        ({"to": ASKED, "strength": "exact"}, "/0/from"),
    ],
)
def test_a_link_without_an_end_or_a_strength_is_refused(entry: dict[str, str], place: str) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_crosswalk([entry])
    assert caught.value.faults[0].place == place

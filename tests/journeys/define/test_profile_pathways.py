"""A pathway out of a role profile: badges for its skills, what none shows, and nothing saved unasked."""

from __future__ import annotations

import html

import pytest

from credserv.frameworks.crosswalk import Link
from credserv.frameworks.framework import Strength
from credserv.ground.errors import NotFoundError
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.define.alignments import align_freely
from credserv.journeys.define.frameworks import keep_crosswalk
from credserv.journeys.define.profile_pathways import propose_profile_pathway
from credserv.journeys.define.role_profiles import keep_profile
from credserv.journeys.define.rules import current_rule, require_rule
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service

SKILLS = "https://skills.example/"
PAGE = "/console/frameworks/profiles/coach/pathway"


def badge(service: Service, key: str, *skills: str, levels: tuple[str, ...] = ()) -> None:
    """With alignments to these skills, and a rubric."""
    achievement: dict[str, object] = {
        "name": key.title(),
        "description": "Of the test.",
        "criteria": {"narrative": "Do it."},
        "alignment": [
            {"type": ["Alignment"], "targetName": one, "targetUrl": SKILLS + one} for one in skills
        ],
    }
    if levels:
        described = [
            {"id": f"#{one}", "type": ["RubricCriterionLevel"], "name": one.capitalize()} for one in levels
        ]
        achievement["resultDescription"] = [
            {
                "id": "#how-well",
                "type": ["ResultDescription"],
                "name": "How well",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": described,
            }
        ]
    document = {"key": key, "kind": "competency-mastery", "achievement": achievement}
    define(service.services, document, read_image=no_image_files, actor="test", now=NOW)


def profile(service: Service, *skills: object) -> None:
    written = [{"uri": SKILLS + one} if isinstance(one, str) else one for one in skills]
    keep_profile(service.services, {"name": "Coach", "skills": written}, actor="test", now=NOW)


def steps(service: Service, **how: object) -> list[dict[str, str]]:
    rule = propose_profile_pathway(service.services, "coach", **how).rule
    return list(rule["pathway"]["routes"][0]["steps"])


def test_as_few_badges_as_will_do_and_what_none_shows_is_named(service: Service) -> None:
    badge(service, "listens", "listening")
    badge(service, "both", "listening", "asking")
    badge(service, "extra", "reading")
    profile(service, "listening", "asking", "planning", {"uri": SKILLS + "reading", "essential": False})
    proposed = propose_profile_pathway(service.services, "coach")
    assert [(one.chosen, [badge.key for badge in one.badges]) for one in proposed.skills] == [
        ("both", ["both", "listens"]),
        ("both", ["both"]),
        ("", []),
        ("", ["extra"]),
    ]
    assert [(one.skill.uri, one.gap) for one in proposed.gaps] == [(SKILLS + "planning", "no badge shows it")]
    assert steps(service) == [{"achievement": "both"}]
    assert steps(service, steps_for_gaps=True) == [
        {"achievement": "both"},
        {"alignment": SKILLS + "planning"},
    ]
    assert steps(service, toward="both") == [{"achievement": "listens"}], "what it leads to is no step"
    assert require_rule(service.services, "mentor-practitioner", proposed.rule).pathway is not None
    with pytest.raises(NotFoundError):
        propose_profile_pathway(service.services, "nobody")


def test_a_level_is_asked_of_the_badge_and_one_without_it_does_not_do(sqlite_service: Service) -> None:
    badge(sqlite_service, "bare", "listening")
    wanted = {"uri": SKILLS + "listening", "level": "proficient"}
    profile(sqlite_service, wanted)
    (gap,) = propose_profile_pathway(sqlite_service.services, "coach").gaps
    assert gap.gap == "Bare: it knows no level “proficient”"
    badge(sqlite_service, "levelled", "listening", levels=("beginning", "proficient"))
    assert propose_profile_pathway(sqlite_service.services, "coach").gaps == ()
    assert steps(sqlite_service) == [{"achievement": "levelled", "level_at_least": "#proficient"}]


def test_a_crosswalk_counts_where_it_says_exactly(sqlite_service: Service) -> None:
    badge(sqlite_service, "foreign", "elsewhere")
    badge(sqlite_service, "near", "alike")
    profile(sqlite_service, "listening", "asking")
    links = [
        Link(SKILLS + "elsewhere", SKILLS + "listening", Strength.EXACT),
        Link(SKILLS + "alike", SKILLS + "asking", Strength.BROADER),
    ]
    keep_crosswalk(sqlite_service.services, links, actor="test", now=NOW)
    met, missing = propose_profile_pathway(sqlite_service.services, "coach").skills
    assert (met.chosen, met.badges[0].through) == ("foreign", SKILLS + "elsewhere")
    assert (missing.chosen, missing.gap) == ("", "no badge shows it")


def test_an_occupation_among_alignments_is_no_skill(sqlite_service: Service) -> None:
    badge(sqlite_service, "bare")
    role = "http://data.europa.eu/esco/occupation/1"
    align_freely(sqlite_service.services, "bare", name="Coach", url=role, framework="", actor="test", now=NOW)
    keep_profile(sqlite_service.services, {"name": "Coach", "skills": [role]}, actor="test", now=NOW)
    assert propose_profile_pathway(sqlite_service.services, "coach").skills[0].badges == ()


def test_it_is_looked_at_changed_and_only_then_saved(service: Service) -> None:
    badge(service, "listens", "listening", levels=("beginning", "proficient"))
    badge(service, "asks", "asking")
    wanted = {"uri": SKILLS + "listening", "level": "proficient"}
    profile(service, wanted, "asking", "planning")
    owner = Person(service).sign_in_to_console()
    assert f'href="{PAGE}"' in owner.get("/console/frameworks")
    page = html.unescape(owner.get(PAGE))
    assert ("1 skill that no badge shows" in page, SKILLS + "planning" in page) == (True, True)
    answer = owner.submit(PAGE, name="Ready to coach", gaps="steps")
    editor = html.unescape(owner.follow(answer))
    assert "Proposed for the role “<bdi>Coach</bdi>”, and not saved." in editor
    assert 'name="level_at_least-0-0" type="text" value="#proficient"' in editor
    assert f'value="{SKILLS}planning"' in editor
    assert current_rule(service.services, "ready-to-coach") is None
    owner.follow(
        owner.submit(
            "/console/achievements/ready-to-coach/pathway",
            **{
                "do": "save",
                "name-0": "Coach",
                "achievement-0-0": "listens",
                "level_at_least-0-0": "#proficient",
                "achievement-0-1": "asks",
                "name-0-1": "Ask well",
            },
        )
    )
    rule = current_rule(service.services, "ready-to-coach")
    assert rule is not None
    assert rule.document == {
        "pathway": {
            "routes": [
                {
                    "name": "Coach",
                    "steps": [
                        {"achievement": "listens", "level_at_least": "#proficient"},
                        {"achievement": "asks", "name": "Ask well"},
                    ],
                }
            ]
        }
    }
    again = html.unescape(owner.follow(owner.submit(PAGE, toward="ready-to-coach")))
    assert "it takes the place of the rule that is in use" in again
    assert owner.submit(PAGE, name=" ").status_code == 400
    owner.get("/console/frameworks/profiles/nobody/pathway", status=404)
    auditor = Person(service).sign_in_as(Role.AUDITOR)
    assert 'method="post" action="/console/frameworks' not in auditor.get(PAGE)


def test_programs_are_proposed_the_same(service: Service) -> None:
    badge(service, "listens", "listening")
    profile(service, "listening", "planning")
    client, headers = service.client(), service.api_headers("achievements:write", "credentials:read")
    kept = client.get("/api/v1/role-profiles", headers=headers).get_json()["items"]
    assert [(one["key"], len(one["skills"])) for one in kept] == [("coach", 2)]
    told = client.get("/api/v1/role-profiles/coach/pathway", headers=headers).get_json()
    assert told["gaps"] == [SKILLS + "planning"]
    assert told["rule"] == {"pathway": {"routes": [{"name": "Coach", "steps": [{"achievement": "listens"}]}]}}
    address = "/api/v1/achievements/mentor-practitioner/rule"
    assert client.put(address, json=told["rule"], headers=headers).status_code == 201
    whole = client.get("/api/v1/role-profiles/coach/pathway?gaps=steps", headers=headers).get_json()
    assert len(whole["rule"]["pathway"]["routes"][0]["steps"]) == 2
    assert client.get("/api/v1/role-profiles/x/pathway", headers=headers).status_code == 404
    assert client.get("/api/v1/role-profiles/coach/pathway?gaps=x", headers=headers).status_code == 422

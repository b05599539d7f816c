"""Credentials of three issuers against a role profile, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.processes.start import main
from tests.testkit.shared import shared_path
from tests.testkit.skills import SkillCredentials

CASES = json.loads(shared_path("frameworks/eligibility-cases.json").read_text())
SKILL = "http://data.europa.eu/esco/skill/"


@pytest.fixture
def made(tmp_path: Path) -> SkillCredentials:
    return SkillCredentials(tmp_path)


def ask(
    made: SkillCredentials,
    capsys: pytest.CaptureFixture[str],
    profile: object,
    described: list[dict[str, Any]],
    *options: object,
) -> dict[str, Any]:
    path = made.folder / "profile.json"
    path.write_text(json.dumps(profile))
    files = [made.write(one) for one in described]
    arguments = ["eligibility", "--profile", path, *files, "--hosts", made.hosts, "--trust", made.trusted]
    code = main([str(part) for part in [*arguments, "--at", CASES["at"], "--json", *options]])
    assert code == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_the_cases_are_answered_as_they_say(
    made: SkillCredentials, capsys: pytest.CaptureFixture[str]
) -> None:
    mentor = next(
        one
        for one in json.loads(shared_path("frameworks/esco/role_profiles.json").read_text())
        if one["label"] == "learning mentor"
    )
    crosswalk = made.folder / "crosswalk.json"
    crosswalk.write_text(json.dumps(CASES["crosswalk"]))
    told = ask(made, capsys, mentor, CASES["credentials"], "--crosswalk", crosswalk)
    assert told["profile"] == CASES["answers"]["profile"]
    assert told["summary"] == CASES["answers"]["summary"]
    found = {one["skill"]: one for one in told["skills"] if one["essential"]}
    assert found.keys() == CASES["answers"]["essential"].keys()

    def named(identifier: str) -> str:
        return identifier.removeprefix("urn:example:")

    for skill, wanted in CASES["answers"]["essential"].items():
        answer = found[skill]
        assert answer["answer"] == wanted["answer"], skill
        assert [named(one) for one in answer["by"]] == wanted.get("by", [])
        assert [named(one) for one in answer.get("near", [])] == wanted.get("near", [])
        assert answer.get("strength") == wanted.get("strength")
        not_counted = {named(one): why for one, why in answer.get("not_counted", {}).items()}
        assert not_counted == wanted.get("not_counted", {})
        assert answer.get("ends") == wanted.get("ends")
        assert wanted.get("why", "") in answer["reason"]
        assert answer["label"] == CASES["labels"][skill]


def test_levels_are_answered_as_they_say(made: SkillCredentials, capsys: pytest.CaptureFixture[str]) -> None:
    levels = CASES["with_levels"]
    told = ask(made, capsys, levels["profile"], levels["credentials"])
    assert {one["skill"]: one["answer"] for one in told["skills"]} == levels["answers"]
    assert told["summary"]["level too low"] == 1


def test_a_setting_counts_issuers_that_nobody_lists(
    made: SkillCredentials, capsys: pytest.CaptureFixture[str]
) -> None:
    described = [{"id": "k1", "issuer": "c", "alignment": [SKILL + "1"]}]
    profile = {"name": "coach", "skills": [{"uri": SKILL + "1"}]}
    assert ask(made, capsys, profile, described)["skills"][0]["answer"] == "unknown"
    assert ask(made, capsys, profile, described, "--count-unlisted")["skills"][0]["answer"] == "met"


def test_an_expired_credential_of_nobodys_issuer_shows_nothing(
    made: SkillCredentials, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {"id": "k1", "issuer": "c", "alignment": [SKILL + "1"], "validUntil": "2026-01-01T00:00:00Z"}
    told = ask(made, capsys, [SKILL + "1"], [ended])["skills"][0]
    assert (told["answer"], told["not_counted"]) == ("missing", {"urn:example:k1": "expired"})


def test_only_credentials_about_the_person_count(
    made: SkillCredentials, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [f"did:example:{name}" for name in ("pat", "sam")]
    described = [
        {"id": f"k{number}", "issuer": "a", "alignment": [f"{SKILL}{number}"], "holder": holder}
        for number, holder in enumerate(people)
    ]
    told = ask(made, capsys, [SKILL + "0", SKILL + "1"], described, "--recipient", people[0])
    assert [one["answer"] for one in told["skills"]] == ["met", "missing"]
    assert told["skills"][1]["not_counted"] == {"urn:example:k1": "about somebody else"}


def test_what_cannot_be_read_is_told_and_costs_the_others_nothing(
    made: SkillCredentials, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made.folder / "profile.json"
    path.write_text(json.dumps([SKILL + "1"]))
    good = made.write({"id": "k1", "issuer": "a", "alignment": [SKILL + "1"]})
    bad = made.folder / "bad.json"
    bad.write_text("{")
    arguments = (
        "eligibility",
        "--profile",
        path,
        bad,
        good,
        made.folder / "none.json",
        "--hosts",
        made.hosts,
    )
    assert main([str(part) for part in (*arguments, "--trust", made.trusted)]) == 0
    out = capsys.readouterr().out
    assert "1 of 1 essential skills met" in out
    assert out.count("could not be looked into") == 2


def test_a_profile_without_uris_is_refused_with_each_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared_path("frameworks/esco/esco_role_profiles_subset.json")
    assert main(["eligibility", "--profile", str(path), "--role", "ICT help desk agent", "x.json"]) == 1
    assert "/2/skill/0: a skill is named by its URI" in capsys.readouterr().err


def test_one_of_several_profiles_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = shared_path("frameworks/esco/role_profiles.json")
    assert main(["eligibility", "--profile", str(path), "x.json"]) == 1
    assert "6 role profiles: say which; there are ICT help desk agent" in capsys.readouterr().err

"""Credentials of three issuers against a role profile, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.frameworks.asked import Asked
from credserv.frameworks.eligibility import Shown
from credserv.ground.errors import InputError
from credserv.journeys.check import eligibility
from credserv.journeys.check.check import Checked
from credserv.journeys.check.eligibility import build_shown
from credserv.journeys.define.framework_files import GivenFile, read_given
from credserv.journeys.define.frameworks import keep_framework
from credserv.journeys.define.role_profiles import keep_occupation, keep_profile
from credserv.journeys.trust.refresh import add_issuer
from credserv.processes.start import main
from credserv.trust.trust_list import parse_trusted_issuers
from credserv.web.holder import roles
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service, make_service
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
    told = ask(made, capsys, profile, described, "--count-unlisted")
    assert told["skills"][0]["answer"] == "met"
    for said in (told["skills"][0]["reason"], told["credentials"][0]["why"]):
        assert "its issuer is in no trusted list" in said


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
    assert out.count("could not be read") == 2
    assert main([str(part) for part in ("eligibility", "--profile", path, bad)]) == 2
    assert "1 missing" in capsys.readouterr().out


def test_an_error_nobody_foresaw_in_one_costs_the_others_nothing(
    made: SkillCredentials, asked: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = [{"id": f"k{one}", "issuer": "a", "alignment": [SKILL + "1"]} for one in range(6)]
    documents = [json.loads(made.write(one).read_text()) for one in described]

    def build(checked: Checked, name: str = "", *, count_unlisted: bool = False) -> Shown:
        if name == "3":
            raise ZeroDivisionError
        return build_shown(checked, name, count_unlisted=count_unlisted)

    monkeypatch.setattr(eligibility, "build_shown", build)
    body = {"profile": [SKILL + "1"], "credentials": documents}
    told = asked.client().post("/api/v1/eligibility", json=body).json
    assert told is not None
    assert told["unread"] == [{"input": "3", "why": "something went wrong on our side"}]
    assert told["skills"][0]["by"] == [f"urn:example:k{one}" for one in (0, 1, 3, 4, 5)], "as they were given"


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


# --- the API and the page -------------------------------------------------------------------------


@pytest.fixture
def asked(tmp_path: Path, made: SkillCredentials) -> Service:
    """A service that trusts the issuers a and b, and reaches what their hosts serve."""
    service = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=made)
    for one in parse_trusted_issuers(made.trusted.read_bytes()).issuers:
        add_issuer(service.services, "", one, actor="test", now=NOW)
    return service


def test_the_cases_are_answered_alike_by_the_api(made: SkillCredentials, asked: Service) -> None:
    files = [json.loads(made.write(one).read_text()) for one in CASES["credentials"]]
    mentor = [{"uri": uri, "label": label} for uri, label in CASES["labels"].items()]
    body = {
        "profile": {"name": CASES["answers"]["profile"], "skills": mentor},
        "credentials": files,
        "crosswalk": CASES["crosswalk"],
        "at": CASES["at"],
    }
    answer = asked.client().post("/api/v1/eligibility", json=body)
    assert answer.status_code == 200
    told = answer.json
    assert told is not None
    assert told["summary"] == CASES["answers"]["summary"]
    found = {one["skill"]: one["answer"] for one in told["skills"]}
    assert found == {uri: one["answer"] for uri, one in CASES["answers"]["essential"].items()}
    assert {one["id"]: one["standing"] for one in told["credentials"]}["urn:example:k2"] == "expired"


def test_the_api_takes_what_verifying_takes_and_says_what_is_wrong(
    made: SkillCredentials, asked: Service
) -> None:
    document = json.loads(made.write({"id": "k1", "issuer": "a", "alignment": [SKILL + "1"]}).read_text())
    client, profile = asked.client(), [SKILL + "1"]
    for entry in (document, json.dumps(document), {"credential": document, "id": "mine"}):
        told = client.post("/api/v1/eligibility", json={"profile": profile, "credentials": [entry]}).json
        assert told is not None
        assert told["skills"][0]["answer"] == "met"
    for wrong, place in (
        ({"profile": profile}, "/credentials"),
        ({"profile": 1, "credentials": [document]}, "/profile"),
        ({"profile": profile, "credentials": [document], "crosswalk": [{}]}, "/0/from"),
    ):
        answer = client.post("/api/v1/eligibility", json=wrong)
        assert answer.status_code == 422
        assert answer.json is not None
        assert answer.json["faults"][0]["place"] == place
    unknown = {"profile": "nobody", "credentials": [document]}
    assert client.post("/api/v1/eligibility", json=unknown).status_code == 404


def test_a_role_profile_is_kept_and_chosen_on_the_page(made: SkillCredentials, asked: Service) -> None:
    profile = {"name": "Coach", "skills": [{"uri": SKILL + "1", "label": "coach"}, SKILL + "2"]}
    kept = keep_profile(asked.services, profile, actor="test", now=NOW)
    assert kept.key == "coach"
    client = asked.client()
    assert "Coach (2 skills)" in client.get("/eligibility").text
    path = made.write({"id": "k1", "issuer": "a", "alignment": [SKILL + "1"]})
    with path.open("rb") as file:
        sheet = client.post("/eligibility", data={"profile": "coach", "file": (file, "k1.json")})
    assert sheet.status_code == 200
    assert "1 of 2 essential skills are met. 1 missing." in sheet.text
    assert "by a trusted issuer counts. Whom they are about was not checked." in sheet.text
    nobodys = made.write({"id": "k2", "issuer": "c", "alignment": [SKILL + "1"], "holder": "did:example:pat"})
    with nobodys.open("rb") as file:
        asked_for = {"file": (file, "k2.json"), "count_unlisted": "1", "recipient": "did:example:pat"}
        sheet = client.post("/eligibility", data={"profile": "coach", **asked_for})
    assert "1 of 2 essential skills are met" in sheet.text
    assert "also by issuers that no trusted list names" in sheet.text
    assert "by a trusted issuer counts" not in sheet.text
    assert "Only what is about <bdi>did:example:pat</bdi> counts" in sheet.text
    empty = client.post("/eligibility", data={"profile": "coach"})
    assert (empty.status_code, "Give at least one credential" in empty.text) == (400, True)


def test_a_role_profile_out_of_an_occupation(sqlite_service: Service) -> None:
    services, occupation = sqlite_service.services, "http://data.europa.eu/esco/occupation/1"
    files = [
        GivenFile("skills_en.csv", f"conceptType,conceptUri,preferredLabel\nK,{SKILL}1,coach\n".encode()),
        GivenFile(
            "occupations_en.csv",
            f"conceptType,conceptUri,preferredLabel\nOccupation,{occupation},mentor\n".encode(),
        ),
        GivenFile(
            "occupationSkillRelations_en.csv",
            f"occupationUri,relationType,skillType,skillUri\n{occupation},optional,k,{SKILL}1\n".encode(),
        ),
    ]
    keep_framework(services, read_given(services, files, Asked()), actor="test", now=NOW)
    record = keep_occupation(services, occupation, actor="test", now=NOW)
    assert record.skills == ({"uri": f"{SKILL}1", "label": "coach", "essential": False},)
    with pytest.raises(InputError, match="names no skills"):
        keep_occupation(services, f"{SKILL}1", actor="test", now=NOW)


def test_frameworks_and_skills_by_the_api(sqlite_service: Service) -> None:
    services = sqlite_service.services
    given = GivenFile("skills_en.csv", f"conceptType,conceptUri,preferredLabel\nK,{SKILL}1,coach\n".encode())
    keep_framework(services, read_given(services, [given], Asked()), actor="test", now=NOW)
    client, headers = sqlite_service.client(), sqlite_service.api_headers("credentials:read")
    assert client.get("/api/v1/skills?q=coa").status_code == 401
    (framework,) = client.get("/api/v1/frameworks", headers=headers).json["items"]  # type: ignore[index]
    assert (framework["name"], framework["size"]) == ("ESCO", 1)
    found = client.get("/api/v1/skills?q=coa&limit=5", headers=headers).json["items"]  # type: ignore[index]
    assert [(one["uri"], one["framework"]) for one in found] == [(f"{SKILL}1", "ESCO")]
    assert client.get("/api/v1/skills", headers=headers).status_code == 422


def test_a_person_sees_which_skills_of_a_role_their_badges_show(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_service.issue(email="pat@example.org")
    version = sqlite_service.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    shown = version.achievement["alignment"][0]["targetUrl"]
    profile = {"name": "Coach", "skills": [shown, SKILL + "2"]}
    keep_profile(sqlite_service.services, profile, actor="test", now=NOW)
    pat = Person(sqlite_service).open_wallet("pat@example.org")
    assert "wallet/roles?profile=coach" in pat.get("/wallet/roles")
    sheet = pat.get("/wallet/roles?profile=coach")
    assert "1 of 2 essential skills are met. 1 missing." in sheet
    assert "not looked at" not in sheet
    monkeypatch.setattr(roles, "MAX_INPUTS", 0)
    sheet = pat.get("/wallet/roles?profile=coach")
    assert "0 of 2 essential skills are met. 2 missing." in sheet
    assert "1 more of your badges was not looked at" in sheet
    assert Person(sqlite_service).client.get("/wallet/roles").status_code == 303

"""The console's frameworks: looked at, imported, searched; and achievements aligned to what is found."""

from __future__ import annotations

import html
import io
import json
from typing import Any

import pytest

from credserv.frameworks.asked import Asked
from credserv.journeys.define.alignments import alignments_of
from credserv.journeys.define.framework_files import GivenFile, read_given
from credserv.journeys.define.framework_imports import unfinished_imports
from credserv.journeys.define.frameworks import keep_framework
from credserv.openbadges.definition_advice import advise
from credserv.processes.worker import job_functions
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service

HOME = "/console/frameworks"
URI = "https://frameworks.example/skills/"
TABLE = f"uri,code,label,definition\n{URI}1,L1,Leads people,Shows the way.\n{URI}2,L2,Listens,\n"
MENTOR = "/console/achievements/mentor-foundation/skills"


@pytest.fixture
def owner(sqlite_service: Service) -> Person:
    return Person(sqlite_service).sign_in_to_console()


@pytest.fixture
def imported(sqlite_service: Service) -> Service:
    given = GivenFile("ours_en.csv", TABLE.encode())
    found = read_given(sqlite_service.services, [given], Asked(name="Ours", licence="CC BY 4.0"))
    keep_framework(sqlite_service.services, found, actor="test", now=NOW)
    return sqlite_service


def work(service: Service) -> None:
    for subject in unfinished_imports(service.services):
        job_functions(service.services)["framework"](subject)


def shown(person: Person, address: str) -> str:
    return html.unescape(person.client.get(address).text)


def test_a_framework_is_looked_at_imported_and_found(sqlite_service: Service, owner: Person) -> None:
    file = (io.BytesIO(TABLE.encode()), "ours_en.csv")
    begun = owner.submit(f"{HOME}/imports", on=HOME, file=file, name="Ours", licence="CC BY 4.0")
    address = begun.headers["Location"]
    waiting = owner.client.get(address)
    assert (waiting.headers["Refresh"], "It is being read" in waiting.text) == ("2", True)
    work(sqlite_service)
    seen = shown(owner, address)
    assert "2 added" in seen.replace("<strong>", "").replace("</strong>", "")
    assert "CC BY 4.0" in seen
    owner.submit(f"{address}/confirm", on=address)
    work(sqlite_service)
    done = owner.client.get(address)
    assert "Refresh" not in done.headers
    found = shown(owner, f"{HOME}?q=lea")
    assert "Leads people" in found
    assert "licence: <bdi>CC BY 4.0</bdi>" in found
    assert "No skill begins so" in shown(owner, f"{HOME}?q=zzz")


def test_an_import_is_left_and_one_that_is_none_says_why(sqlite_service: Service, owner: Person) -> None:
    assert "Choose a file" in owner.submit(f"{HOME}/imports", on=HOME).text
    file = (io.BytesIO(b'{"a": 1}'), "x.json")
    address = owner.submit(f"{HOME}/imports", on=HOME, file=file).headers["Location"]
    work(sqlite_service)
    assert "this JSON is none of" in shown(owner, address)
    assert owner.submit(f"{address}/cancel", on=HOME).status_code == 409
    assert owner.client.get(f"{HOME}/imports/none").status_code == 404


def test_an_achievement_is_aligned_by_picking(imported: Service, owner: Person) -> None:
    before = imported.services.store.achievements.newest("mentor-foundation")
    assert before is not None
    page = shown(owner, f"{MENTOR}?q=leads")
    assert f'name="pick" value="{URI}1"' in page
    assert "Unresolved" in page, "what the starter names is in no imported framework"
    owner.follow(owner.submit(MENTOR, on=MENTOR, pick=f"{URI}1", q="leads"))
    after = imported.services.store.achievements.newest("mentor-foundation")
    assert after is not None
    assert after.version == before.version + 1
    assert after.achievement["alignment"] == [
        *before.achievement["alignment"],
        {
            "type": ["Alignment"],
            "targetName": "Leads people",
            "targetUrl": f"{URI}1",
            "targetCode": "L1",
            "targetDescription": "Shows the way.",
            "targetFramework": "Ours",
            "targetType": "ext:Skill",
        },
    ]
    same = ("name", "criteria", "resultDescription", "image", "tag")
    base = [str(one.achievement["id"]) for one in (before, after)]
    old, new = (
        json.dumps({name: one.achievement.get(name) for name in same}).replace(identifier, "")
        for one, identifier in zip((before, after), base, strict=True)
    )
    assert old == new, "everything else stays as it was"
    assert (after.validity_days, after.png_sha256) == (before.validity_days, before.png_sha256)
    owner.submit(MENTOR, on=MENTOR, pick=f"{URI}1")
    again = imported.services.store.achievements.newest("mentor-foundation")
    assert again is not None
    assert again.version == after.version, "the same again is no new version"
    owner.submit(MENTOR, on=MENTOR, remove=f"{URI}1")
    gone = imported.services.store.achievements.newest("mentor-foundation")
    assert gone is not None
    assert gone.achievement["alignment"] == before.achievement["alignment"]


def test_a_free_address_stays_unresolved(imported: Service, owner: Person) -> None:
    owner.submit(MENTOR, on=MENTOR, name="Elsewhere", url="https://else.example/1", named_framework="Theirs")
    version = imported.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    *_, last = alignments_of(imported.services, version)
    assert (last.alignment["targetName"], last.found) == ("Elsewhere", None)
    for wrong in ({"name": "x", "url": "javascript:1"}, {"pick": "urn:nothing"}):
        assert owner.submit(MENTOR, on=MENTOR, **wrong).status_code == 400


def test_role_profiles_by_hand_and_by_file(sqlite_service: Service, owner: Person) -> None:
    page = owner.follow(owner.submit(f"{HOME}/profiles", on=HOME, role="Coach", skills=f"{URI}1\n{URI}2"))
    assert "2 skills" in page
    file = (io.BytesIO(json.dumps({"name": "Chef", "skills": [f"{URI}1"]}).encode()), "chef.json")
    assert "Chef" in owner.follow(owner.submit(f"{HOME}/profiles", on=HOME, profile=file))
    assert owner.submit(f"{HOME}/profiles", on=HOME, role="x", skills="leads").status_code == 400
    assert owner.submit(f"{HOME}/profiles", on=HOME, occupation="urn:nothing").status_code == 400
    owner.submit(f"{HOME}/profiles/coach/remove", on=HOME)
    assert [one.key for one in sqlite_service.services.store.role_profiles.list()] == ["chef"]


def test_who_may_only_look_changes_nothing(imported: Service) -> None:
    auditor = Person(imported).sign_in_as(Role.AUDITOR)
    assert "Import</h2>" not in shown(auditor, HOME)
    assert 'name="pick"' not in shown(auditor, f"{MENTOR}?q=leads")
    (framework,) = imported.services.store.frameworks.list()
    assert auditor.submit(f"{HOME}/{framework.id}/remove", on=HOME).status_code == 403


def test_a_framework_is_removed(imported: Service, owner: Person) -> None:
    (framework,) = imported.services.store.frameworks.list()
    owner.submit(f"{HOME}/{framework.id}/remove", on=HOME)
    assert imported.services.store.frameworks.list() == ()


FULL: dict[str, Any] = {
    "criteria": {"narrative": "Three sessions, observed and rated proficient by a trained assessor."},
    "resultDescription": [{"rubricCriterionLevel": [{"id": "#a"}]}],
    "creditsAvailable": 2,
    "inLanguage": "en",
    "otherIdentifier": [{"identifier": "QF-1"}],
    "alignment": [{"targetUrl": f"{URI}1", "targetName": "Leads"}],
}


@pytest.mark.parametrize(
    ("member", "missing"),
    [
        ("criteria", ["Criteria", "The kind of evidence"]),
        ("resultDescription", ["A level"]),
        ("creditsAvailable", ["The workload"]),
        ("inLanguage", ["The language"]),
        ("otherIdentifier", ["Quality assurance"]),
        ("alignment", ["Skills"]),
    ],
)
def test_what_a_register_would_miss_is_told_with_its_terms(member: str, missing: list[str]) -> None:
    assert advise(FULL) == ()
    found = advise({name: value for name, value in FULL.items() if name != member})
    assert [one.missing for one in found] == missing
    assert all("OB 3.0" in one.terms for one in found)

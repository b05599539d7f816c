"""What programs do with rules, and read of the skills that somebody has reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from credserv.journeys.define.role_profiles import keep_profile
from credserv.records.observations import Kind
from tests.testkit.browsing import Person
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import Service

KEY = "mentor-practitioner"
RULE: dict[str, Any] = {"when": {"observed": {"kind": "completed", "activity": "course"}}}
ADDRESS = f"/api/v1/achievements/{KEY}/rule"


@pytest.fixture
def headers(sqlite_service: Service) -> Mapping[str, str]:
    return sqlite_service.api_headers("achievements:write", "credentials:read")


def test_a_rule_is_set_read_and_ended(sqlite_service: Service, headers: Mapping[str, str]) -> None:
    client = sqlite_service.client()
    assert client.get(ADDRESS, headers=headers).status_code == 404
    made = client.put(ADDRESS, headers=headers, json=RULE)
    assert (made.status_code, made.json["version"], made.json["rule"]) == (201, 1, RULE)
    assert client.put(ADDRESS, headers=headers, json=RULE).status_code == 200
    assert client.get(ADDRESS, headers=headers).json == made.json
    refused = client.put(ADDRESS, headers=headers, json={"when": {"observed": {"kind": "x"}}, "y": 1})
    assert refused.status_code == 422
    assert {"/y", "/when/observed/kind"} <= {one["place"] for one in refused.json["faults"]}
    assert client.delete(ADDRESS, headers=headers).status_code == 204
    assert client.delete(ADDRESS, headers=headers).status_code == 204
    assert client.get(ADDRESS, headers=headers).status_code == 404
    for call in (client.get, client.delete):
        assert call("/api/v1/achievements/nobody-s/rule", headers=headers).status_code == 404
    reads = sqlite_service.api_headers("credentials:read")
    assert client.put(ADDRESS, headers=reads, json=RULE).status_code == 403
    assert client.delete(ADDRESS, headers=reads).status_code == 403


def test_a_dry_run_tells_whom_a_rule_would_issue_to_and_issues_nothing(
    sqlite_service: Service, headers: Mapping[str, str]
) -> None:
    services, at = sqlite_service.services, sqlite_service.clock.now
    add_source(services, at)
    pat = add_member(services, "pat@example.org", at)
    observe(services, "e1", Kind.COMPLETED, "course", of=pat, at=at)
    observe(services, "e2", Kind.COMPLETED, "course", of=None, at=at)
    told = sqlite_service.client().post(f"{ADDRESS}/dry-run", headers=headers, json=RULE).json
    (one,) = told["people"]
    assert (one["address"], one["answer"]) == ("pat@example.org", "would issue")
    assert told["summary"]["would issue"] == told["observations_of_nobody_known"] == 1
    assert services.store.credentials.search("", limit=1).items == ()
    assert services.store.rules.newest(KEY) is None


def test_skills_that_somebody_reached_are_told_with_their_level(
    sqlite_service: Service, headers: Mapping[str, str]
) -> None:
    service, address = sqlite_service, "/api/v1/skills/reached"
    credential = service.issue(email="pat@example.org")
    client = service.client()
    version = service.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    named = {one["targetUrl"] for one in version.achievement["alignment"]}
    found = client.get(address, headers=headers, query_string={"email": "Pat@Example.org"}).json["items"]
    assert found
    assert {one["uri"] for one in found} <= named
    assert all(one["credentials"][0].endswith(credential) for one in found)
    assert all(one["label"] in one["sentence"] for one in found)
    nobody = client.get(address, headers=headers, query_string={"email": "nobody@example.org"})
    assert nobody.status_code == 404
    status = {"state": "revoked", "reason": "r"}
    everything = service.api_headers()
    client.post(f"/api/v1/credentials/{credential}/status", headers=everything, json=status)
    ended = client.get(address, headers=headers, query_string={"email": "pat@example.org"})
    assert ended.json["items"] == []


def test_the_console_holds_a_persons_badges_against_a_role(sqlite_service: Service) -> None:
    service = sqlite_service
    service.issue(email="pat@example.org")
    version = service.services.store.achievements.newest("mentor-foundation")
    assert version is not None
    skill = version.achievement["alignment"][0]["targetUrl"]
    profile = {"name": "Coach", "skills": [{"uri": skill}, {"uri": "urn:x:other", "label": "Other"}]}
    keep_profile(service.services, profile, actor="test", now=service.clock.now)
    (kept,) = service.services.store.role_profiles.list()
    member = service.services.store.members.find_by_email("pat@example.org")
    assert member is not None
    owner = Person(service).sign_in_to_console()
    home = f"/console/people/{member.id}"
    assert "Skills for a role" in owner.client.get(home).text
    sheet = owner.client.get(f"{home}/eligibility?profile={kept.key}")
    assert "1 of 2 essential skills are met" in sheet.text
    assert owner.client.get(f"{home}/eligibility?profile=nobody-s").status_code == 404

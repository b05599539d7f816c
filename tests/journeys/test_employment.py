"""The employer confirms what its records say of somebody, and the person keeps it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.journeys.award.employment import confirm_employment, parse_said
from credserv.journeys.define.employment import require_employment
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from credserv.records.people import MemberFacts, MembershipRecord
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service

PAT = "pat@example.org"
FACTS = MemberFacts("Pat Doe", "Nursing", None, None, date(2024, 2, 1), date(2026, 3, 31))


def member(service: Service, facts: MemberFacts | None = FACTS) -> MembershipRecord:
    """Who was issued one badge."""
    record = service.services.store.credentials.get(service.issue(email=PAT))
    assert record is not None
    known = service.services.store.members.of_person(record.person_id)
    assert known is not None
    if facts is not None:
        service.services.store.roster.change_facts(known.id, facts)
    found = service.services.store.roster.get(known.id)
    assert found is not None
    return found


def confirmed(service: Service, person: MembershipRecord, **said: str) -> tuple[dict[str, Any], bool]:
    """What was signed, and whether that was now."""
    services, now = service.services, service.clock.now
    version = require_employment(services, actor="a test", now=now)
    chosen = parse_said(said.get("role", "Ward nurse"), said.get("weekly_hours", ""))
    record, issued = confirm_employment(services, person, chosen, version, actor="a test", now=now)
    assert record.signed is not None
    return json.loads(record.signed), issued.created


def facts_of(document: dict[str, Any]) -> dict[str, str]:
    subject = document["credentialSubject"]
    names = {one["id"]: one["name"] for one in subject["achievement"]["resultDescription"]}
    return {names[one["resultDescription"]]: one["value"] for one in subject["result"]}


def test_it_says_what_the_records_say_and_verifies(sqlite_service: Service) -> None:
    person = member(sqlite_service)
    document, _ = confirmed(sqlite_service, person, weekly_hours="38,5")
    said = facts_of(document)
    skills = said.pop("Skills shown in this employment")
    assert said == {
        "Role": "Ward nurse",
        "Unit": "Nursing",
        "First day": "2024-02-01",
        "Last day": "2026-03-31",
        "Hours a week": "38.5",
    }
    assert "provide mentorship" in skills
    aligned = document["credentialSubject"]["result"][-1]["alignment"]
    assert any(one["targetUrl"].startswith("http://data.europa.eu/esco/skill/") for one in aligned)
    assert document["credentialSubject"]["achievement"]["achievementType"] == "ext:Employment"
    answer = sqlite_service.client().post("/api/v1/verify", json={"credential": document})
    assert answer.json["verdict"] == "verified", answer.text
    assert confirmed(sqlite_service, person, weekly_hours="38.5") == (document, False)
    other, created = confirmed(sqlite_service, person, role="Head nurse")
    assert (facts_of(other)["Role"], created) == ("Head nurse", True)


def test_what_is_not_known_is_not_said(sqlite_service: Service) -> None:
    person = member(sqlite_service, MemberFacts(starts_on=date(2024, 2, 1)))
    services, now = sqlite_service.services, sqlite_service.clock.now
    for credential_id, _ in services.store.roster.awards(person.id):
        set_status(services, credential_id, CredentialState.SUSPENDED, reason="x", actor="a test", now=now)
    document, _ = confirmed(sqlite_service, person)
    assert facts_of(document) == {"Role": "Ward nurse", "First day": "2024-02-01"}


def test_it_is_refused_where_it_would_say_nothing_or_reach_nobody(sqlite_service: Service) -> None:
    with pytest.raises(InputError, match="first day"):
        confirmed(sqlite_service, member(sqlite_service, None))
    for role, hours in (
        ("", ""),
        ("x" * 201, ""),
        ("a\nb", ""),
        ("Nurse", "many"),
        ("Nurse", "0"),
        ("Nurse", "nan"),
    ):
        with pytest.raises(InputError):
            parse_said(role, hours)
    services, now = sqlite_service.services, sqlite_service.clock.now
    person = services.store.roster.get(member(sqlite_service).id)
    assert person is not None
    for known in services.store.members.identifiers(person.id):
        services.store.members.end_identifier(known.id, now, now)
    with pytest.raises(InputError, match="reach nobody"):
        confirmed(sqlite_service, person)


def test_it_is_issued_in_the_console_and_shown_to_the_person(sqlite_service: Service) -> None:
    person = member(sqlite_service)
    path = f"/console/people/{person.id}"
    owner = Person(sqlite_service).sign_in_to_console()
    assert "nter the role" in owner.submit(f"{path}/employment", on=path, role=" ").text
    shown = owner.follow(owner.submit(f"{path}/employment", on=path, role="Ward nurse"))
    assert "The credential is issued" in shown
    wallet = Person(sqlite_service).open_wallet(PAT).get("/wallet")
    assert "Employment at Example Academy" in wallet
    auditor = Person(sqlite_service).sign_in_as(Role.AUDITOR)
    assert "Confirm their employment" not in auditor.get(path)

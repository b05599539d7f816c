"""Lists of the console: what is looked for is found, and saved as a table, all pages of it."""

from __future__ import annotations

import csv
import io

import pytest

from credserv.records.audit import Action
from credserv.records.observations import Kind
from tests.testkit.browsing import Person
from tests.testkit.observed import add_source, observe
from tests.testkit.service import NOW, Service


def table(owner: Person, path: str) -> list[dict[str, str]]:
    answer = owner.client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_attack_109_what_was_found_is_saved_whole_and_no_cell_is_a_formula(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("credentials", "people"):
        monkeypatch.setattr(f"credserv.web.console.{room}._EXPORT_ROWS", 2)
    monkeypatch.setattr("credserv.journeys.operate.trail._AT_ONCE", 2)
    for number in range(5):
        sqlite_service.issue(email=f"pat{number}@example.org", name="=cmd|' /C calc'!A0")
    sqlite_service.issue(email="ann@example.org", name="Ann", achievement="mentor-foundation")
    owner = Person(sqlite_service).sign_in_to_console()
    all_of_them = table(owner, "/console/credentials/export")
    ids = [one["credential"].rpartition("/")[2] for one in all_of_them]
    assert len(set(ids)) == 6
    assert {one["name"] for one in all_of_them} == {"'=cmd|' /C calc'!A0", "Ann"}
    assert [one["recipient"] for one in table(owner, "/console/credentials/export?q=ann")] == [
        "ann@example.org"
    ]
    assert table(owner, "/console/credentials/export?state=revoked") == []
    people = table(owner, "/console/people/export?q=pat")
    assert {one["addresses"] for one in people} == {f"pat{number}@example.org" for number in range(5)}
    keys = [one["key"] for one in table(owner, "/console/achievements/export?q=mentor%20found")]
    assert keys == ["mentor-foundation"]
    page = owner.get("/console/achievements?q=foundation")
    assert ("mentor-foundation" in page, "active-listening" in page) == (True, False)
    lines = table(owner, "/console/audit/export")
    assert len(lines) == len(sqlite_service.services.store.audit.recent(1_000, 0)) > 4
    signed = Action.CREDENTIAL_SIGN.value
    some = table(owner, f"/console/audit/export?action={signed}&q={ids[0]}")
    assert [(one["action"], one["subject"].lstrip("'")) for one in some] == [(signed, ids[0])]
    saved = table(owner, f"/console/audit/export?action={Action.TABLE_SAVED.value}")
    assert [one["subject"] for one in saved][-1] == "credentials"  # newest first
    assert {one["subject"] for one in saved} == {"credentials", "people", "achievements", "audit-trail"}
    page = owner.get(f"/console/audit?action={signed}&q={ids[0]}")
    assert (page.count("<li><div"), "by <bdi>" in page) == (1, True)


def test_what_waits_is_found_by_its_names_and_has_pages(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("credserv.web.console.waiting._PAGE_ROWS", 2)
    services = sqlite_service.services
    add_source(services, NOW)
    for number in range(3):
        observe(services, f"event-{number}", Kind.COMPLETED, "course-1", of=None, at=NOW)
    owner = Person(sqlite_service).sign_in_to_console()
    first = owner.get("/console/waiting")
    assert (first.count("course-1"), "from=2" in first) == (2, True)
    assert owner.get("/console/waiting?from=2").count("course-1") == 1
    assert len(table(owner, "/console/waiting/export?q=COURSE")) == 3
    assert table(owner, "/console/waiting/export?q=nothing") == []
    assert "Nothing was found." in owner.get("/console/waiting?q=nothing")

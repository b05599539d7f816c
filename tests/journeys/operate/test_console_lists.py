"""Lists of the console: what is looked for is found, and saved as a table, all pages of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from credserv.journeys.admit import access
from credserv.journeys.award.in_bulk.prepare import prepare_run
from credserv.journeys.connect.endpoints import add_endpoint, send_test
from credserv.journeys.define.role_profiles import keep_profile
from credserv.journeys.trust import refresh
from credserv.records.audit import Action
from credserv.records.audits import AuditPeriod
from credserv.records.mentoring import CohortRecord
from credserv.records.observations import Kind
from credserv.records.paging import Place, by_place
from credserv.records.roles import Role
from credserv.records.sources import EventRecord, EventState
from credserv.records.trust import TrustedIssuerRecord
from credserv.web.console import sources
from credserv.web.frame.listings import Found, Listing
from credserv.web.teach import bulk
from credserv.web.tell import webhooks
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
    assert len(lines) == len(sqlite_service.services.store.audit.recent(1_000)) > 4
    signed = Action.CREDENTIAL_SIGN.value
    some = table(owner, f"/console/audit/export?action={signed}&q={ids[0]}")
    assert [(one["action"], one["subject"].lstrip("'")) for one in some] == [(signed, ids[0])]
    saved = table(owner, f"/console/audit/export?action={Action.TABLE_SAVED.value}")
    assert [one["subject"] for one in saved][-1] == "credentials"  # newest first
    assert {one["subject"] for one in saved} == {"credentials", "people", "achievements", "audit-trail"}
    page = owner.get(f"/console/audit?action={signed}&q={ids[0]}")
    assert (page.count("<li><div"), "by <bdi>" in page) == (1, True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_cannot_be_searched_for_is_refused_before_a_table_begins(service: Service) -> None:
    """PostgreSQL keeps no NUL."""
    owner = Person(service).sign_in_to_console()
    of_console = [rule for rule in service.app.url_map.iter_rules() if rule.rule.startswith("/console/")]
    rules = [rule for rule in of_console if rule.rule.endswith("/export")]
    paths = [rule.rule for rule in rules if not rule.arguments]
    assert "/console/credentials/export" in paths
    answers = {path: owner.client.get(f"{path}?q=a%00b").status_code for path in paths}
    assert {status for status in answers.values() if status not in (200, 400)} == set(), answers
    saved = [one for one in service.services.store.audit.recent(1_000) if one.action == Action.TABLE_SAVED]
    assert len(saved) == list(answers.values()).count(200) < len(answers), "what was refused was not saved"


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
    (more,) = set(re.findall(r'href="\?([^"]*from=[^"]*)"', first))
    shown = set(re.findall(r"waiting/([^/]+)/person", first))
    observe(services, "event-meanwhile", Kind.COMPLETED, "course-1", of=None, at=NOW + timedelta(minutes=1))
    second = owner.get("/console/waiting?" + more.replace("&amp;", "&"))
    later = set(re.findall(r"waiting/([^/]+)/person", second))
    assert (len(shown), len(later), shown & later) == (2, 1, set())
    assert "First page" in second
    owner.get("/console/waiting?from=2", status=400)
    assert len(table(owner, "/console/waiting/export?q=COURSE")) == 4
    assert table(owner, "/console/waiting/export?q=nothing") == []
    assert "Nothing was found." in owner.get("/console/waiting?q=nothing")


# Pages of the console that have neither a search nor a table, each with its reason.
NO_LISTS = {
    "console.home": "excerpts of other lists, each with a link to the whole",
    "console.account.index": "one's own account",
    "console.achievements.achievement": "one achievement, with its versions",
    "console.achievements.new": "a form",
    "console.colleagues.detail": "one colleague",
    "console.credentials.credential": "one badge",
    "console.credentials.confirm": "a question",
    "console.credentials.issue_form": "a form",
    "console.look_at_link": "before anybody is signed in",
    "console.organisation.index": "a form",
    "console.organisations.detail": "one organisation",
    "console.people.member": "one person; their badges are found among all, by their address",
    "console.people.eligibility": "one person against one role profile, as a sheet that prints",
    "console.keys.ceremonies": "one in a year or two",
    "console.keys.one_ceremony": "one ceremony, as a sheet that prints",
    "console.sources.new": "a form",
    "teach.studies.learning": "a form",
    "teach.translations.show": "a handful of languages of one achievement, and a form",
    "tell.mappings.rules": "a form",
    "tell.rehearsals.choose": "a form",
    "tell.letters.kept": "in a sandbox alone, and emptied with it",
    "programmes.appeals.show": "one appeal",
    "programmes.assessing.show": "one applicant",
    "programmes.audits.case": "one case",
    "programmes.capacity.plan": "one plan, saved as a table of its own",
    "programmes.cases.show": "one case",
    "programmes.fastest.index": "an answer to a form",
    "programmes.metrics.one": "one metric, with its versions",
    "programmes.notice.show": "a text to be printed",
    "programmes.outcomes.index": "figures, saved as a table of their own",
    "programmes.outcomes.show_quarter": "figures, saved as a table of their own",
    "programmes.rules.show": "one programme",
    "staff.account.sign_in": "before anybody is signed in",
    "staff.account.add": "leads to the provider",
    "staff.account.come_back": "leads on from the provider",
    "staff.account.finish": "leads on from the provider",
    "staff.account.prove": "leads to the provider",
    "staff.login.index": "a form",
    "staff.saml.index": "a form",
    "staff.saml.metadata": "what a provider imports",
    "staff.saml.sign_in": "leads to the provider",
    "staff.proving.show": "a question",
    "teach.alignments.skills": "one achievement; skills are searched in all frameworks",
    "teach.assess.how_well": "a form",
    "teach.assess.what": "the second step of a form",
    "teach.assess.who": "the first step of a form: people are searched, and nobody is listed unasked",
    "teach.frameworks.one_import": "one import",
    "teach.pathways.pathway": "a form",
    "teach.pictures.picture": "a form",
    "teach.profiles.propose": "a proposal for one role profile",
    "teach.reissues.index": "a form",
    "teach.reissues.revocation": "a form",
    "teach.rules.rule": "a form",
    "tell.brand.index": "a form",
    "tell.objections.show": "one objection",
    "tell.personnel.index": "a form, and what is in the file that was handed to it",
    "tell.provider.index": "a form",
}
_TABLE = ("/table.csv", "/export", "/table")
_SEARCH = re.compile(r'<form method="get"[^>]*role="search".*?</form>', re.S)
_LINK = re.compile(r'href="([^"?]*)\?*[^"]*">(?:<svg.*?</svg>)? As a table')


def pages_and_tables(app: Flask) -> tuple[dict[str, str], set[str]]:
    """The pages of the console, by endpoint with the address; and the addresses of tables."""
    rules = [one for one in app.url_map.iter_rules() if one.rule.startswith("/console")]
    rules = [one for one in rules if "GET" in one.methods]
    tables = {one.rule for one in rules if one.rule.endswith(_TABLE)}
    return {one.endpoint: one.rule for one in rules if one.rule not in tables}, tables


def test_every_list_of_the_console_is_searched_and_saved(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it is empty: what the page offers is looked at as if there were something."""
    monkeypatch.setattr(Found, "is_offered", property(lambda _: True))
    owner = Person(sqlite_service).sign_in_to_console()
    assessor = Person(sqlite_service).sign_in_as(Role.ASSESSOR)
    pages, tables = pages_and_tables(sqlite_service.app)
    assert set(NO_LISTS) <= set(pages), "a page that is named here is gone"
    served = set()
    for endpoint, rule in pages.items():
        if endpoint in NO_LISTS:
            continue
        address = filled(sqlite_service, endpoint, rule)
        visitor = assessor if endpoint == "programmes.assessing.index" else owner
        forms = _SEARCH.findall(visitor.get(address))
        links = {link for form in forms for link in _LINK.findall(form)}
        assert links, f"{address} has no list that is searched and saved: name it in NO_LISTS with the reason"
        for link in links:
            answer = visitor.client.get(link)
            assert (answer.status_code, answer.mimetype) == (200, "text/csv"), link
            served.add(link)
    unlinked = {one for one in tables if "<" not in one} - served
    assert unlinked == {"/console/outcomes/table.csv"}, "a table that no page leads to"


def filled(service: Service, endpoint: str, rule: str) -> str:
    """The address of a page of one thing that has lists of its own."""
    if "<" not in rule:
        return rule
    assert endpoint in ONE_OF, (
        f"{endpoint}: say in ONE_OF which thing is looked at, or in NO_LISTS why it has none"
    )
    return "/console" + ONE_OF[endpoint](service)


def one_run(service: Service, now: datetime = NOW) -> str:
    data = b"email,achievement\npat@example.org,mentor-foundation\n"
    return prepare_run(service.services, "awards.csv", data, actor="test", now=now).id


def one_list(service: Service) -> str:
    issuer = TrustedIssuerRecord("did:web:school.example", "A school")
    refresh.add_issuer(service.services, "", issuer, actor="test", now=NOW)
    return service.services.store.trusted_lists.list("")[0].id


def one_audit(service: Service) -> str:
    audits, period = service.services.store.audits, AuditPeriod("p", "2026-Q4", "0" * 64, 0.1, 1, NOW, "test")
    audits.add(period, None)
    audits.freeze("p", "2026-Q4", [], population_at=NOW, now=NOW)
    audits.reveal("p", "2026-Q4", "seed", [], NOW)
    return "p/2026-Q4"


def one_cohort(service: Service) -> str:
    days = (NOW.date(), NOW.date() + timedelta(days=90))
    record = CohortRecord("c" * 22, "Autumn", "feedback", 30, *days, {}, "", "", NOW, "test")
    service.services.store.cohorts.add(record, [])
    return record.id


def one_endpoint(service: Service) -> str:
    return add_endpoint(service.services, "https://hr.example/hook", [], actor="test", now=NOW).id


ONE_OF: dict[str, Callable[[Service], str]] = {
    "console.sources.source": lambda service: "/sources/academy-lms",
    "console.trust.trusted_list": lambda service: f"/trust/lists/{one_list(service)}",
    "programmes.audits.show": lambda service: f"/audits/{one_audit(service)}",
    "programmes.cohorts.show": lambda service: f"/cohorts/{one_cohort(service)}",
    "teach.bulk.run": lambda service: f"/bulk/{one_run(service)}",
    "tell.webhooks.endpoint": lambda service: f"/webhooks/{one_endpoint(service)}",
}


def test_a_short_list_is_looked_through_narrowed_and_saved(sqlite_service: Service) -> None:
    services = sqlite_service.services
    owner = Person(sqlite_service).sign_in_to_console()
    for name in ("école", "workday", "intranet"):
        access.create_api_key(services, name, ["credentials:read"], NOW, actor="test")
    (ended,) = [one for one in access.all_api_keys(services) if one.name == "workday"]
    access.end_api_key(services, ended.id, NOW, actor="test")
    page = owner.get("/console/keys?q=ECOLE")
    assert ("école" in page, "intranet" in page) == (True, False)
    assert [one["name"] for one in table(owner, "/console/keys/table.csv?q=ecole")] == ["école"]
    assert [one["name"] for one in table(owner, "/console/keys/table.csv?state=ended")] == ["workday"]
    assert table(owner, "/console/keys/table.csv?q=ecole&state=ended") == []
    assert "Nothing was found." in owner.get("/console/keys?q=nobody")
    assert len(table(owner, "/console/keys/table.csv?state=no-such")) == 3
    saved = table(owner, f"/console/audit/export?action={Action.TABLE_SAVED.value}")
    assert [one["subject"] for one in saved].count("api-keys") == 4


def test_a_list_has_pages_and_each_of_several_on_a_page_its_own_search(sqlite_service: Service) -> None:
    services = sqlite_service.services
    for number in range(60):
        profile = {"name": f"Role {number:02}", "skills": [f"https://skills.example/{number}"]}
        keep_profile(services, profile, actor="test", now=NOW)
    owner = Person(sqlite_service).sign_in_to_console()
    first = owner.get("/console/frameworks")
    assert ("Role 49" in first, "Role 50" in first) == (True, False)
    assert "profile-from=50" in first
    second = owner.get("/console/frameworks?profile-from=50")
    assert ("Role 49" in second, "Role 50" in second) == (False, True)
    one = owner.get("/console/frameworks?profile-q=role+07&framework-q=nothing")
    assert ("Role 07" in one, "Role 08" in one, "Nothing was found." in one) == (True, False, True)
    assert len(table(owner, "/console/frameworks/profiles/table.csv")) == 60
    assert [row["key"] for row in table(owner, "/console/frameworks/profiles/table.csv?profile-q=07")] == [
        "role-07"
    ]
    beyond = owner.get("/console/frameworks?profile-from=99999999")
    assert ("There are no more." in beyond, "Role 07" in beyond) == (True, False)


def test_rows_of_a_file_are_looked_through_in_the_state_that_is_shown(sqlite_service: Service) -> None:
    lines = [f"pat{number}@example.org,mentor-foundation" for number in range(3)] + [
        "nobody,mentor-foundation"
    ]
    data = "\n".join(["email,achievement", *lines]).encode()
    run = prepare_run(sqlite_service.services, "awards.csv", data, actor="test", now=NOW)
    owner = Person(sqlite_service).sign_in_to_console()
    page = owner.get(f"/console/bulk/{run.id}?state=ready&q=pat1")
    assert ("pat1@example.org" in page, "pat2@example.org" in page) == (True, False)
    assert "Nothing was found." in owner.get(f"/console/bulk/{run.id}?state=faulty&q=pat1")
    rows = table(owner, f"/console/bulk/{run.id}/table.csv")
    assert [(row["line"], row["state"]) for row in rows] == [
        ("2", "ready"), ("3", "ready"), ("4", "ready"), ("5", "faulty"),
    ]  # fmt: skip
    assert [row["line"] for row in table(owner, f"/console/bulk/{run.id}/table.csv?state=faulty")] == ["5"]


def test_a_state_is_chosen_by_the_word_that_its_rows_bear(sqlite_service: Service) -> None:
    add_source(sqlite_service.services, NOW, "lms")
    sqlite_service.services.store.events.record(
        EventRecord("lms", "evt.1", "0" * 64, b"{}", NOW, EventState.QUARANTINED)
    )
    owner = Person(sqlite_service).sign_in_to_console()
    page = owner.get("/console/sources/lms")
    assert "Set aside</option>" in page
    assert "uarantined</option>" not in page
    chosen = owner.get("/console/sources/lms?state=quarantined")
    assert '<option value="quarantined" selected>' in chosen
    assert "evt.1" in chosen


def test_a_table_of_what_is_not_there_is_not_there(sqlite_service: Service) -> None:
    owner = Person(sqlite_service).sign_in_to_console()
    for address in (
        "bulk/nothing",
        "trust/lists/nothing",
        "webhooks/nothing",
        "sources/nothing",
        "audits/p/q",
    ):
        owner.get(f"/console/{address}/table.csv", status=404)
    kept = sqlite_service.services.store.audit.recent(99)
    assert Action.TABLE_SAVED not in {line.action for line in kept}


def test_a_list_that_is_long_is_read_in_ever_larger_parts() -> None:
    rows, asked = list(range(10_000)), []

    def ask(count: int, after: Place | None) -> list[int]:
        start = 0 if after is None else int(after.id) + 1
        asked.append((count, start))
        return rows[start : start + count]

    def place_of(row: int) -> Place:
        return Place(NOW, str(row))

    assert next(by_place(ask, place_of)) == 0
    assert asked == [(64, 0)]
    assert list(by_place(ask, place_of)) == rows
    assert len(asked) < 15
    assert next(by_place(ask, place_of, place_of(99))) == 100


@pytest.mark.parametrize("room", ["sources/lms", "webhooks", "bulk"])
def test_a_page_of_the_console_goes_on_behind_its_last_row(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    """What comes between two pages is neither shown twice nor in the place of another."""
    own = sqlite_service.services
    owner = Person(sqlite_service).sign_in_to_console()
    listing: Listing[Any] = {"sources/lms": sources.EVENTS, "webhooks": webhooks.MESSAGES, "bulk": bulk.RUNS}[
        room
    ]
    monkeypatch.setattr(listing, "_rows", 2)
    if listing is webhooks.MESSAGES:
        room += "/" + (endpoint := add_endpoint(own, "https://hr.example/hook", [], actor="test", now=NOW).id)
    add_source(own, NOW, "lms")

    def come(number: int) -> str:
        now = NOW + timedelta(minutes=number)
        if listing is webhooks.MESSAGES:
            return send_test(own, endpoint, now=now)
        if listing is bulk.RUNS:
            return one_run(sqlite_service, now)
        told = EventRecord("lms", f"evt.{number}", "0" * 64, b"{}", now, EventState.READ)
        own.store.events.record(told)
        return told.event_id

    came = [come(number) for number in range(3)]
    first = owner.get(f"/console/{room}")
    (more,) = set(re.findall(r'href="[^"?]*\?([^"]*from=[^"]*)"', first))
    late = come(9)
    second = owner.get(f"/console/{room}?" + more.replace("&amp;", "&"))
    own_address = came[1]  # by which the second page is found, and so is named in its links
    assert {id_ for id_ in came if id_ in first} == set(came[1:])
    assert {id_ for id_ in (*came, late) if id_ in second} - {own_address} == {came[0]}
    assert "First page" in second
    assert {one["id"] for one in table(owner, f"/console/{room}/table.csv")} == {*came, late}
    owner.get(f"/console/{room}?from=2", status=400)

"""A directory tells of people and groups by SCIM, with `scim2-tester` as the judge of what it is answered."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from credserv.app.founding import found_organisation
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.admit.directory import add_user, change_user, directory_user
from credserv.records.directory import DirectoryUserRecord, DirectoryUserWish
from credserv.records.organisations import Founding
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord
from tests.testkit.browsing import OWNER, Person, colleague_link
from tests.testkit.service import Service, make_service

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCOPE = "directory:write"


class Directory:
    """That of one organisation, with a key of its own. at: where that organisation is."""

    def __init__(self, service: Service, services: Any = None, at: str = "") -> None:
        self.service, self.services = service, services or service.services
        _, key = create_api_key(self.services, "directory", [SCOPE], service.clock.now)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/scim+json"}
        self.client, self.base = service.client(), f"{at}/scim/v2"

    def ask(self, method: str, path: str, status: int = 200, **said: Any) -> Any:
        answer = self.client.open(self.base + path, method=method, json=said or None, headers=self.headers)
        assert answer.status_code == status, answer.text
        assert answer.status_code == 204 or answer.mimetype == "application/scim+json"
        return answer.get_json(force=True) if answer.data else None

    def add(self, name: str, status: int = 201, **said: Any) -> Any:
        emails = [{"value": f"{name}@example.org", "primary": True}]
        return self.ask(
            "POST", "/Users", status, schemas=[USER], **{"userName": name, "emails": emails, **said}
        )

    def patch(self, path: str, *operations: dict[str, Any], status: int = 200) -> Any:
        return self.ask("PATCH", path, status, schemas=[PATCH], Operations=list(operations))

    def group(self, name: str, *members: Any) -> Any:
        listed = [{"value": one["id"]} for one in members]
        return self.ask("POST", "/Groups", 201, schemas=[GROUP], displayName=name, members=listed)

    def roles(self, email: str) -> frozenset[Role]:
        member = self.services.store.members.find_by_email(email)
        assert member is not None
        return self.services.store.colleagues.written_roles(member.id)


@pytest.fixture(scope="module")
def directory(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """Groups called makers and owners give roles."""
    folder = tmp_path_factory.mktemp("directory")
    path = folder / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    service = make_service(f"sqlite:///{path}", folder, rate_api="99999/second")
    Person(service).sign_in_to_console()
    service.services.store.staff.set_login(
        StaffLoginRecord(group_roles=(("makers", Role.ISSUER), ("grp-7", Role.OWNER)))
    )
    return Directory(service)


def test_the_judge_of_scim_finds_nothing_wrong(directory: Directory) -> None:
    client = WSGISCIMClient(
        directory.service.app,
        base_url=f"{directory.service.settings.public_url}/scim/v2",
        headers={"Authorization": directory.headers["Authorization"]},
    )
    found = check_server(client)
    wrong = [one for one in found if one.status not in GOOD]
    assert not wrong, "\n".join(f"{one.title} {one.resource_type} {one.reason}" for one in wrong)
    assert len(found) > 50


GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED}


def test_people_come_and_go_with_their_roles_and_sessions(directory: Directory) -> None:
    service = directory.service
    ann = directory.add("ann", displayName="Ann Archer", externalId="e-1", title="not kept")
    assert ann["meta"]["location"].endswith(f"/scim/v2/Users/{ann['id']}")
    assert "title" not in ann
    member = service.services.store.members.find_by_email("ann@example.org")
    assert member.name == "Ann Archer"
    group = directory.group("makers", ann)
    assert directory.roles("ann@example.org") == {Role.ISSUER}
    assert directory.ask("GET", f"/Users/{ann['id']}")["groups"][0]["display"] == "makers"
    browser = Person(service)
    browser.follow(browser.submit(colleague_link(service, Role.AUDITOR, "ann@example.org")))
    services, today = service.services, service.services.today(service.clock.now)
    services.store.colleagues.set_roles(member.id, {Role.AUDITOR, Role.ISSUER}, today)
    path = f"/Groups/{group['id']}"
    directory.patch(path, {"op": "Remove", "path": f'members[value eq "{ann["id"]}"]'})
    assert directory.roles("ann@example.org") == {Role.AUDITOR}, "by hand stays"
    assert "Sign in to the console" in browser.get("/console"), "signed out with the role"
    browser.follow(browser.submit(colleague_link(service, Role.AUDITOR, "ann@example.org")))
    off = directory.patch(f"/Users/{ann['id']}", {"op": "Replace", "path": "active", "value": "False"})
    assert off["active"] is False
    assert directory.roles("ann@example.org") == frozenset()
    assert "Sign in to the console" in browser.get("/console")
    directory.patch(path, {"op": "add", "path": "members", "value": [{"value": ann["id"]}]})
    assert directory.roles("ann@example.org") == frozenset(), "not while she is deactivated"
    directory.patch(f"/Users/{ann['id']}", {"op": "replace", "value": {"active": True}})
    assert directory.roles("ann@example.org") == {Role.ISSUER}
    directory.ask("DELETE", f"/Users/{ann['id']}", 204)
    assert directory.roles("ann@example.org") == frozenset()
    assert services.store.members.find_by_email("ann@example.org") == member, "her badges stay hers"
    directory.ask("GET", f"/Users/{ann['id']}", 404)


def test_a_group_is_met_by_the_id_that_the_directory_gave_it(directory: Directory) -> None:
    """As tokens of Entra ID name groups; renamed or deleted it gives nothing any more."""
    bea = directory.add("bea")
    group = directory.group("anything", bea)
    path = f"/Groups/{group['id']}"
    directory.patch(path, {"op": "add", "path": "externalId", "value": "grp-7"})
    assert directory.roles("bea@example.org") == {Role.OWNER}
    directory.ask("DELETE", path, 204)
    assert directory.roles("bea@example.org") == frozenset()
    wrong = directory.ask(
        "POST", "/Groups", 400, schemas=[GROUP], displayName="x", members=[{"value": "nobody"}]
    )
    assert wrong["scimType"] == "invalidValue"


def test_roles_that_groups_gave_stay_once_nobody_says_what_groups_give(directory: Directory) -> None:
    """Else the next word of the directory would empty the console of who had not lost anything."""
    staff, bob = directory.services.store.staff, directory.add("bob")
    group, rules = directory.group("makers", bob), staff.login()
    staff.end_login()
    said = {"op": "replace", "path": "displayName", "value": "Bob"}
    directory.patch(f"/Users/{bob['id']}", said)
    assert directory.roles("bob@example.org") == {Role.ISSUER}
    staff.set_login(rules)
    directory.ask("DELETE", f"/Groups/{group['id']}", 204)
    assert directory.roles("bob@example.org") == frozenset()


def test_a_role_that_an_account_gave_first_ends_with_the_group_at_once(directory: Directory) -> None:
    """And not at the next sign-in, once the directory gives it as well."""
    services, now = directory.services, directory.service.clock.now
    una = directory.add("una")
    member = services.store.members.find_by_email("una@example.org")
    account = services.store.staff.add_account(member.id, "https://idp.example", "una-1", now)
    services.store.staff.set_given_roles(account.id, {Role.ISSUER, Role.AUDITOR})
    services.store.colleagues.set_roles(member.id, {Role.ISSUER, Role.AUDITOR}, services.today(now))
    group = directory.group("makers", una)
    directory.ask("DELETE", f"/Groups/{group['id']}", 204)
    assert directory.roles("una@example.org") == {Role.AUDITOR}, "of which the directory says nothing"


def test_of_two_changes_at_once_neither_is_lost(service: Service) -> None:
    """Else who was deactivated could be active again, by what was read before."""
    services, now = service.services, service.clock.now

    def wish(name: str, *, is_active: bool) -> DirectoryUserWish:
        return DirectoryUserWish("kim", None, is_active, name, "kim@example.org", {"displayName": name})

    user = add_user(services, wish("Kim", is_active=True), actor="test", now=now)

    def deactivate() -> None:
        change_user(
            services,
            user.id,
            lambda known: wish(known.said["displayName"], is_active=False),
            actor="test",
            now=now,
        )

    other = threading.Thread(target=deactivate)

    def rename(known: DirectoryUserRecord) -> DirectoryUserWish:
        other.start()
        other.join(0.5)  # as long as it would take; it waits for what is changed here
        return wish("Kim Archer", is_active=known.is_active)

    change_user(services, user.id, rename, actor="test", now=now)
    other.join()
    found = directory_user(services, user.id)
    assert (found.said["displayName"], found.is_active) == ("Kim Archer", False)


def test_a_group_of_more_members_than_a_statement_takes(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("credserv.store.admit.directory._AT_ONCE", 2)
    many = [directory.add(f"many{number}") for number in range(5)]
    path = f"/Groups/{directory.group('many', *many)['id']}"
    gone = [{"value": one["id"]} for one in many[:3]]
    left = directory.patch(path, {"op": "remove", "path": "members", "value": gone})
    assert {one["value"] for one in left["members"]} == {one["id"] for one in many[3:]}
    said = directory.ask("PUT", path, schemas=[GROUP], displayName="many", members=[{"value": many[0]["id"]}])
    assert [one["value"] for one in said["members"]] == [many[0]["id"]]


def test_users_are_found_by_filters_and_pages(directory: Directory) -> None:
    for number in range(3):
        directory.service.clock.advance(seconds=1)
        directory.add(
            f"filter{number}", active=True, externalId=f"f-{number}", displayName=f"Filtered {number}"
        )
    found = directory.ask("GET", '/Users?filter=userName eq "FILTER1"')
    assert [one["userName"] for one in found["Resources"]] == ["filter1"]
    found = directory.ask("GET", '/Users?filter=externalId eq "f-2"&attributes=userName')
    assert found["Resources"] == [
        {"schemas": [USER], "id": found["Resources"][0]["id"], "userName": "filter2"}
    ]
    asked = '/Users?filter=displayName sw "filtered" and active eq true&startIndex=2&count=1'
    page = directory.ask("GET", asked)
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert page["Resources"][0]["userName"] == "filter1"
    assert directory.ask("GET", "/Users?count=0")["totalResults"] >= 3
    assert directory.ask("GET", '/Users?filter=emails.value eq "filter2@example.org"')["totalResults"] == 1
    assert directory.ask("GET", f"/Users?startIndex={10**30}")["itemsPerPage"] == 0
    assert directory.ask("GET", "/Users?filter=nonsense", 400)["scimType"] == "invalidFilter"
    everybody = directory.ask("GET", "/Users?count=1000")
    assert everybody["itemsPerPage"] <= 200


def test_attack_w15_no_owner_is_taken_over_by_an_address(directory: Directory) -> None:
    """Else whoever holds the directory's key would decide who owns the organisation."""
    refused = directory.add("thief", 409, emails=[{"value": OWNER.email}])
    assert refused["scimType"] == "uniqueness"
    thief = directory.add("thief", emails=[])
    path = f"/Users/{thief['id']}"
    emails = {"op": "replace", "path": "emails", "value": [{"value": OWNER.email}]}
    directory.patch(path, emails, status=409)
    assert directory.ask("GET", path).get("emails") is None, "nothing was changed"
    directory.add("THIEF", 409)
    cat = directory.add("cat")
    directory.patch(f"/Users/{cat['id']}", emails)
    owner = directory.services.store.members.find_by_email(OWNER.email)
    assert directory.services.store.directory.user_of(owner.id) is None, "cat stays who she was"
    directory.add("dora", 409, emails=[{"value": "cat@example.org"}])


def test_the_last_owner_is_not_deprovisioned(directory: Directory) -> None:
    service, services = directory.service, directory.services
    lea, now = directory.add("lea"), service.clock.now
    today = services.today(now)
    member = services.store.members.find_by_email("lea@example.org")
    services.store.colleagues.set_roles(member.id, {Role.OWNER}, today)
    owner = services.store.members.find_by_email(OWNER.email)
    services.store.colleagues.set_roles(owner.id, (), today)
    path, off = f"/Users/{lea['id']}", {"op": "replace", "path": "active", "value": False}
    directory.patch(path, off, status=409)
    directory.ask("DELETE", path, 409)
    assert "active" not in directory.ask("GET", path)
    assert directory.roles("lea@example.org") == {Role.OWNER}
    services.store.colleagues.set_roles(owner.id, {Role.OWNER}, today)
    directory.patch(path, off)
    assert directory.roles("lea@example.org") == frozenset()


def test_attack_w15_a_key_opens_the_directory_of_its_own_organisation(directory: Directory) -> None:
    service = directory.service
    mine = directory.add("mine")
    found_organisation(
        service.settings, service.services.store, Founding("guild", "Guild"), actor="t", now=service.clock.now
    )
    assert service.services.neighbours is not None
    guild = Directory(service, service.services.neighbours.of("guild"), "/o/guild")
    guild.ask("GET", f"/Users/{mine['id']}", 404)
    guild.ask("DELETE", f"/Users/{mine['id']}", 404)
    assert guild.ask("GET", '/Users?filter=userName eq "mine"')["totalResults"] == 0
    guild.add("mine")
    wrong = guild.ask(
        "POST", "/Groups", 400, schemas=[GROUP], displayName="makers", members=[{"value": mine["id"]}]
    )
    assert "no user here" in wrong["detail"]
    for at in ("/o/guild", ""):
        other = guild if at == "" else directory
        answer = service.client().get(f"{at}/scim/v2/Users", headers=other.headers)
        assert (answer.status_code, answer.mimetype) == (401, "application/scim+json")
    _, weaker = create_api_key(directory.services, "reads", ["credentials:read"], service.clock.now)
    answer = service.client().get("/scim/v2/Users", headers={"Authorization": f"Bearer {weaker}"})
    assert answer.status_code == 403
    assert service.client().get("/scim/v2/ServiceProviderConfig").status_code == 401


def test_what_cannot_be_used_is_told_in_the_words_of_scim(directory: Directory) -> None:
    for said, kind in (
        ({"schemas": [USER]}, "invalidValue"),
        ({"schemas": [USER], "userName": "x" * 301}, "invalidValue"),
        ({"schemas": [USER], "userName": {"a": 1}}, "invalidValue"),
    ):
        assert directory.ask("POST", "/Users", 400, **said)["scimType"] == kind, said
    answer = directory.client.post(
        f"{directory.base}/Users", data="<user/>", headers={**directory.headers, "Content-Type": "text/xml"}
    )
    assert answer.status_code == 400
    answer = directory.client.post(f"{directory.base}/Users", data="{", headers=directory.headers)
    assert answer.get_json(force=True)["status"] == "400"
    assert directory.ask("GET", "/Nothing", 404)["status"] == "404"
    eve = directory.add("eve")
    for operation in (
        {"op": "replace", "path": "nope nope", "value": 1},
        {"op": "boom", "path": "active", "value": 1},
        {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "id", "value": "another"},
    ):
        assert directory.patch(f"/Users/{eve['id']}", operation, status=400)["scimType"], operation
    put = directory.ask("PUT", f"/Users/{eve['id']}", schemas=[USER], userName="eve", active=True)
    assert put["id"] == eve["id"]
    assert "emails" not in put


def test_an_administrator_makes_no_key_for_the_directory(directory: Directory) -> None:
    """Its groups could make them an owner."""
    form = {"name": "A directory", "scope": SCOPE}
    helper = Person(directory.service).sign_in_as(Role.ADMINISTRATOR, "adi@example.org")
    refused = helper.submit("/console/keys", **form)
    assert (refused.status_code, "owner" in refused.text) == (403, True)
    assert Person(directory.service).sign_in_to_console().submit("/console/keys", **form).status_code == 200

"""The console's page of trusted issuers: entries, files and lists of others, each with what goes wrong."""

from __future__ import annotations

import html
import io
import json
from pathlib import Path
from typing import Any

import pytest

from credserv.store.store import Store
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import Hosts

SCHOOL = "did:web:school.example"
REGISTRY = "https://lists.example/registry.json"
HOME = "/console/trust"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({REGISTRY: {"registry": {SCHOOL: {"name": "School <b>"}, "nobody": {"name": "X"}}}})


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)


@pytest.fixture
def store(service: Service) -> Store:
    return service.services.store


@pytest.fixture
def administrator(service: Service) -> Person:
    return Person(service).sign_in_to_console()


def submit(person: Person, form: str, **fields: Any) -> str:
    """What the page says after the form was taken."""
    return html.unescape(person.follow(person.submit(f"{HOME}/{form}", on=HOME, **fields)))


def refused(person: Person, form: str, status: int = 400, **fields: Any) -> str:
    answer = person.submit(f"{HOME}/{form}", on=HOME, **fields)
    assert answer.status_code == status, answer.text[:500]
    return html.unescape(answer.text)


def actions(store: Store) -> list[tuple[str, str]]:
    lines = store.audit.recent(99)[::-1]
    return [(line.actor, line.action) for line in lines if line.action.startswith("trusted-")]


def test_at_first_nobody_is_trusted_and_it_says_what_that_means(administrator: Person) -> None:
    page = administrator.get(HOME)
    assert "None yet." in page
    assert 'aria-current="page">Trusted issuers' in page


def test_an_issuer_is_added_and_removed(administrator: Person, store: Store) -> None:
    page = submit(administrator, "issuers", issuer=f" {SCHOOL} ", name="School", url="https://school.example")
    assert "“School” is trusted from now on." in page
    assert "Trusted by Example Academy" in page
    submit(administrator, "issuers", issuer="did:web:b.example", name="B")

    (known,) = store.trusted_lists.list()
    place = f"{HOME}/lists/{known.id}"
    assert f"{SCHOOL}</bdi>" in administrator.get(place)
    page = administrator.follow(administrator.submit(f"{place}/remove", on=place, issuer="did:web:b.example"))
    assert "This list no longer trusts that issuer" in page
    page = administrator.follow(administrator.submit(f"{place}/remove", on=place, issuer=SCHOOL))
    assert "None yet." in page
    administrator.get(place, status=404)
    done = actions(store)
    assert [action for _, action in done] == ["trusted-issuer-added"] * 2 + ["trusted-issuer-removed"] * 2
    (actor,) = {actor for actor, _ in done}
    assert actor.startswith("person:")


def test_for_an_organisation(administrator: Person, store: Store) -> None:
    page = submit(administrator, "issuers", issuer=SCHOOL, name="School", organisation="acme")
    assert "For acme · 1 issuer" in page
    (known,) = store.trusted_lists.list("acme")
    assert "Counts for those who check as acme." in administrator.get(f"{HOME}/lists/{known.id}")
    assert (
        "an organisation is named by"
        in refused(administrator, "issuers", issuer=SCHOOL, name="School", organisation="No Slug").lower()
    )


def test_what_is_wrong_with_an_entry_is_said_and_what_was_typed_stays(
    administrator: Person, store: Store
) -> None:
    page = refused(administrator, "issuers", issuer="school.example", name="The School", url="javascript:x")
    for said in (
        'id="issuer-fault"',
        'id="url-fault"',
        'value="school.example"',
        'value="The School"',
        'role="alert"',
    ):
        assert said in page, said
    assert store.trusted_lists.list() == ()


def test_a_file_is_read_whole_or_not_at_all(administrator: Person, store: Store) -> None:
    good = f"id,name\n{SCHOOL},School\ndid:web:b.example,B\n".encode()
    assert "2 issuers are trusted from now on." in submit(
        administrator, "imports", file=(io.BytesIO(good), "partners.csv")
    )
    bad = b"id,name\ndid:web:c.example,C\nnobody,X\n"
    page = refused(administrator, "imports", file=(io.BytesIO(bad), "partners.csv"), replace="yes")
    assert "row 3/id" in page
    assert (
        "the file names no issuer"
        in refused(
            administrator, "imports", file=(io.BytesIO(b'{"issuers": []}'), "x.json"), replace="yes"
        ).lower()
    )
    refused(administrator, "imports")
    assert sum(store.trusted_lists.count_issuers().values()) == 2
    one = json.dumps({"issuers": [{"id": SCHOOL, "name": "Renamed"}]}).encode()
    submit(administrator, "imports", file=(io.BytesIO(one), "partners.json"), replace="yes")
    (known,) = store.trusted_lists.list()
    assert [entry.name for entry in store.trusted_lists.issuers(known.id)] == ["Renamed"]


def test_a_list_of_others(administrator: Person, store: Store, hosts: Hosts, service: Service) -> None:
    page = submit(administrator, "lists", url=REGISTRY, name="Registry")
    assert "1 issuer is trusted from now on. 1 entry cannot be used and is left out." in page
    assert "“Registry” is asked for again from time to time." in page
    (known,) = store.trusted_lists.list()
    place = f"{HOME}/lists/{known.id}"
    assert "School &lt;b&gt;" in administrator.get(place)  # escaped

    del hosts.pages[REGISTRY]
    page = administrator.follow(administrator.submit(f"{place}/refresh", on=place))
    assert "could not be refreshed: the host did not answer in time" in page
    assert "Could not be refreshed" in administrator.get(HOME)
    service.clock.advance(days=8)
    administrator.sign_in_to_console()
    assert "older than 7 days" in administrator.get(place)
    assert "Expired" in administrator.get(HOME)

    hosts.pages[REGISTRY] = {"registry": {SCHOOL: {"name": "School"}}}
    page = administrator.follow(administrator.submit(f"{place}/refresh", on=place))
    assert "The list was refreshed." in page
    page = administrator.follow(administrator.submit(f"{place}/unsubscribe", on=place))
    assert "None yet." in page
    assert [action for _, action in actions(store)] == [
        "trusted-list-subscribed",
        "trusted-list-changed",
        "trusted-list-unsubscribed",
    ]


def test_a_list_that_cannot_be_had_is_told_by_whose_fault(
    administrator: Person, store: Store, hosts: Hosts
) -> None:
    page = refused(administrator, "lists", 502, url="https://away.example/", name="Registry")
    assert "the host did not answer in time" in page.lower()
    assert 'value="https://away.example/"' in page
    hosts.pages["https://away.example/"] = b"<html></html>"
    refused(administrator, "lists", url="https://away.example/", name="Registry")
    assert "the name of the list is empty" in refused(administrator, "lists", url=REGISTRY, name=" ").lower()
    submit(administrator, "lists", url=REGISTRY, name="Registry")
    assert "there is a list named" in refused(administrator, "lists", url=REGISTRY, name="Registry").lower()
    assert len(store.trusted_lists.list()) == 1


def test_deeds_on_a_list_that_is_none_of_that_kind(administrator: Person, store: Store) -> None:
    submit(administrator, "issuers", issuer=SCHOOL, name="School")
    submit(administrator, "lists", url=REGISTRY, name="Registry")
    own, other = store.trusted_lists.list()
    for list_id, deed in (
        (own.id, "refresh"),
        (own.id, "unsubscribe"),
        (other.id, "remove"),
        ("x", "remove"),
    ):
        answer = administrator.submit(f"{HOME}/lists/{list_id}/{deed}", on=HOME, issuer=SCHOOL)
        assert answer.status_code == 404, deed
    assert sum(store.trusted_lists.count_issuers().values()) == 2


def test_a_long_list_comes_in_pages(administrator: Person, store: Store) -> None:
    rows = "".join(f"did:web:x{number:03}.example,Issuer {number:03}\n" for number in range(150))
    submit(administrator, "imports", file=(io.BytesIO(f"id,name\n{rows}".encode()), "many.csv"))
    (known,) = store.trusted_lists.list()
    place = f"{HOME}/lists/{known.id}"
    first = administrator.get(place)
    second = administrator.get(f"{place}?from=100")
    assert ("Issuer 099" in first, "Issuer 100" in first) == (True, False)
    assert ("Issuer 099" in second, "Issuer 149" in second) == (False, True)
    assert ("from=100" in first, "from=200" in second) == (True, False)
    for odd in ("-5", "~", "%C3%A9" * 500):
        administrator.get(f"{place}?from={odd}")

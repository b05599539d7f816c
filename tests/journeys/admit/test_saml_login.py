"""Colleagues come into the console by SAML, with accounts at a provider of others (npm samlp)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("onelogin.saml2", reason="python3-saml is not installed")
from defusedxml import ElementTree

from credserv.ground.errors import InputError
from credserv.journeys.admit import saml, staff_login
from credserv.processes.cli import cli
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord
from tests.testkit.browsing import OWNER, Person
from tests.testkit.processes import environ_of
from tests.testkit.saml import GROUPS, ISSUER, SamlIdp, person, saml_idp
from tests.testkit.service import Clock, Service, make_service

MAKERS = (("badge-makers", Role.ISSUER), ("badge-lookers", Role.AUDITOR))
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"


@dataclass
class Place:
    service: Service
    idp: SamlIdp

    @property
    def acs(self) -> str:
        return saml.own_side(self.service.services).answers

    def ask(self, browser: Person) -> str:
        answer = browser.client.get("/console/saml")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def answer(self, browser: Person, user: dict[str, Any]) -> str:
        told = {"recipient": self.acs, "destination": self.acs}
        return self.idp.answer(self.ask(browser), user, **told)

    def finish(self, browser: Person, answer: str) -> str:
        """The page that it ends with. The first form comes from another site: without any cookie."""
        shown = self.service.client().post("/console/saml/acs", data={"SAMLResponse": answer})
        assert shown.status_code == 200
        assert "Set-Cookie" not in shown.headers
        assert f'name="SAMLResponse" value="{answer}"' in shown.text.replace("&#43;", "+")
        return browser.follow(browser.client.post("/console/saml/done", data={"SAMLResponse": answer}))

    def come_in(self, browser: Person, user: dict[str, Any]) -> str:
        return self.finish(browser, self.answer(browser, user))

    def let_in(self, **said: Any) -> None:
        known = {"domains": ("example.org",), "groups_claim": GROUPS, "group_roles": MAKERS, **said}
        now = self.service.clock.now
        staff_login.set_staff_login(self.service.services, StaffLoginRecord(**known), actor="test", now=now)


@pytest.fixture(scope="module")
def idp() -> Iterator[SamlIdp]:
    with saml_idp() as started:
        yield started


@pytest.fixture
def place(database_url: str, tmp_path: Path, idp: SamlIdp) -> Place:
    """By the clock of the machine, as python3-saml goes."""
    service = make_service(database_url, tmp_path, clock=Clock(datetime.now(UTC)), rate_letters="9999/second")
    found = Place(service, idp)
    saml.set_saml_provider(service.services, idp.metadata(), actor="test", now=service.clock.now)
    found.let_in()
    return found


def roles(service: Service, email: str) -> frozenset[Role]:
    member = service.services.store.members.find_by_email(email)
    assert member is not None
    return service.services.store.colleagues.written_roles(member.id)


def test_groups_give_roles_and_an_answer_is_good_once_in_the_browser_that_asked(place: Place) -> None:
    service, mia = place.service, person("mia-1", "mia@example.org", "Mia Maker", "badge-makers", "others")
    browser, thief = Person(service), Person(service)
    assert "my account at work" in browser.get("/console")
    answer = place.answer(browser, mia)
    place.ask(thief)
    assert "answered another question" in place.finish(thief, answer), "overheard, before it was used"
    assert "Overview" in place.finish(browser, answer)
    assert roles(service, "mia@example.org") == {Role.ISSUER}
    assert "Mia Maker" in browser.get("/console/account")
    assert "not asked for in this browser" in place.finish(Person(service), answer)
    again = Person(service)
    place.ask(again)
    assert "answered another question" in place.finish(again, answer), "nor for a question of its own"
    lookers = person("mia-1", "mia@example.org", "Mia Maker", "badge-lookers")
    assert "Overview" in place.come_in(Person(service), lookers)
    assert roles(service, "mia@example.org") == {Role.AUDITOR}
    assert "Sign in to the console" in browser.get("/console"), "who lost a role comes in anew"


def test_attack_97_an_address_is_believed_for_listed_domains_alone_and_a_name_id_is_no_other_account(
    place: Place,
) -> None:
    service = place.service
    Person(service).sign_in_to_console()
    owner = person("olga-1", OWNER.email, "Olga Owner", "badge-makers")
    place.let_in(domains=())
    assert "not of a domain for which this provider speaks" in place.come_in(Person(service), owner)
    place.let_in(domains=("else.example",))
    assert "ccounts of your domain do not open" in place.come_in(Person(service), owner)
    place.let_in(domains=(OWNER.email.rpartition("@")[2],))
    assert "Overview" in place.come_in(Person(service), owner)
    other = person("olga-2", OWNER.email, "Olga Owner", "badge-makers")
    assert "nother account is connected" in place.come_in(Person(service), other)
    member = service.services.store.members.find_by_email(OWNER.email)
    (account,) = service.services.store.staff.accounts_of(member.id)
    assert (account.issuer, account.subject) == (f"saml:{ISSUER}", "olga-1")
    assert Role.OWNER in roles(service, OWNER.email)


def test_accounts_may_be_the_only_way_in_and_ending_the_provider_opens_links_again(place: Place) -> None:
    services, now = place.service.services, place.service.clock.now
    Person(place.service).sign_in_to_console()
    with pytest.raises(InputError, match="an owner signs in with one"):
        place.let_in(is_required=True)
    place.come_in(Person(place.service), person("olga-1", OWNER.email, "Olga Owner"))
    place.let_in(is_required=True)
    assert staff_login.requires_account(services)
    assert "Sign in with my account at work" in Person(place.service).get("/console")
    other = place.idp.metadata().replace(ISSUER.encode(), b"https://other.example/idp")
    with pytest.raises(InputError, match="by links first"):
        saml.set_saml_provider(services, other, actor="test", now=now)
    saml.end_saml_provider(services, actor="test", now=now)
    assert not staff_login.requires_account(services)
    assert "my account at work" not in Person(place.service).get("/console")
    browser = Person(place.service)
    told = browser.follow(browser.client.get("/console/saml"))
    assert "olleagues of this organisation sign in by a mailed link" in told


def test_an_owner_sets_it_up_in_the_console_by_a_file(
    database_url: str, tmp_path: Path, idp: SamlIdp
) -> None:
    service = make_service(database_url, tmp_path)
    owner = Person(service).sign_in_to_console()
    path = "/console/organisation/login/saml"
    page = owner.get(path)
    entity, acs = (f"{service.settings.public_url}/console/saml/{end}" for end in ("metadata", "acs"))
    assert "None yet" in page
    assert entity in page
    assert acs in page
    told = service.client().get("/console/saml/metadata")
    assert told.mimetype == "application/samlmetadata+xml"
    root = ElementTree.fromstring(told.data)
    assert root.get("entityID") == entity
    (described,) = root.findall(f"{MD}SPSSODescriptor")
    assert described.get("WantAssertionsSigned") == "true"
    assert [one.get("Location") for one in described] == [acs]

    for fields, why in (
        ({}, "hoose the file"),
        ({"address": "http://idp.example/metadata"}, "etched from an https address"),
        ({"address": "https://idp.example/metadata"}, "o network"),
        ({"file": (io.BytesIO(b"<a/>"), "m.xml")}, "one identity provider"),
    ):
        answer = owner.submit(path, **fields)
        assert (answer.status_code, why in answer.text) == (400, True), answer.text
    assert service.services.store.saml_providers.get() is None
    shown = owner.follow(owner.submit(path, file=(io.BytesIO(idp.metadata()), "m.xml")))
    assert ISSUER in shown
    assert "n use" in shown
    owner.follow(owner.submit("/console/organisation/login/colleagues", domains="example.org"))
    assert ISSUER in owner.get("/console/organisation/login/colleagues")
    owner.follow(owner.submit(f"{path}/end", on=path))
    assert "None yet" in owner.get(path)
    assert staff_login.staff_login(service.services) is None


def test_the_command_sets_shows_and_ends_it(database_url: str, tmp_path: Path, idp: SamlIdp) -> None:
    service = make_service(database_url, tmp_path)
    file = tmp_path / "metadata.xml"
    file.write_bytes(idp.metadata())
    run = CliRunner(env=environ_of(service.settings))
    told = run.invoke(cli, ["login", "saml", str(file)])
    assert told.exit_code == 0, told.output
    assert f"{service.settings.public_url}/console/saml/acs" in told.output
    assert "credserv login staff --domain" in told.output
    assert f"{ISSUER} by SAML" in run.invoke(cli, ["login", "show"]).output
    assert run.invoke(cli, ["login", "end-saml"]).exit_code == 0
    assert "There is none" in run.invoke(cli, ["login", "show"]).output

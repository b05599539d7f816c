"""Colleagues come into the console with accounts at their provider, a real one behind HTTPS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credserv.app.founding import found_organisation
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.journeys.admit import oidc, sign_in, staff_login
from credserv.journeys.admit.letters import link_of_letter, request_letter
from credserv.journeys.admit.staff_accounts import verified_address
from credserv.journeys.admit.staff_login import parse_domains, parse_group_roles
from credserv.records.access import LinkPurpose, LinkRecord
from credserv.records.audit import Action
from credserv.records.organisations import Founding
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord
from tests.testkit.browsing import OWNER, Person, colleague_link, console_link
from tests.testkit.identity_provider import CLIENT, SECRET, Place, employed
from tests.testkit.service import Service, make_service

GROUPS = (("badge-makers", Role.ISSUER), ("badge-lookers", Role.AUDITOR))
ONWARD = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]+)">')


@pytest.fixture(scope="module")
def module_place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("staff")
    path = folder / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    service = make_service(f"sqlite:///{path}", folder, rate_api="9999/second")
    with employed(service, folder) as place:
        rates = place.service.app.extensions["credserv.budgets"].rates
        rates.update(dict.fromkeys(rates, ()))
        yield place


@pytest.fixture
def place(module_place: Place) -> Place:
    """Accounts open the console, and groups give roles."""
    module_place.provider.claims = {}
    module_place.provider.answer = {}
    let_in(module_place)
    return module_place


def let_in(place: Place, **said: Any) -> None:
    known = {"groups_claim": "groups", "group_roles": GROUPS, **said}
    now = place.service.clock.now
    staff_login.set_staff_login(place.service.services, StaffLoginRecord(**known), actor="test", now=now)


def says(place: Place, email: str, *groups: str, **more: Any) -> None:
    place.provider.claims = {"email": email, "email_verified": True, "groups": list(groups), **more}


def come_in(place: Place, person: Person, subject: str, path: str = "/console/login", at: str = "") -> str:
    """The page that it ends with. at: of another organisation."""
    told = place.provider.sign_in(place.begin(person, at + path), subject)
    return finish(person, told, at)


def finish(person: Person, told: dict[str, str], at: str = "") -> str:
    shown = person.client.get(f"{at}/console/login/back", query_string=told)
    assert shown.status_code == 200
    assert "Set-Cookie" not in shown.headers or "credserv_console" not in shown.headers["Set-Cookie"]
    onward = ONWARD.search(shown.text)
    assert onward is not None
    return person.follow(person.client.get(onward[1].replace("&amp;", "&")))


def roles(service: Service, email: str) -> frozenset[Role]:
    member = service.services.store.members.find_by_email(email)
    assert member is not None
    return service.services.store.colleagues.written_roles(member.id)


def test_groups_give_roles_and_take_them_with_the_sessions(place: Place) -> None:
    service, mia = place.service, "mia@example.org"
    says(place, mia, "badge-makers", "badge-lookers", "others", name="Mia Maker")
    browser = Person(service)
    assert "my account at work" in browser.get("/console")
    assert "Overview" in come_in(place, browser, "mia-1")
    assert roles(service, mia) == {Role.ISSUER, Role.AUDITOR}
    member = service.services.store.members.find_by_email(mia)
    service.services.store.colleagues.set_roles(
        member.id, {Role.ISSUER, Role.AUDITOR, Role.ANALYST}, service.services.today(service.clock.now)
    )
    says(place, mia, "badge-makers")
    again = Person(service)
    come_in(place, again, "mia-1")
    assert roles(service, mia) == {Role.ISSUER, Role.ANALYST}, "by hand stays, by a group ends"
    assert "Sign in to the console" in browser.get("/console"), "where they were signed in, they are no more"
    assert "Mia Maker" in again.get("/console/account")
    says(place, mia)
    come_in(place, Person(service), "mia-1")
    assert roles(service, mia) == {Role.ANALYST}
    changed = service.services.store.audit.of_subject(member.id)
    changed = [one for one in changed if one.action == Action.COLLEAGUE_ROLES_CHANGED]
    assert {one.actor for one in changed} == {f"provider:{place.provider.issuer}"}


def test_attack_97_without_a_verified_address_or_a_role_nobody_is_anybody(place: Place) -> None:
    service = place.service
    owner = Person(service).sign_in_to_console()
    for claims in ({"email_verified": False}, {"email_verified": "false"}, {"email_verified": None}):
        says(place, OWNER.email, "badge-makers", **claims)
        assert "has verified your address" in come_in(place, Person(service), "thief"), claims
    says(place, "nobody@example.org")
    assert "no role here" in come_in(place, Person(service), "nobody")
    assert service.services.store.members.find_by_email("nobody@example.org") is None
    says(place, OWNER.email, email_verified=None, xms_edov="1")
    assert "Overview" in come_in(place, Person(service), "olga-1"), "as Entra ID says it"
    says(place, OWNER.email)
    assert "nother account is connected" in come_in(place, Person(service), "olga-2")
    assert "olga-1" in owner.get("/console/account")
    let_in(place, domains=("else.example",))
    assert "ccounts of your domain" in come_in(place, Person(service), "olga-1")


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("badge-makers", {Role.ISSUER}),
        ("badge-makers badge-lookers", set()),
        (["badge-makers", 7, None, ["badge-lookers"]], {Role.ISSUER}),
        ({"badge-makers": True}, set()),
        (True, set()),
    ],
)
def test_attack_97_a_claim_of_groups_is_read_in_one_way(place: Place, said: Any, given: set[Role]) -> None:
    service, ina = place.service, "ina@example.org"
    member = service.services.store.members.find_by_email(ina)
    if member is None:
        says(place, ina, "badge-lookers")
        come_in(place, Person(service), "ina-1")
        member = service.services.store.members.find_by_email(ina)
    says(place, ina)
    place.provider.claims["groups"] = said
    page = come_in(place, Person(service), "ina-1")
    assert roles(service, ina) == given
    assert ("no role here" in page) is not given if not given else "Overview" in page


def test_groups_that_were_left_out_take_no_role(place: Place) -> None:
    service, ole = place.service, "ole@example.org"
    says(place, ole, "badge-makers")
    come_in(place, Person(service), "ole-1")
    place.provider.claims = {"email": ole, "email_verified": True, "_claim_names": {"groups": "src1"}}
    assert "too many" in come_in(place, Person(service), "ole-1")
    assert roles(service, ole) == {Role.ISSUER}


def test_the_last_owner_stays_whatever_the_groups_say(place: Place) -> None:
    service = place.service
    made = of_new_organisation(place, "lone")
    now = service.clock.now
    wanted = StaffLoginRecord(groups_claim="groups", group_roles=(("owners", Role.OWNER),))
    staff_login.set_staff_login(made, wanted, actor="test", now=now)
    says(place, "lea@example.org", "owners")
    assert "Overview" in come_in(place, Person(service), "lea-1", at="/o/lone")
    says(place, "lea@example.org")
    come_in(place, Person(service), "lea-1", at="/o/lone")
    (lea,) = made.store.colleagues.list(made.today(now))
    assert lea.roles == {Role.OWNER}
    says(place, "max@example.org", "owners")
    come_in(place, Person(service), "max-1", at="/o/lone")
    says(place, "lea@example.org")
    assert "no role here" in come_in(place, Person(service), "lea-1", at="/o/lone")


def of_new_organisation(place: Place, slug: str) -> Any:
    """With the same provider, which knows it by the same client."""
    service = place.service
    found_organisation(
        service.settings, service.services.store, Founding(slug, slug), actor="test", now=service.clock.now
    )
    assert service.services.neighbours is not None
    made = replace(service.services.neighbours.of(slug), fetcher=service.services.fetcher)
    oidc.set_provider(made, place.provider.issuer, CLIENT, SECRET, actor="test", now=service.clock.now)
    return made


def test_attack_97_an_answer_is_to_one_organisation(place: Place) -> None:
    """Both have the same provider and client, so that the token alone would fit both."""
    service = place.service
    made = of_new_organisation(place, "twin")
    now = service.clock.now
    staff_login.set_staff_login(
        made,
        StaffLoginRecord(groups_claim="groups", group_roles=(("badge-makers", Role.ADMINISTRATOR),)),
        actor="test",
        now=now,
    )
    says(place, "mix@example.org", "badge-makers")
    browser = Person(service)
    told = place.provider.sign_in(place.begin(browser, "/console/login"), "mix-1")
    assert "not asked for" in finish(browser, told, "/o/twin")
    assert made.store.members.find_by_email("mix@example.org") is None
    told = place.provider.sign_in(place.begin(browser, "/console/login"), "mix-1")
    told["iss"] = "https://elsewhere.example"
    assert "another provider answered" in finish(browser, told)
    told = place.provider.sign_in(place.begin(browser, "/console/login"), "mix-1")
    assert "not asked for" in finish(Person(service), told), "in the browser of somebody else"
    told = place.provider.sign_in(place.begin(browser, "/console/login"), "mix-1")
    told["_external"] = "1"
    assert "Overview" in finish(browser, told)
    assert "my account at work" in browser.get("/o/twin/console"), "signed in to one organisation alone"


def test_attack_98_a_session_that_somebody_else_knows_is_not_taken_up(place: Place) -> None:
    service = place.service
    says(place, "fia@example.org", "badge-makers")
    browser = Person(service)
    browser.client.set_cookie("credserv_console", "known-to-a-thief")
    come_in(place, browser, "fia-1")
    cookie = browser.client.get_cookie("credserv_console")
    assert cookie is not None
    assert cookie.value != "known-to-a-thief"
    thief = Person(service)
    thief.client.set_cookie("credserv_console", "known-to-a-thief")
    assert "Sign in to the console" in thief.get("/console")


def test_attack_97_an_account_at_work_opens_no_wallet(place: Place) -> None:
    """What opens the console by a word of the employer opens nothing of the person's own."""
    service, wim = place.service, "wim@example.org"
    credential_id = service.issue(email=wim)
    Person(service).open_wallet(wim)
    says(place, wim, "badge-makers")
    browser = Person(service)
    assert "Overview" in come_in(place, browser, "wim-1")
    assert "Wallet of" not in browser.get("/wallet")
    assert credential_id not in place.come_in(browser, "wim-1")


def test_an_account_is_connected_and_removed_by_a_colleague(place: Place) -> None:
    service = place.service
    ada = Person(service).sign_in_as(Role.ISSUER, "ada@example.org")
    place.provider.claims = {"email": "whoever@elsewhere.example", "email_verified": None}
    assert "opens the console" in come_in(place, ada, "ada-1", "/console/login/add")
    browser = Person(service)
    assert "Overview" in come_in(place, browser, "ada-1")
    bob = Person(service).sign_in_as(Role.ISSUER, "bob@example.org")
    assert "another colleague" in come_in(place, bob, "ada-1", "/console/login/add")
    page = ada.get("/console/account")
    account = re.search(r'name="account" value="([^"]+)"', page)[1]
    wrong = bob.submit("/console/account/accounts/end", on="/console/account", account=account)
    assert wrong.status_code == 404, "another's"
    stolen = ada.submit("/console/account/accounts/end", on="/console/account", account=account)
    assert stolen.status_code == 403, "without it nothing would ask for a proof any more (attack 98)"
    assert "it is you" in come_in(place, ada, "ada-1", "/console/login/prove")
    ada.follow(ada.submit("/console/account/accounts/end", on="/console/account", account=account))
    assert "verified your address" in come_in(place, Person(service), "ada-1")
    assert "Ada" not in page
    let_in(place, domains=("example.org",))
    for email in (None, "whoever@elsewhere.example"):
        place.provider.claims = {"email": email, "email_verified": None}
        shown = come_in(place, bob, "bob-private", "/console/login/add")
        assert "ccounts of your domain" in shown, "not vouched for is no way around"


def test_where_accounts_are_required_no_link_opens_the_console(place: Place) -> None:
    service, services, now = place.service, place.service.services, place.service.clock.now
    made = of_new_organisation(place, "strict")
    alone = StaffLoginRecord(is_required=True)
    with pytest.raises(InputError, match="an owner signs in with one"):
        staff_login.set_staff_login(made, alone, actor="test", now=now)
    says(place, OWNER.email)
    come_in(place, Person(service), "olga-1")
    owner, other = Person(service).sign_in_to_console(), Person(service).sign_in_as(Role.AUDITOR)
    lying = colleague_link(service, Role.AUDITOR, "handed@example.org")
    form = {"groups_claim": "", "group_roles": "", "domains": "", "is_required": "on"}
    page = "/console/organisation/login/colleagues"
    come_in(place, owner, "olga-1", "/console/login/prove")
    assert "Saved" in owner.follow(owner.submit(page, **form))
    assert "Sign in to the console" in other.get("/console"), "everybody else is signed out"
    assert "no longer opens" in Person(service).get(lying, status=410)
    shown = Person(service).get("/console")
    assert "Send me a link" not in shown
    assert "Only accounts" in shown
    asked = LinkRecord(LinkPurpose.CONSOLE_LETTER, OWNER.email, now.replace(year=2030))
    assert link_of_letter(services, asked, now) is None
    request_letter(services, LinkPurpose.CONSOLE_LETTER, OWNER.email, now)
    shown = owner.follow(
        owner.submit("/console/colleagues", email="new@example.org", name="New", role="auditor")
    )
    assert "sign in with their account" in shown
    member = services.store.members.find_by_email("new@example.org")
    wrong = owner.submit(f"/console/colleagues/{member.id}/link", on=f"/console/colleagues/{member.id}")
    assert wrong.status_code == 400
    assert "accounts alone" in wrong.text
    with pytest.raises(InputError, match="at the present provider"):
        oidc.set_provider(services, "https://other.example", CLIENT, SECRET, actor="test", now=now)
    locked_out = Person(service)
    assert "Overview" in locked_out.follow(locked_out.submit(console_link(service))), "made on the server"
    owner.follow(owner.submit(f"{page}/end", on=page))
    with pytest.raises(NotFoundError):
        staff_login.end_staff_login(services, actor="test", now=now)
    assert Person(service).client.get("/console/login").status_code == 404


def test_a_mailed_link_of_before_opens_nothing_where_accounts_are_required(place: Place) -> None:
    services, now = place.service.services, place.service.clock.now
    says(place, OWNER.email)
    come_in(place, Person(place.service), "olga-1")
    let_in(place, is_required=True)
    link = sign_in.create_mailed_console_link(services, OWNER.email, now, sign_in.CONSOLE_LINK_LIFE)
    with pytest.raises(UnauthenticatedError, match="accounts alone"):
        sign_in.open_console_link(services, link.rpartition("/")[2], now, browser="x")


def test_an_owner_signs_a_colleague_out(place: Place) -> None:
    service = place.service
    owner = Person(service).sign_in_to_console()
    eva = Person(service).sign_in_as(Role.ISSUER, "eva@example.org").open_wallet("eva@example.org")
    member = service.services.store.members.find_by_email("eva@example.org")
    page = f"/console/colleagues/{member.id}"
    assert "Sign them out" in owner.get(page)
    assert "not signed in" in owner.follow(owner.submit(f"{page}/sign-out", on=page))
    assert "Sign in to the console" in eva.get("/console")
    assert "Sign out" in eva.get("/wallet"), "their wallet is their own"
    helper = Person(service).sign_in_as(Role.ADMINISTRATOR, "adi@example.org")
    theirs = service.services.store.members.find_by_email(OWNER.email)
    refused = helper.submit(
        f"/console/colleagues/{theirs.id}/sign-out", on=f"/console/colleagues/{theirs.id}"
    )
    assert refused.status_code == 403
    lines = service.services.store.audit.of_subject(member.id)
    by = [one.actor for one in lines if one.action == Action.COLLEAGUE_SIGNED_OUT]
    owner_member = service.services.store.members.find_by_email(OWNER.email)
    assert by == [f"person:{owner_member.person_id}"]


@pytest.mark.parametrize("wrong", ["issuers", "= issuer", "a = boss", "x" * 201 + " = issuer"])
def test_a_line_that_names_no_group_and_role_is_refused(wrong: str) -> None:
    with pytest.raises(InputError):
        parse_group_roles(["ok = issuer", wrong])
    assert parse_group_roles(["", "a=b = issuer", "a=b = issuer"]) == (("a=b", Role.ISSUER),)


def test_domains_have_one_form() -> None:
    assert parse_domains(["@Example.ORG", " example.org "]) == ("example.org",)
    with pytest.raises(InputError):
        parse_domains(["not a domain"])


def test_attack_97_a_private_google_account_with_an_address_at_work_is_nobody() -> None:
    said = {"iss": "https://accounts.google.com", "email": "ann@example.org", "email_verified": True}
    assert verified_address(said) is None
    assert verified_address({**said, "hd": "elsewhere.example"}) is None
    assert verified_address({**said, "hd": "example.org"}) == "ann@example.org"


def test_an_account_proves_once_more_that_it_is_its_colleague(place: Place) -> None:
    """Where the provider was asked to have them sign in anew; an open session there shows nothing."""
    service, ulf = place.service, "ulf@example.org"
    now = service.clock.now
    staff_login.set_staff_login(
        service.services,
        StaffLoginRecord(groups_claim="groups", group_roles=(("admins", Role.ADMINISTRATOR),)),
        actor="test",
        now=now,
    )
    says(place, ulf, "admins")
    browser = Person(service)
    come_in(place, browser, "ulf-1")
    key = {"name": "A key", "scope": "credentials:read"}
    assert browser.submit("/console/keys", **key).status_code == 403
    assert "max_age=0" in place.begin(browser, "/console/login/prove")
    says(place, ulf, "admins", auth_time=1_600_000_000)
    assert "sign in once more" in come_in(place, browser, "ulf-1", "/console/login/prove")
    says(place, ulf, "admins")
    assert "not yours" in come_in(place, browser, "ulf-2", "/console/login/prove")
    assert browser.submit("/console/keys", **key).status_code == 403
    assert "it is you" in come_in(place, browser, "ulf-1", "/console/login/prove")
    assert browser.submit("/console/keys", **key).status_code == 200
    staff_login.end_staff_login(service.services, actor="test", now=now)
    proved = come_in(place, browser, "ulf-1", "/console/login/prove")
    assert "it is you" in proved, "else nothing that asks for a proof could be done any more"

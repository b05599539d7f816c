"""Passkeys in the console: they open it, and are asked for before anything dangerous."""

from __future__ import annotations

import re

import pytest

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit import staff_login, staff_passkeys
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord
from tests.testkit.authenticator import Authenticator, add, options
from tests.testkit.browsing import OWNER, Person
from tests.testkit.service import Service

KEY = {"name": "A key", "scope": "credentials:read"}


@pytest.fixture
def device(sqlite_service: Service) -> Authenticator:
    return Authenticator(sqlite_service.settings.public_url)


@pytest.fixture
def owner(sqlite_service: Service, device: Authenticator) -> Person:
    """Signed in to the console, with a passkey in the wallet."""
    person = Person(sqlite_service).sign_in_to_console().open_wallet(OWNER.email)
    add(person, device)
    return person


def come_in(person: Person, device: Authenticator) -> str:
    told = options(person, "/console/passkeys/ask", "/console")
    sent = {"challenge": told["challenge"], "credential": device.get(told)}
    return person.follow(person.submit("/console/passkeys/open", on="/console", **sent))


def prove(person: Person, device: Authenticator) -> str:
    told = options(person, "/console/prove/passkey/ask", "/console/prove")
    sent = {"challenge": told["challenge"], "credential": device.get(told)}
    return person.follow(person.submit("/console/prove/passkey", on="/console/prove", **sent))


def test_a_passkey_opens_the_console_of_a_colleague_alone(
    sqlite_service: Service, owner: Person, device: Authenticator
) -> None:
    again = Person(sqlite_service)
    assert "Overview" in come_in(again, device)
    assert "Wallet of" not in again.get("/wallet"), "of the console alone"
    told = options(again, "/console/passkeys/ask", "/console/account")
    sent = {"challenge": told["challenge"], "credential": device.get(told)}
    elsewhere = Person(sqlite_service)
    shown = elsewhere.follow(elsewhere.submit("/wallet/passkeys/open", on="/wallet", **sent))
    assert "Wallet of" not in shown, "a challenge is for one door"
    sqlite_service.issue(email="pat@example.org")
    theirs = Authenticator(device.origin)
    add(Person(sqlite_service).open_wallet("pat@example.org"), theirs)
    assert "does not open the console" in come_in(Person(sqlite_service), theirs)
    services, now = sqlite_service.services, sqlite_service.clock.now
    services.store.staff.set_login(StaffLoginRecord(is_required=True))
    assert staff_login.requires_account(services)
    assert "Sign in with a passkey" not in Person(sqlite_service).get("/console")
    challenge = staff_passkeys.begin_console(services, now)
    with pytest.raises(UnauthenticatedError, match="in another way"):
        staff_passkeys.open_console(services, challenge["challenge"], device.get(challenge), now)


def test_attack_98_a_stolen_session_does_nothing_dangerous(
    sqlite_service: Service, owner: Person, device: Authenticator
) -> None:
    """The owner came in by a link, and so did whoever took their cookie."""
    credential_id = sqlite_service.issue(email="pat@example.org")
    member = sqlite_service.services.store.members.find_by_email(OWNER.email)
    page = f"/console/colleagues/{member.id}"
    asked = (
        ("/console/keys", "/console/keys", KEY),
        (f"{page}/roles", page, {"role": "owner"}),
        ("/console/colleagues", "/console/colleagues", {"email": "x@example.org", "role": "owner"}),
        ("/console/organisation/close", "/console/organisation", {}),
        ("/console/organisation/login", "/console/organisation/login", {"issuer": "https://evil.example"}),
        (f"/console/credentials/{credential_id}/revoke", f"/console/credentials/{credential_id}", {}),
    )
    for path, on, form in asked:
        answer = owner.submit(path, on=on, **form)
        assert (answer.status_code, "show once more" in answer.text) == (403, True), path
    services = sqlite_service.services
    before = services.store.access.list_api_keys()
    assert services.store.members.find_by_email("x@example.org") is None
    wrong = Authenticator(device.origin, id=device.id)
    assert "Prove that it is you" in prove(owner, wrong)
    revoking = f"/console/credentials/{credential_id}/revoke"
    shown = owner.client.get(revoking, headers={"Accept": "text/html"})
    assert (shown.status_code, shown.headers["Location"]) == (303, "/console/prove")
    page = prove(owner, device)
    assert "it is you" in page
    assert "Revoke" in page, "where they wanted to go"
    made = owner.submit("/console/keys", **KEY)
    assert made.status_code == 200
    assert len(services.store.access.list_api_keys()) == len(before) + 1
    sqlite_service.clock.advance(minutes=5)
    assert owner.submit("/console/keys", **KEY).status_code == 403, "not of late"
    other = Person(sqlite_service).sign_in_as(Role.ADMINISTRATOR, "ann@example.org")
    assert other.submit("/console/keys", **KEY).status_code == 200, "who has nothing to show is not asked"
    assert re.search("nothing more is asked", other.get("/console/prove"))
    refused = Person(sqlite_service).sign_in_as(Role.AUDITOR, OWNER.email.replace("owner", "aud"))
    assert "does not cover" in refused.submit("/console/keys", **KEY).text

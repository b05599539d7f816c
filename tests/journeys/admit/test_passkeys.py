"""Passkeys: made, asked for, refused. The browser's own are in tests/browser/test_passkeys.py."""

from __future__ import annotations

import pytest

from credserv.journeys.admit.passkeys import CHALLENGE_LIFE
from credserv.records.access import LinkPurpose
from credserv.records.people import ProvedKind
from tests.testkit.authenticator import Authenticator, add, options
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import Service

PAT, SAM = "pat@example.org", "sam@example.org"


@pytest.fixture
def service(sqlite_service: Service) -> Service:
    return Letters(sqlite_service).service


@pytest.fixture
def device(service: Service) -> Authenticator:
    return Authenticator(service.settings.public_url)


def come_in(person: Person, device: Authenticator) -> str:
    told = options(person, "/wallet/passkeys/ask", "/wallet")
    sent = {"challenge": told["challenge"], "credential": device.get(told)}
    return person.follow(person.submit("/wallet/passkeys/open", on="/wallet", **sent))


def pat_with(service: Service, device: Authenticator) -> Person:
    service.issue(email=PAT)
    pat = Person(service).open_wallet(PAT)
    assert "Red phone" in add(pat, device)
    return pat


def test_a_passkey_opens_the_wallet_and_is_removed(service: Service, device: Authenticator) -> None:
    pat = pat_with(service, device)
    told = [one for one in Letters(service).asked() if one.purpose is LinkPurpose.NOTICE_LETTER]
    assert [one.subject for one in told] == [PAT]
    service.clock.advance(days=1)
    again = Person(service)
    assert "Wallet of" in come_in(again, device)
    (known,) = service.services.store.passkeys.of_person(
        service.services.store.people.find_proved(ProvedKind.EMAIL, PAT).person_id
    )
    assert (known.sign_count, known.last_used_at) == (1, service.clock.now)
    base = "/wallet/identity"
    gone = again.follow(again.submit(f"{base}/{known.identifier_id}/remove", on=base))
    assert "Red phone" not in gone
    assert "does not open a wallet" in come_in(Person(service), device)
    assert "Wallet of" not in pat.get("/wallet"), "a day later"


def test_an_answer_counts_once(service: Service, device: Authenticator) -> None:
    """Attack W5: what was overheard opens nothing, and neither does a copy of the key."""
    pat_with(service, device)
    person = Person(service)
    told = options(person, "/wallet/passkeys/ask", "/wallet")
    sent = {"challenge": told["challenge"], "credential": device.get(told)}
    assert "Wallet of" in person.follow(person.submit("/wallet/passkeys/open", on="/wallet", **sent))
    thief = Person(service)
    assert "does not open" in thief.follow(thief.submit("/wallet/passkeys/open", on="/wallet", **sent))
    device.count = 0  # a copy from before counts on from there
    assert "does not open" in come_in(thief, device)
    assert "Wallet of" not in thief.get("/wallet")


def test_what_does_not_fit_is_refused(service: Service, device: Authenticator) -> None:
    pat_with(service, device)
    person, url = Person(service), device.origin
    device.origin = "https://phishing.example"
    assert "does not open" in come_in(person, device)
    device.origin, device.verifies = url, False
    assert "does not open" in come_in(person, device), "anybody who holds the device"
    device.verifies = True
    other = Authenticator(url, id=device.id)
    assert "does not open" in come_in(person, other), "another key"
    told = options(person, "/wallet/passkeys/ask", "/wallet")
    for sent in (
        {},
        {"challenge": told["challenge"]},
        {"challenge": "é", "credential": "{}"},
        {"challenge": told["challenge"], "credential": device.get({**told, "challenge": "AAAA"})},
        {"challenge": "AAAA", "credential": device.get({**told, "challenge": "AAAA"})},
    ):
        answer = person.submit("/wallet/passkeys/open", on="/wallet", **sent)
        assert "does not open" in person.follow(answer), sent
    late = options(person, "/wallet/passkeys/ask", "/wallet")
    service.clock.now += CHALLENGE_LIFE
    sent = {"challenge": late["challenge"], "credential": device.get(late)}
    assert "does not open" in person.follow(person.submit("/wallet/passkeys/open", on="/wallet", **sent))


def test_attack_w5_a_session_from_a_mailed_link_makes_no_passkey_later(
    service: Service, device: Authenticator
) -> None:
    service.issue(email=PAT)
    thief = Person(service).open_wallet(PAT)
    told = options(thief, "/wallet/identity/passkeys/make", "/wallet/identity")
    service.clock.advance(minutes=6)
    sent = {"challenge": told["challenge"], "credential": device.create(told), "name": "Mine"}
    for path in ("/wallet/identity/passkeys/make", "/wallet/identity/passkeys"):
        assert thief.submit(path, on="/wallet/identity", **sent).status_code == 403
    fresh = Person(service).open_wallet(PAT)
    mine = fresh.submit("/wallet/identity/passkeys", on="/wallet/identity", **sent)
    assert "answered already" in fresh.follow(mine), "a question to another session, and too old"
    assert "does not open" in come_in(Person(service), device)


def test_a_passkey_proves_who_it_is_in_its_own_session_alone(service: Service, device: Authenticator) -> None:
    pat = pat_with(service, device)
    service.issue(email=SAM)
    sam = Person(service).open_wallet(SAM)
    service.clock.advance(minutes=6)
    for person in (sam, pat):
        told = options(person, "/wallet/passkeys/prove/ask", "/wallet/identity")
        sent = {"challenge": told["challenge"], "credential": device.get(told)}
        shown = person.follow(person.submit("/wallet/passkeys/prove", on="/wallet/identity", **sent))
        assert ("somebody else" in shown) is (person is sam)
    base = "/wallet/identity"
    assert sam.submit(base, email="a@home.example").status_code == 403
    assert pat.submit(base, email="a@home.example").status_code == 200


def test_a_passkey_is_known_once(service: Service, device: Authenticator) -> None:
    pat = pat_with(service, device)
    service.issue(email=SAM)
    assert "is known here already" in add(Person(service).open_wallet(SAM), device)
    assert "is known here already" in add(pat, device)

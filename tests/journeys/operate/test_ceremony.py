"""A key ceremony: one has a signing key made, another confirms it, and only then may it sign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.app.factory import create_app
from credserv.app.signing_keys import activate_due, create_key
from credserv.fetch.guarded import Fetched
from credserv.ground.encoding import key_fingerprint
from credserv.ground.errors import UnavailableError
from credserv.records.audit import Action
from credserv.records.organisations import KeyState, SigningKeyRecord
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

PAGE = "/console/keys/ceremonies"
BACKUP = "In the nightly copy, whose passphrase Olga and the notary have"


class World:
    """What others get of this service over the network, or nothing while it is not reached."""

    def __init__(self) -> None:
        self.service: Service | None = None
        self.stale: bytes | None = None

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        if self.service is None:
            raise UnavailableError(f"{url} does not answer")
        path = url.removeprefix("https://badges.example.org")
        body = self.stale or self.service.client().get(path, headers={"Accept": accept}).data
        return Fetched(url, body, "application/did+json")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def service(database_url: str, tmp_path: Path, world: World) -> Iterator[Service]:
    made = make_service(database_url, tmp_path, starters=False, public_url="https://badges.example.org")
    services = replace(made.services, fetcher=world)
    app = create_app(made.settings, services, clock=made.clock)
    found = replace(made, services=services, app=app)
    world.service = found
    yield found
    services.close()


def owner_of(service: Service) -> Person:
    return Person(service).sign_in_to_console()


def keys(service: Service) -> tuple[SigningKeyRecord, ...]:
    known = service.services.store.organisation.get()
    assert known is not None
    return known.keys


def begun(service: Service, owner: Person, **fields: str) -> SigningKeyRecord:
    service.clock.advance(seconds=1)  # keys stand in the order in which they were made
    form = {"place": "file", "kind": "ed25519", "backup": BACKUP, **fields}
    page = owner.follow(owner.submit(PAGE, **form))
    assert "Compare and witness" in page
    return keys(service)[-1]


def witnessing(person: Person, key: SigningKeyRecord, digits: str = "") -> Any:
    at = f"{PAGE}/{key.public_key_multibase}"
    compared = digits or key_fingerprint(key.public_key_multibase)[-8:].upper()
    return person.submit(f"{at}/witness", on=at, compared=compared, present="yes")


def actions(service: Service, key: SigningKeyRecord) -> list[str]:
    return [str(line.action) for line in service.services.store.audit.of_subject(key.verification_method)]


def test_two_people_bring_a_key_into_use(service: Service) -> None:
    owner, before = owner_of(service), keys(service)[0]
    key = begun(service, owner, kind="p256")
    assert (key.state, key.activates_at) == (KeyState.PENDING, None)
    at = f"{PAGE}/{key.public_key_multibase}"
    shown = owner.get(at)
    fingerprint = key_fingerprint(key.public_key_multibase).removeprefix("SHA256:")
    assert " ".join(re.findall("....", fingerprint)) in shown
    assert key.public_key_multibase in shown
    assert "P-256" in shown
    assert f'action="{at}/witness"' not in shown  # not by who began it

    auditor = Person(service).sign_in_as(Role.AUDITOR)
    protocol = auditor.follow(witnessing(auditor, key))
    for said in ("Olga Owner", "The auditor", BACKUP, "https://badges.example.org/.well-known/did.json"):
        assert said in protocol
    planned = keys(service)[-1].activates_at
    assert planned == key.created_at + timedelta(seconds=service.settings.key_lead_seconds)

    now = service.clock.advance(seconds=service.settings.key_lead_seconds)
    assert activate_due(service.settings, service.services.store, now=now) == (key.verification_method,)
    states = {one.verification_method: one.state for one in keys(service)}
    assert states == {before.verification_method: KeyState.RETIRED, key.verification_method: KeyState.ACTIVE}
    lines = service.services.store.audit.of_subject(key.verification_method)
    assert [line.action for line in lines] == [
        Action.KEY_CREATED,
        Action.KEY_CEREMONY_BEGUN,
        Action.KEY_CEREMONY_WITNESSED,
        Action.KEY_ACTIVATED,
    ]
    assert len({line.actor for line in lines[:3]}) == 2
    assert lines[1].detail["note"] == BACKUP
    assert lines[2].detail["fingerprint"] == f"SHA256:{fingerprint}"
    assert service.services.store.audit_seals.seal() > 0
    assert service.services.store.audit_seals.first_fault() is None
    assert "witnessed by" in owner.get(PAGE)


def test_what_is_no_witness(service: Service, world: World) -> None:
    """Oneself, other digits, a key that the world does not see: nothing is planned by any of them."""
    owner = owner_of(service)
    published = service.client().get("/.well-known/did.json").data
    key = begun(service, owner)
    administrator = Person(service).sign_in_as(Role.ADMINISTRATOR)

    refused = witnessing(owner, key)
    assert (refused.status_code, "another colleague has to witness it" in refused.text.lower()) == (403, True)
    for digits in ("00000000", "12", key_fingerprint(key.public_key_multibase)):
        wrong = witnessing(administrator, key, digits)
        assert (wrong.status_code, "not the last 8 digits" in wrong.text) == (400, True)
    at = f"{PAGE}/{key.public_key_multibase}"
    absent = administrator.submit(f"{at}/witness", on=at, compared="x")
    assert (absent.status_code, "confirm that you were there" in absent.text.lower()) == (400, True)
    world.stale = published
    early = witnessing(administrator, key)
    assert (early.status_code, "does not name this key yet" in early.text) == (503, True)
    world.stale, world.service = None, None
    assert witnessing(administrator, key).status_code == 503
    world.service = service
    assert keys(service)[-1].activates_at is None
    assert actions(service, key) == ["key-created", "key-ceremony.begun"]
    administrator.follow(witnessing(administrator, key))
    again = administrator.client.get(at).text
    assert "Witness this key" not in again


def test_a_ceremony_that_is_ended_withdraws_its_key(service: Service) -> None:
    owner = owner_of(service)
    key = begun(service, owner)
    at = f"{PAGE}/{key.public_key_multibase}"
    auditor = Person(service).sign_in_as(Role.AUDITOR)
    assert f'action="{at}/end"' not in auditor.get(at)
    page = owner.follow(owner.submit(f"{at}/end", on=at))
    assert "Ended without a witness" in page
    assert keys(service)[-1].state is KeyState.COMPROMISED
    assert actions(service, key) == ["key-created", "key-ceremony.begun", "key-revoked", "key-ceremony.ended"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner.get(PAGE))[1]
    for deed in ("end", "witness"):
        form = {"csrf_token": token, "compared": "x", "present": "yes"}
        answer = owner.client.post(f"{at}/{deed}", data=form)
        assert (answer.status_code, "this ceremony is over" in answer.text.lower()) == (409, True)


def test_a_key_made_by_command_is_taken(service: Service) -> None:
    """As of hardware whose PIN the operator has."""
    store = service.services.store
    made = create_key(service.settings, store, now=service.clock.advance(seconds=1), pending=True)
    owner = owner_of(service)
    assert made.public_key_multibase in owner.get(PAGE)
    key = begun(service, owner, place=made.verification_method)
    assert key == made
    assert made.verification_method not in re.findall(r'value="([^"]+)"', owner.get(PAGE))
    twice = owner.submit(PAGE, place=made.verification_method, backup=BACKUP)
    assert (twice.status_code, "there is a ceremony for this key already" in twice.text.lower()) == (
        409,
        True,
    )


def test_only_one_key_waits_to_take_over(service: Service) -> None:
    owner = owner_of(service)
    first, second = begun(service, owner), begun(service, owner)
    auditor = Person(service).sign_in_as(Role.AUDITOR)
    auditor.follow(witnessing(auditor, first))
    refused = witnessing(auditor, second)
    assert (refused.status_code, "another key takes over on" in refused.text.lower()) == (400, True)
    assert keys(service)[-1].activates_at is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"backup": " "}, "how the key is backed up"),
        ({"kind": "rsa"}, "choose what kind of key"),
        ({"place": "nowhere"}, "choose a key that is published"),
        ({"place": "kms"}, "or its ARN"),
        ({"place": "token", "key": "issuer"}, "no token is set"),
    ],
)
def test_what_cannot_begin_is_said_and_what_was_typed_stays(
    service: Service, fields: dict, said: str
) -> None:
    owner, known = owner_of(service), keys(service)
    form = {"place": "file", "kind": "p384", "backup": BACKUP, **fields}
    answer = owner.submit(PAGE, **form)
    assert (answer.status_code, said.lower() in answer.text.lower()) == (400, True)
    assert fields.get("backup", BACKUP) in answer.text
    assert keys(service) == known


def test_a_did_key_has_no_ceremony(sqlite_service: Service) -> None:
    owner = owner_of(sqlite_service)
    assert "it cannot change" in owner.get(PAGE)
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner.get(PAGE))[1]
    form = {"csrf_token": token, "place": "file", "kind": "ed25519", "backup": BACKUP}
    assert owner.client.post(PAGE, data=form).status_code == 400
    assert owner.client.get(f"{PAGE}/z6Mkunknown").status_code == 404

"""An organisation's did:webvh: made beside its did:web, changed with its keys, moved with its address."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credserv.app.did_histories import begin_history, continue_history, move_histories, require_history
from credserv.app.founding import found_organisation
from credserv.app.open_keys import open_key
from credserv.app.signing_keys import create_key, revoke_key
from credserv.fetch.guarded import Fetched
from credserv.ground.errors import ConflictError, InputError, UnavailableError, VerificationMethodError
from credserv.journeys.check.did_histories import DidHistories
from credserv.proof.webvh.entry import key_hash
from credserv.proof.webvh.identifier import log_url
from credserv.proof.webvh.log import read_log
from credserv.proof.webvh.writing import next_entry, to_line
from credserv.records.audit import Action
from credserv.records.organisations import Founding
from credserv.store.store import Store
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service, make_settings, open_service

HOST = "https://badges.example"


class OwnPages:
    """What a verifier elsewhere would be served by this service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def get(self, url: str, *, accept: str = "", max_bytes: int = 1_048_576) -> Fetched:
        host, _, path = url.removeprefix("https://").partition("/")
        answer = self.service.client().get(f"/{path}", base_url=f"https://{host}", headers={"Accept": accept})
        if answer.status_code != 200 or len(answer.data) > max_bytes:
            raise UnavailableError(f"{url}: {answer.status_code}")
        return Fetched(url, answer.data, answer.mimetype)


def resolve(service: Service, did: str) -> Any:
    return DidHistories(OwnPages(service), lambda: service.clock.now)(did)


def keys_of(document: Any) -> list[str]:
    return [method["publicKeyMultibase"] for method in document["verificationMethod"]]


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Any:
    made = make_service(database_url, tmp_path, public_url=HOST)
    yield made
    made.services.close()


def begin(service: Service, store: Store | None = None) -> str:
    own = store or service.services.store
    return begin_history(service.settings, own, actor="test", now=service.clock.now).did


def test_a_did_with_a_history_stands_beside_the_did_web_and_follows_its_keys(service: Service) -> None:
    store, client = service.services.store, service.client()
    assert client.get("/.well-known/did.jsonl").status_code == 404
    did = begin(service)
    (entry,) = [json.loads(line) for line in client.get("/.well-known/did.jsonl").text.splitlines()]
    assert entry["parameters"]["portable"] is True
    assert client.get("/.well-known/did.jsonl").mimetype == "text/jsonl"
    assert client.get("/did.jsonl").status_code == 404

    document, web = resolve(service, did), client.get("/.well-known/did.json").json
    assert (document["alsoKnownAs"], web["alsoKnownAs"]) == ([web["id"]], [did])
    assert keys_of(document) == keys_of(web)

    first = service.services.issuing.verification_method
    second = create_key(service.settings, store, now=service.clock.advance(seconds=1))
    assert keys_of(resolve(service, did)) == [first.partition("#")[2], second.public_key_multibase]
    revoke_key(store, first, now=service.clock.now)  # in the same second
    service.clock.advance(seconds=2)
    assert keys_of(resolve(service, did)) == [second.public_key_multibase]
    assert first.partition("#")[2] not in json.dumps(resolve(service, did))
    told = [line for line in store.audit.of_subject(did) if line.action.startswith("did-")]
    assert {line.action for line in told} == {Action.DID_CREATED, Action.DID_CHANGED}


def test_attack_152_only_the_key_that_was_foreseen_continues_a_log(service: Service, tmp_path: Path) -> None:
    begin(service)
    history, log = require_history(service.services.store)
    create_key(service.settings, service.services.store, now=service.clock.advance(seconds=1))
    later, continued = require_history(service.services.store)
    assert later.next_key != history.next_key
    assert log.newest.parameters.next_key_hashes == (key_hash(continued.newest.parameters.update_keys[0]),)
    stolen = open_key(service.settings, service.services.issuer.keys[0])
    own = {"updateKeys": [stolen.public_key_multibase], "nextKeyHashes": []}
    forged = next_entry(continued.newest.id, {}, own, signer=stolen, now=service.clock.now)
    with pytest.raises(VerificationMethodError, match="did not foresee"):
        read_log(later.log.encode() + to_line(forged))
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for key in (history.next_key, later.next_key):
        assert key.encode() not in written


def test_there_is_one_and_nothing_is_added_without_a_change(service: Service) -> None:
    store = service.services.store
    begin(service)
    with pytest.raises(ConflictError, match="already"):
        begin(service)
    before, _ = require_history(store)
    assert continue_history(store, actor="test", now=service.clock.now) is None
    assert require_history(store)[0] == before
    create_key(service.settings, store, now=service.clock.advance(seconds=1))
    with pytest.raises(ConflictError, match="meanwhile"):
        store.did_histories.continue_(before, before)


def test_a_log_that_was_spoiled_keeps_nobody_from_withdrawing_a_key(service: Service) -> None:
    store = service.services.store
    begin(service)
    before, _ = require_history(store)
    spoiled = replace(before, log=before.log.replace("portable", "Portable"))
    store.did_histories.continue_(before, spoiled)
    first = service.services.issuing.verification_method
    create_key(service.settings, store, now=service.clock.advance(seconds=1))
    revoke_key(store, first, now=service.clock.now)
    assert first not in service.client().get("/.well-known/did.json").text
    assert store.did_histories.get() == spoiled


def test_an_organisation_below_a_path_has_its_own(service: Service) -> None:
    found_organisation(
        service.settings,
        service.services.store,
        Founding("acme", "Acme Guild"),
        actor="test",
        now=service.clock.now,
    )
    did = begin(service, service.services.store.of("acme"))
    assert log_url(did) == f"{HOST}/o/acme/did.jsonl"
    assert keys_of(resolve(service, did)) == keys_of(service.client().get("/o/acme/did.json").json)
    assert service.client().get("/.well-known/did.jsonl").status_code == 404
    assert service.client().get("/o/acme/.well-known/did.jsonl").status_code == 404


def test_a_did_key_has_no_place_for_a_log(database_url: str, tmp_path: Path) -> None:
    made = make_service(database_url, tmp_path, public_url="http://localhost:8080")
    with pytest.raises(InputError, match="https address"):
        begin(made)
    made.services.close()


def test_a_move_to_another_host_adds_an_entry_and_the_old_name_goes_on(
    service: Service, database_url: str, tmp_path: Path
) -> None:
    store, there = service.services.store, "https://college.example"
    old = begin(service)
    settings = make_settings(database_url, tmp_path, public_url=there)
    now = service.clock.advance(hours=1)
    with store.transaction():
        store.addresses.move(there, now)
        (new,) = move_histories(settings, store, actor="test", now=now)
    moved = open_service(settings, service.secret)
    moved.clock.advance(hours=2)
    assert new == old.replace("badges.example", "college.example")
    for did in (old, new):
        document = resolve(moved, did)  # the former host leads here, too
        assert document["id"] == did
        assert keys_of(document) == keys_of(moved.client().get("/.well-known/did.json").json)
    assert resolve(moved, new)["alsoKnownAs"] == [service.services.issuer.did, old]
    moved.services.close()


def test_the_console_tells_of_the_log_beside_the_signing_keys(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    assert "<code>credserv did create</code>" in owner.get("/console/keys")
    did = begin(service)
    shown = owner.get("/console/keys")
    assert f'<a href="{log_url(did)}">the log</a> of <span class="mono">{did}</span>' in shown
    assert "credserv did create" not in shown

"""The log of signatures: what is signed is in it, nothing is taken out unseen, a thief has no entry."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from credserv.app.did_histories import begin_history
from credserv.app.services import build_services
from credserv.app.signing_keys import create_key
from credserv.fetch.guarded import Fetched
from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ProofError
from credserv.ground.merkle import includes, leaf_hash, node_hash, root_of, root_of_leaves
from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.publish.issuance_log import DID_DOCUMENT, extend_log, inclusion_of
from credserv.journeys.publish.log_watch import Watched, is_in_log, watch_log
from credserv.journeys.services import Services
from credserv.processes.turns import turns
from credserv.records.issuance_log import LogEntry
from credserv.store.tables import log_entries, log_heads
from tests.testkit.service import NoNetwork, Service, make_service


@dataclass
class AtService:
    """Fetches from a service in this process, as somebody outside would."""

    service: Service

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        path = url.removeprefix(self.service.services.public_url)
        answer = self.service.client().get(path, headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        return Fetched(url=url, body=answer.data, media_type="application/json")


def watching(service: Service) -> Services:
    """The services of somebody who keeps watch: they resolve its DID, and see nothing of its store."""
    own = service.services
    return replace(own, resolvers=replace(own.resolvers, fetch=AtService(service)))


def watch(service: Service, kept: dict[str, Any] | None = None) -> Watched:
    return watch_log(watching(service), service.services.public_url, kept, service.clock.now)


def signed_of(service: Service, credential_id: str) -> bytes:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.signed is not None
    return record.signed


def test_what_is_signed_is_in_the_log_and_proven_there(service: Service) -> None:
    client = service.client()
    assert client.get("/log/head").status_code == 404
    assert "Nothing is in it yet" in client.get("/log").text
    ids = [service.issue(email=f"pat{number}@example.org") for number in range(5)]
    assert client.get(f"/log/credentials/{ids[0]}").status_code == 404  # not for a moment
    report = client.post("/api/v1/verify", json={"credential": json.loads(signed_of(service, ids[0]))}).json
    assert report["log"]["position"] is None
    assert all("log of signatures</a> since" not in text for text in pages_of(service, ids[0]))

    # Five badges, and the status list that was signed to verify one of them.
    assert extend_log(service.services, service.clock.now) == 6
    assert extend_log(service.services, service.clock.now) == 0

    for credential_id in ids:
        told = client.get(f"/log/credentials/{credential_id}").json
        assert told["entry"]["sha256"] == hashlib.sha256(signed_of(service, credential_id)).hexdigest()
        assert proves(told)
        assert credential_id not in client.get("/log/entries?start=0&end=9").text
        elsewhere = {**told, "position": (told["position"] + 1) % 6}
        assert not proves(elsewhere)
        assert not proves({**told, "entry": {**told["entry"], "sha256": "0" * 64}})
    report = client.post("/api/v1/verify", json={"credential": json.loads(signed_of(service, ids[0]))}).json
    assert report["log"] == {"since": "2026-03-14T09:26:53Z", "position": told_position(service, ids[0])}
    for text in pages_of(service, ids[0]):
        assert re.search(
            r'In the issuer’s <a href="/log">log of signatures</a> since <time[^>]+>14 March 2026 UTC', text
        )
    key = service.services.issuing.verification_method
    entries = client.get("/log/entries?start=0&end=9").json["entries"]
    assert [entry["position"] for entry in entries] == list(range(6))
    assert {entry["key"] for entry in entries} == {key}
    assert "6" in client.get("/log").text
    (listed,) = service.services.store.status_lists.all()
    assert listed.signed is not None
    assert entries[-1]["sha256"] == hashlib.sha256(listed.signed).hexdigest()
    for wrong in ("consistency?first=0&second=5", "consistency?first=3", "entries?start=x&end=2"):
        assert client.get(f"/log/{wrong}").status_code == 400
    assert client.get("/log/consistency?first=3&second=7").status_code == 404


def pages_of(service: Service, credential_id: str) -> tuple[str, str]:
    """What people read of it: its own page, and the result of a check."""
    own, client = service.services, service.client()
    page = client.get(f"/credentials/{credential_id}", headers={"Accept": "text/html"})
    return page.text, client.post(
        "/verify", data={"url": f"{own.public_url}/credentials/{credential_id}"}
    ).text


def proves(told: dict[str, Any]) -> bool:
    """As somebody who reads RFC 9162 and RFC 8785 alone."""
    leaf = leaf_hash(json.dumps(told["entry"], sort_keys=True, separators=(",", ":")).encode())
    path = [bytes.fromhex(one) for one in told["path"]]
    head = told["head"]
    return includes(leaf, told["position"], head["size"], path, bytes.fromhex(head["root"]))


def told_position(service: Service, credential_id: str) -> int | None:
    return inclusion_of(service.services, credential_id).entry.position


def test_a_log_that_goes_on_is_sound_and_one_that_was_changed_is_not(sqlite_service: Service) -> None:
    service = sqlite_service
    now = service.clock.now
    for number in range(3):
        service.issue(email=f"pat{number}@example.org")
    extend_log(service.services, now)
    first = watch(service)
    assert (first.fault, first.head.size) == ("", 3)
    for number in range(3, 8):
        service.issue(email=f"pat{number}@example.org")
    extend_log(service.services, now)
    second = watch(service, dict(first.document))
    assert (second.fault, second.head.size) == ("", 8)
    kept = dict(second.document)

    of_first = log_entries.c.position == 1
    _change(service, update(log_entries).where(of_first).values(sha256="0" * 64))
    _again(service, now)
    assert "does not go on" in watch(service, kept).fault
    _change(service, delete(log_entries).where(log_entries.c.position >= 4))
    _change(service, delete(log_heads))
    extend_log(service.services, now)
    _again(service, now)
    assert "taken out" in watch(service, kept).fault


def _again(service: Service, now: datetime) -> None:
    """One more, so that there is a new head over what was changed."""
    service.issue(email=f"again{now.timestamp()}@example.org", event_id=None)
    extend_log(service.services, now)


def _change(service: Service, statement: Any) -> None:
    with service.services.store._database.writing() as connection:
        connection.execute(statement)


def test_a_large_log_is_read_by_its_kept_subtrees(sqlite_service: Service) -> None:
    service, log = sqlite_service, sqlite_service.services.store.issuance_log
    made = [f"{number}".encode() for number in range(700)]
    for lot in (made[:300], made[300:520], made[520:]):
        with service.services.store.transaction():
            for content in lot:
                log.add("anything", content, service.clock.now)
        while log.place():
            pass
    at = service.clock.now.replace(microsecond=0)
    leaves = [leaf_hash(LogEntry("", hashlib.sha256(content).hexdigest(), "", at).leaf()) for content in made]
    for size in (1, 255, 256, 257, 511, 512, 700):
        assert root_of(size, log.hashes()) == _naive(leaves[:size]) == root_of_leaves(leaves[:size])


def _naive(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(_naive(leaves[:split]), _naive(leaves[split:]))


def test_the_worker_extends_the_log(sqlite_service: Service) -> None:
    service = sqlite_service
    service.issue()
    turn = turns(service.settings, threading.Event())["the log of signatures"]
    assert turn(service.services) == 0  # and so rests for a second, however much is signed
    assert watch(service).head.size == 1


def test_a_stolen_key_signs_what_the_log_does_not_have(sqlite_service: Service) -> None:
    """What a thief signs has no entry, and cannot be given one without a head that others see."""
    service = sqlite_service
    credential = json.loads(signed_of(service, service.issue()))
    extend_log(service.services, service.clock.now)
    forged = {name: value for name, value in credential.items() if name != "proof"}
    forged["credentialSubject"] = {**forged["credentialSubject"], "id": "did:example:thief"}
    signed = service.services.credential_signer.sign(forged, ProofWishes(), now=service.clock.now)
    report = service.client().post("/api/v1/verify", json={"credential": signed}).json
    assert report["verdict"] == "not_verified"
    (why,) = [check["reason"] for check in report["checks"] if check["name"] == "issued_here"]
    assert "not what this service issued" in why
    assert "log" not in report
    head = watch(service).head
    own, url = watching(service), service.services.public_url
    assert is_in_log(own, url, signed_of(service, str(credential["id"]).rpartition("/")[2]), head)
    assert not is_in_log(own, url, json.dumps(signed).encode(), head)
    with pytest.raises(ProofError, match="not those"):
        is_in_log(own, url, b"anything", replace(head, root="0" * 64))
    with pytest.raises(ProofError, match="does not give all"):
        is_in_log(own, url, b"anything", replace(head, size=head.size + 1))


class Generous(AtService):
    """A log that tells of one entry more than its head was signed over."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        found = super().get(url, accept=accept, max_bytes=max_bytes)
        told = json.loads(found.body)
        told["entries"].append({**told["entries"][0], "sha256": hashlib.sha256(b"forged").hexdigest()})
        return replace(found, body=json.dumps(told).encode())


def test_an_entry_beyond_the_head_proves_nothing(sqlite_service: Service) -> None:
    service = sqlite_service
    credential_id = service.issue()
    extend_log(service.services, service.clock.now)
    own, url, head = watching(service), service.services.public_url, watch(service).head
    generous = replace(own, resolvers=replace(own.resolvers, fetch=Generous(service)))
    assert is_in_log(generous, url, signed_of(service, credential_id), head)
    assert not is_in_log(generous, url, b"forged", head)


@pytest.fixture
def service(database_url: str, tmp_path: Any) -> Service:
    return make_service(database_url, tmp_path)


def test_the_keys_by_which_all_is_verified_are_in_the_log_whenever_they_change(tmp_path: Path) -> None:
    """Of a did:web; a stolen key cannot name another one for a while, and nobody be the wiser."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    service = make_service(url, tmp_path, starters=False, public_url="https://badges.example.org")
    own, log = service.services, service.services.store.issuance_log
    assert [extend_log(own, service.clock.now) for _ in range(2)] == [1, 0]
    served = service.client().get("/.well-known/did.json").json
    entry = log.newest(DID_DOCUMENT)
    assert entry is not None
    assert entry.sha256 == hashlib.sha256(canonize_json(served)).hexdigest()
    begin_history(service.settings, own.store, actor="test", now=service.clock.now)
    assert extend_log(own, service.clock.now) == 1
    served = service.client().get("/.well-known/did.json").json
    entry = log.newest(DID_DOCUMENT)
    assert entry is not None
    assert entry.sha256 == hashlib.sha256(canonize_json(served)).hexdigest()
    create_key(service.settings, own.store, now=service.clock.advance(seconds=1))
    later = build_services(service.settings, fetcher=NoNetwork(), clock=service.clock)
    assert [extend_log(later, service.clock.now) for _ in range(2)] == [1, 0]
    changed = log.newest(DID_DOCUMENT)
    assert changed is not None
    assert changed.sha256 != entry.sha256
    later.close()

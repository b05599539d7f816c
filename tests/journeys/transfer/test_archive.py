"""A person leaves with one file: it opens offline, and another service takes it when the first is gone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from credserv.carriers.zip_file import read_zip, write_zip
from credserv.exchange.archive import digest
from credserv.ground.encoding import KeyType, decode_base58btc, encode_multikey, parse_instant
from credserv.journeys.publish.issuance_log import extend_log
from credserv.journeys.publish.publish import set_status
from credserv.journeys.transfer.archive_check import judge_archive
from credserv.journeys.transfer.brought import brought_along
from credserv.journeys.transfer.imports import KeptAs, keep_import
from credserv.journeys.transfer.leaving import make_archive
from credserv.journeys.transfer.logged import judge_logged
from credserv.journeys.transfer.parts import take_apart
from credserv.processes.cli import main
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.keys.verification_method import did_key
from credserv.proof.tokens.log_head import sign_log_head
from credserv.records.credentials import CredentialState
from credserv.records.people import ProvedKind
from tests.testkit.browsing import Person
from tests.testkit.defects import defects, hosts_of
from tests.testkit.service import NOW, Clock, NoNetwork, Service, make_service

PAT = "pat@example.org"
LATER = NOW + timedelta(days=100)
DEFECTS = {defect.name: defect.data or b"" for defect in defects(NOW)}


@dataclass(frozen=True)
class Left:
    """What somebody left with. own, gone: two badges that service A issued, the second revoked."""

    service: Service
    person_id: str
    data: bytes


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("left")
    a = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=hosts_of(NOW))
    a.issue(email=PAT)
    person_id = a.services.store.people.add("Pat", NOW)
    a.services.store.people.prove(person_id, ProvedKind.EMAIL, PAT, added_by="a test", now=NOW)
    gone = a.issue(email=PAT, course="course-v1:Example+MENTOR101+2026", event_id="evt_gone")
    set_status(a.services, gone, CredentialState.REVOKED, reason="x", actor="a test", now=NOW)
    for name in ("unknown-issuer", "host-unreachable", "assertion"):
        (kept, *_) = keep_import(a.services, person_id, DEFECTS[name], NOW, added_by="a test")
        assert kept.outcome is KeptAs.NEW
    assert extend_log(a.services, NOW) >= 2
    return Left(a, person_id, make_archive(a.services, person_id, NOW))


@pytest.fixture
def b(tmp_path: Path) -> Service:
    """Another service, later; nobody answers any more."""
    address = "http://localhost:8999"
    return make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}",
        tmp_path,
        fetcher=NoNetwork(),
        clock=Clock(LATER),
        public_url=address,
    )


def test_it_holds_each_credential_byte_for_byte_and_a_page_without_a_script(left: Left) -> None:
    files = read_zip(left.data)
    store = left.service.services.store
    held = [record.signed for _, record in store.holdings.of_person(left.person_id)]
    held += [store.imports.content(left.person_id, one.id) for one in store.imports.of_person(left.person_id)]
    assert [content for name, content in files.items() if name.startswith("credentials/")] == held
    page = files["index.html"].decode()
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert all(name in page for name in files if name.startswith("credentials/"))
    manifest = json.loads(files["manifest.json"])
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
        name: digest(content) for name, content in files.items() if not name.startswith("manifest.")
    }
    assert left.service.services.issuer.did in manifest["issuers"]
    assert any("/status/" in url for url in manifest["fetched"])
    verdicts = json.loads(files["verdicts.json"])["results"]
    assert [one["input"] for one in verdicts] == [name for name in files if name.startswith("credentials/")]


def test_a_backup_for_learner_credential_wallet_is_in_it_where_it_is_asked_for(left: Left) -> None:
    """What the app looks for (app/lib/parseWallet.ts of 2.2.10), and a fresh key each time."""
    assert "Wallet Backup.json" not in read_zip(left.data)
    made = [
        read_zip(make_archive(left.service.services, left.person_id, NOW, with_backup=True)) for _ in "ab"
    ]
    (wallet,) = json.loads(made[0]["Wallet Backup.json"])
    assert (wallet["type"], wallet["status"]) == ("UniversalWallet2020", "UNLOCKED")
    document, signing, agreeing, profile = wallet["contents"][-4:]
    assert [one["type"] for one in (signing, agreeing, profile)] == [
        "Ed25519VerificationKey2020",
        "X25519KeyAgreementKey2020",
        "ProfileMetadata",
    ]
    seed = decode_base58btc(signing["privateKeyMultibase"])[2:34]
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert document["id"] == did_key(encode_multikey(KeyType.ED25519, public)) == signing["controller"]
    secret = decode_base58btc(agreeing["privateKeyMultibase"])[2:]
    agreed = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    assert decode_base58btc(agreeing["publicKeyMultibase"]) == b"\xec\x01" + agreed
    assert made[0]["Wallet Backup.json"] != made[1]["Wallet Backup.json"]
    parts = take_apart(made[0]["Wallet Backup.json"])
    assert len(parts) == len(wallet["contents"]) - 4 == 4, "all but that of Open Badges 2.0"
    assert b"private" not in b"".join(part.data for part in parts)


def test_checked_offline_each_is_good_as_of_then_and_never_more(left: Left, b: Service) -> None:
    judged = judge_archive(b.services, left.data, LATER)
    assert (judged.made_by, judged.signed) == (left.service.services.issuer.did, True)
    said = {one.report["headline"].partition(".")[0]: one for one in judged.files}
    good = [one for one in judged.files if one.report["verified"]]
    # The maker vouches for its own list as of when it made the archive, for that of another it cannot.
    assert {one.as_of for one in good} == {NOW, NOW - timedelta(hours=1)}
    assert all(one.report["headline"].startswith("Good as of 14 March 2026") for one in good)
    assert all(one.report["tone"] != "good" for one in judged.files)
    assert any("revoked" in one for one in said)
    unknown = [one for one in judged.files if one.as_of is None]
    assert {one.report["verdict"] for one in unknown} == {"could_not_be_checked"}
    assert len(unknown) == 2, "a host that was silent then, and a badge whose proof is its host's answer"


def test_another_service_takes_it_when_the_first_is_gone(left: Left, b: Service) -> None:
    person_id = b.services.store.people.add("Pat", LATER)
    b.services.store.people.prove(person_id, ProvedKind.EMAIL, PAT, added_by="a test", now=LATER)
    kept = keep_import(b.services, person_id, left.data, LATER, added_by="a test")
    assert [one.outcome for one in kept] == [KeptAs.NEW] * 5
    found = brought_along(b.services, person_id, LATER)
    own = [item for item in found if item.record.issuer_id == left.service.services.issuer.did]
    assert {item.named_for.value for item in own} == {"you"}
    (good,) = [item for item in own if not item.record.facts["status"]]
    assert (good.record.checked_at, good.record.watched_at) == (NOW, LATER)
    assert good.record.facts["headline"].startswith("Good as of 14 March 2026")
    assert "could not be reached since" in good.note
    (gone,) = [item for item in own if item.record.facts["status"]]
    assert gone.note == "Its issuer has revoked it."


def test_what_has_ended_since_is_not_good_as_of_then(left: Left, b: Service) -> None:
    far = NOW + timedelta(days=5_000)
    judged = judge_archive(b.services, left.data, far)
    ended = [one.report for one in judged.files if "expired" in one.report["headline"]]
    assert len(ended) >= 1
    assert not any(report["verified"] for report in ended)


def test_the_command(
    left: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CREDSERV_SECRET_KEY", "CREDSERV_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CREDSERV_DATA_DIR", str(tmp_path / "none"))
    path = tmp_path / "mine.zip"
    path.write_bytes(left.data)
    assert main(["archive", "check", str(path), "--json"]) == 1, "one was revoked"
    told = json.loads(capsys.readouterr().out)
    assert told["archive"]["signature"] == "verified"
    assert len(told["credentials"]) == 5
    assert parse_instant(told["archive"]["made_at"]) == NOW
    files = read_zip(left.data)
    name = next(name for name in files if name.startswith("credentials/"))
    path.write_bytes(write_zip({**files, name: files[name] + b" "}))
    assert main(["archive", "check", str(path)]) == 1
    assert "was altered" in capsys.readouterr().err


def test_the_page_asks_once_more_who_it_is(left: Left) -> None:
    person = Person(left.service).open_wallet(PAT)
    assert "Take everything with you" in person.get("/wallet")
    answer = person.submit("/wallet/archive")
    assert answer.mimetype == "application/zip"
    assert re.fullmatch(
        r'attachment; filename="credentials-\d{4}-\d\d-\d\d\.zip"', answer.headers["Content-Disposition"]
    )
    assert len([name for name in read_zip(answer.data) if name.startswith("credentials/")]) == 5
    clock = left.service.clock
    clock.advance(minutes=6)
    try:
        asked = person.client.get("/wallet/archive", headers={"Accept": "text/html"})
        assert asked.status_code in (401, 403)
        assert "Make the archive" not in asked.text
    finally:
        clock.now = NOW


def test_the_proof_that_it_is_in_the_log_leaves_with_a_badge(left: Left, b: Service) -> None:
    judged = judge_archive(b.services, left.data, LATER)
    own, other = judged.files[:2], judged.files[2:]
    assert [one.log["state"] for one in own if one.log] == ["in-the-log"] * 2
    assert {one.log["signed_at"] for one in own if one.log} == {"2026-03-14T09:26:53Z"}
    assert [one.log for one in other] == [None] * len(other)
    assert judged.as_json()["credentials"][0]["log"]["size"] >= 2


def test_attack_w7_a_proof_of_something_else_proves_nothing(left: Left, b: Service) -> None:
    files = read_zip(left.data)
    proofs = json.loads(files["log.json"])
    first, second = list(proofs)[:2]
    content, told = files[first], proofs[first]
    foreign = make_head_of_another(left)
    bad = {
        "another's entry": proofs[second],
        "moved": {**told, "position": told["position"] + 1},
        "longer": {**told, "path": [*told["path"], "00" * 32]},
        "shorter": {**told, "path": told["path"][:-1]},
        "another's head": {**told, "head": {**told["head"], "signed": foreign}},
        "no head": {**told, "head": {}},
        "no list": {"entry": [], "path": "x"},
    }
    assert judge_logged(b.services, told, content, LATER)["state"] == "in-the-log"
    for name, altered in bad.items():
        assert judge_logged(b.services, altered, content, LATER)["state"] == "proof-fails", name


def make_head_of_another(left: Left) -> str:
    """The same root, signed by a key that is somebody else's."""
    told = json.loads(read_zip(left.data)["log.json"])
    head = next(iter(told.values()))["head"]
    signer = Ed25519Signer(Ed25519PrivateKey.generate())
    did = did_key(signer.public_key_multibase)
    return sign_log_head(
        size=head["size"],
        root=head["root"],
        made_at=NOW,
        issuer=did,
        log="https://other.example/log",
        signer=signer,
        verification_method=f"{did}#{signer.public_key_multibase}",
    )

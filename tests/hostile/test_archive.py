"""Attack W7: archives in which something was changed, added, left out, or put back to an older state."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.carriers.zip_file import read_zip, write_zip
from credserv.exchange.archive import Archive, Page, digest, open_archive
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import ArchiveError, TooLargeError
from credserv.journeys.check.check import check
from credserv.journeys.check.many import Submitted, report_on
from credserv.journeys.transfer.archive_check import JudgedArchive, judge_archive
from credserv.journeys.transfer.brought import brought_along
from credserv.journeys.transfer.imports import KeptAs, keep_import
from credserv.journeys.transfer.leaving import _Recorder, make_archive
from credserv.journeys.transfer.parts import take_apart
from credserv.journeys.transfer.snapshot import AsOf, Snapshot, judge_by_snapshot
from credserv.openbadges.clr import CLR_V2
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_EXTENSIONS, build_identity
from credserv.proof.tokens.archive_token import sign_archive
from credserv.records.people import ProvedKind
from credserv.verifying.checks.certificate_status import CertificateLists
from tests.hostile.test_certificate_lists import ANCHORS, GOOD, LEAF, MIDDLE, MIDDLES, ROOT, ROOTS
from tests.hostile.test_certificates import chained
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.certificates import revocations
from tests.testkit.defects import ALICE, MALLORY, REVOKED, good, hosts_of
from tests.testkit.proofs import SigningIssuer
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.verifying import STATUS_URL, signed_list, status_entry

Files = dict[str, bytes]
WEB = "did:web:school.example"


@pytest.fixture(scope="module")
def a(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("archive")
    hosts = hosts_of(NOW)
    hosts.pages["https://school.example/.well-known/did.json"] = _document(ALICE)
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=hosts)


@pytest.fixture(scope="module")
def files(a: Service) -> Files:
    """Of somebody with a badge of the service's own, one by a key, and one by a web address."""
    person_id = a.services.store.people.add("Pat", NOW)
    own = a.services.store.credentials.get(a.issue(email="pat@example.org"))
    assert own is not None
    assert own.signed is not None
    for badge in (json.dumps(ALICE.sign(good(NOW))).encode(), _by_web(ALICE)):
        (kept,) = keep_import(a.services, person_id, badge, NOW, added_by="a test")
        assert kept.outcome is KeptAs.NEW, kept
    a.services.store.people.prove(person_id, ProvedKind.EMAIL, "pat@example.org", added_by="a test", now=NOW)
    return read_zip(make_archive(a.services, person_id, NOW))


def judge(a: Service, files: Files) -> JudgedArchive:
    return judge_archive(a.services, write_zip(files), NOW + timedelta(days=30))


def place(files: Files, url: str) -> str:
    """The file that holds what stood at an address."""
    return str(json.loads(files["manifest.json"])["fetched"][url]["file"])


def relisted(files: Files, **changed: Any) -> Files:
    """With a list of files that fits them."""
    manifest = {**json.loads(files["manifest.json"]), **changed}
    manifest["files"] = {
        name: {"sha256": digest(content)} for name, content in files.items() if "manifest." not in name
    }
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def resigned(files: Files, by: SigningIssuer, **changed: Any) -> Files:
    """Signed anew, by whoever changed it."""
    files = relisted(files, made_by=by.did, **changed)
    made_at = json.loads(files["manifest.json"])["made_at"]
    token = sign_archive(
        digest(files["manifest.json"]),
        by=by.did,
        made_at=parse_instant(made_at),
        signer=by.signer,
        verification_method=by.method,
    )
    return {**files, "manifest.jwt": token.encode()}


ELSEWHERE = "https://lists.example/status/7"


def record(by: SigningIssuer, held: dict[str, Any]) -> dict[str, Any]:
    """A record of learning that holds one credential."""
    contexts = dict.fromkeys([*held["@context"], CLR_V2])
    return {
        "@context": [
            CREDENTIALS_V2,
            CLR_V2,
            *(url for url in contexts if url not in (CREDENTIALS_V2, CLR_V2)),
        ],
        "id": f"{held['id']}/record",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "A record",
        "issuer": {"id": by.did, "type": ["Profile"], "name": "Somebody"},
        "validFrom": "2026-03-01T09:00:00Z",
        "credentialSubject": {"type": ["ClrSubject"], "verifiableCredential": [held]},
    }


def test_attack_w7_an_archive_that_was_not_touched_is_judged(a: Service, files: Files) -> None:
    judged = judge(a, files)
    assert judged.signed
    assert [one.report["verified"] for one in judged.files].count(True) == 2


CHANGES: dict[str, Callable[[Files], Files]] = {
    "list": lambda files: {**files, place(files, STATUS_URL): b"{}"},
    "document": lambda files: {**files, "issuers/1.json": b"{}"},
    "verdicts": lambda files: {**files, "verdicts.json": b"{}"},
    "added": lambda files: {**files, "credentials/99.json": b"{}"},
    "left-out": lambda files: {name: files[name] for name in files if name != "verdicts.json"},
    "no-signature": lambda files: {name: files[name] for name in files if name != "manifest.jwt"},
    "no-list": lambda files: {**files, "manifest.json": b"{}"},
    "relisted": lambda files: relisted({**files, place(files, STATUS_URL): b"{}"}),
    "redated": lambda files: relisted(files, made_at="2026-03-20T00:00:00Z"),
    "other-maker": lambda files: relisted(files, made_by=MALLORY.did),
    "dated-ahead": lambda files: resigned(files, MALLORY, made_at="2027-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_attack_w7_one_that_was_altered_is_refused_as_a_whole(a: Service, files: Files, change: str) -> None:
    with pytest.raises(ArchiveError):
        judge(a, CHANGES[change](files))


def test_attack_w7_an_older_list_speaks_for_its_own_day_whoever_signs_the_archive(
    a: Service, files: Files, tmp_path: Path
) -> None:
    """Revoked since: the archive is put together anew with the list of the day before, and signed anew."""
    old = NOW - timedelta(days=1)
    dates = {
        "validFrom": format_instant(old),
        "validUntil": format_instant(NOW + timedelta(days=2)),
    }
    older = json.dumps(signed_list(ALICE, **dates)).encode()
    replayed = resigned({**files, place(files, STATUS_URL): older}, MALLORY)
    b = make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, public_url="http://localhost:8999"
    )
    judged = judge(b, replayed)
    alice = [one for one in judged.files if one.report["issuer"]["id"] == ALICE.did]
    assert [one.as_of for one in alice] == [old]
    assert f"Good as of {old.day} March 2026" in alice[0].report["headline"]
    # Whoever has seen the newer one is not taken in at all.
    seen = [one for one in judge(a, replayed).files if one.report["issuer"]["id"] == ALICE.did]
    assert [(one.as_of, one.report["verdict"]) for one in seen] == [(None, "could_not_be_checked")]


def by_snapshot(a: Service, badge: dict[str, Any], pages: dict[str, Any]) -> AsOf | None:
    """What a stranger's archive makes of a badge."""
    held = {url: Page(json.dumps(page).encode(), "application/json") for url, page in pages.items()}
    archive = Snapshot(Archive(NOW, MALLORY.did, (), {}, held), signed=True)
    return judge_by_snapshot(a.services, archive, json.dumps(badge).encode(), NOW)


REVOCATIONS = "https://school.example/revoked.json"
UNSIGNED = {"id": REVOCATIONS, "issuer": ALICE.did, "revokedCredentials": []}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"credentialSubject": {}, "proof": {}, "validFrom": "2026-03-14T09:00:00Z"},
    ],
)
def test_attack_w7_a_list_that_nobody_signed_is_its_makers_word(a: Service, more: dict[str, Any]) -> None:
    entry = {"id": REVOCATIONS, "type": "1EdTechRevocationList"}
    unsigned = good(NOW, credentialStatus=entry)
    unsigned["@context"] = [*unsigned["@context"], OPEN_BADGES_EXTENSIONS]
    badge = ALICE.sign(unsigned)
    for signed in (badge, ALICE.sign(record(ALICE, badge)), MALLORY.sign(record(MALLORY, badge))):
        assert by_snapshot(a, signed, {REVOCATIONS: UNSIGNED | more}) is None


def test_attack_w7_a_makers_word_counts_for_nothing_of_others_however_deep(a: Service) -> None:
    """Records of the maker's own, around a badge whose list is of the day before its revocation."""
    old = NOW - timedelta(days=1)
    dates = {"validFrom": format_instant(old), "validUntil": format_instant(NOW + timedelta(days=2))}
    held = ALICE.sign(good(NOW, credentialStatus=status_entry(url=ELSEWHERE)))
    for _ in range(3):
        found = by_snapshot(a, held, {ELSEWHERE: signed_list(ALICE, url=ELSEWHERE, **dates)})
        assert found is not None
        assert (found.checked.result.verified, found.as_of) == (True, old)
        held = MALLORY.sign(record(MALLORY, held))


def test_attack_w7_a_list_from_before_the_revocation_of_a_key_speaks_for_its_own_day(a: Service) -> None:
    """It is in force still, so whoever holds the key could put it in the place of the newer one: in an
    archive, and in what the service remembers of the authority."""
    old = NOW - timedelta(days=1)
    chosen = {ROOTS: revocations(ROOT), MIDDLES: revocations(MIDDLE, made=old)}
    outside = {ROOTS: chosen[ROOTS], MIDDLES: revocations(MIDDLE, LEAF)}
    reach = replace(
        a.services.resolvers,
        anchors=lambda _issuer: ANCHORS,
        certificate_lists=CertificateLists(outside.__getitem__, 60),
    )
    own, text = replace(a.services, resolvers=reach), chained(LEAF, MIDDLE).encode()
    pages = {url: Page(content, "application/pkix-crl") for url, content in chosen.items()}
    archive = Snapshot(Archive(NOW, MALLORY.did, (), {}, pages), signed=True)
    found = judge_by_snapshot(own, archive, text, NOW)
    assert found is not None
    assert (found.checked.result.verified, found.as_of) == (True, old)
    proof = check(own, data=text, url=None, now=NOW).result.check("proof")
    assert proof is not None
    assert proof.code == "certificate-revoked"
    found = judge_by_snapshot(own, archive, text, NOW)
    assert found is not None
    assert not found.checked.result.verified, "whoever has seen the newer one is not taken in"


def test_attack_w7_an_archive_holds_the_lists_that_were_seen_before(a: Service) -> None:
    asked = CertificateLists(GOOD.__getitem__, 60)
    reach = replace(a.services.resolvers, anchors=lambda _issuer: ANCHORS, certificate_lists=asked)
    badge = Submitted("1.jwt", data=chained(LEAF, MIDDLE).encode())
    for _ in range(2):
        recorder = _Recorder(replace(a.services, resolvers=reach))
        assert report_on(recorder.services, badge, now=NOW)["verified"]
        assert {url: recorder.pages[url].body for url in GOOD} == GOOD
    off = _Recorder(replace(a.services, resolvers=replace(reach, certificate_lists=None)))
    assert report_on(off.services, badge, now=NOW)["verified"]
    assert not off.pages


def test_attack_w7_a_list_that_says_revoked_is_believed(a: Service, files: Files) -> None:
    badge = json.dumps(ALICE.sign(good(NOW, credentialStatus=status_entry(REVOKED)))).encode()
    name = next(name for name, content in files.items() if ALICE.did.encode() in content and "cred" in name)
    judged = judge(a, resigned({**files, name: badge}, MALLORY))
    (one,) = [one for one in judged.files if one.file == name]
    assert not one.report["verified"]
    assert "revoked" in one.report["headline"]


def test_attack_w7_a_document_of_an_issuer_counts_for_nothing_in_an_archive(a: Service, files: Files) -> None:
    """MALLORY's key in the school's document, and the archive signed by MALLORY."""
    manifest = json.loads(files["manifest.json"])
    document = manifest["issuers"][WEB]["file"]
    name = next(name for name, content in files.items() if WEB.encode() in content and "credent" in name)
    forged = {**files, document: json.dumps(_document(MALLORY)).encode(), name: _by_web(MALLORY)}
    judged = judge(a, resigned(forged, MALLORY))
    (one,) = [one for one in judged.files if one.file == name]
    assert (one.as_of, one.report["verdict"]) == (None, "could_not_be_checked")
    assert "anybody could have put them there" in str(one.report["checks"])


def test_attack_w7_an_altered_archive_brings_nothing_but_what_verifies_by_itself(
    a: Service, files: Files
) -> None:
    person_id = a.services.store.people.add("Sam", NOW)
    altered = write_zip({**files, place(files, STATUS_URL): b"{}"})
    kept = keep_import(a.services, person_id, altered, NOW, added_by="a test")
    assert [one.outcome for one in kept] == [KeptAs.NEW] * 3 + [KeptAs.REFUSED]
    assert "altered" in kept[-1].reason
    assert "checked by itself" in kept[-1].reason


def test_attack_w12_only_the_issuer_says_for_whom_its_badge_is_and_only_to_who_proves_it(
    a: Service, files: Files, tmp_path: Path
) -> None:
    """The badge names an address at work that is gone; its issuer's archive names the person's others."""
    b = make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, public_url="http://localhost:8999"
    )

    def named(address: str, archive: Files) -> list[str]:
        people = b.services.store.people
        person_id = people.add("Somebody", NOW)
        people.prove(person_id, ProvedKind.EMAIL, address, added_by="a test", now=NOW)
        keep_import(b.services, person_id, write_zip(archive), NOW, added_by="a test")
        return [
            item.named_for.value
            for item in brought_along(b.services, person_id, NOW)
            if item.record.issuer_id == a.services.issuer.did
        ]

    pat = a.services.store.people.find_proved(ProvedKind.EMAIL, "pat@example.org")
    assert pat is not None
    a.services.store.people.prove(pat.person_id, ProvedKind.EMAIL, "pat@home.example", added_by="x", now=NOW)
    own = read_zip(make_archive(a.services, pat.person_id, NOW))
    assert named("pat@home.example", own) == ["you"]
    assert named("mallory@example.org", own) == ["somebody else"], "whoever took the file away"
    holder = [{"id": "", "identifier": [build_identity("mallory@example.net", "salt")]}]
    assert named("mallory@example.net", resigned(own, MALLORY, holder=holder)) == ["somebody else"]


def _by_web(by: SigningIssuer) -> bytes:
    document = good(NOW, issuer={"id": WEB, "type": ["Profile"], "name": "School"})
    document.pop("credentialStatus")
    proof = by.prove(document, verificationMethod=f"{WEB}#1")
    return json.dumps({**document, "proof": proof}).encode()


def _document(by: SigningIssuer) -> dict[str, Any]:
    key = by.signer.public_key_multibase
    method = {"id": f"{WEB}#1", "type": "Multikey", "controller": WEB, "publicKeyMultibase": key}
    contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    return {"@context": contexts, "id": WEB, "verificationMethod": [method], "assertionMethod": [f"{WEB}#1"]}


@pytest.mark.parametrize(
    "text",
    [
        b"[" + b"1," * 8_000_000 + b"1]",
        b'{"type": ["VerifiablePresentation"], "verifiableCredential": [' + b"{}," * 900_000 + b"{}]}",
        b'{"type": "UniversalWallet2020", "status": "UNLOCKED", "contents": ['
        + b'{"badge": 1},' * 900_000
        + b"1]}",
        b"a.b.c\n" * 3_000_000,
    ],
    ids=["numbers", "presentation", "backup", "lines"],
)
def test_attack_164_few_kilobytes_that_unpack_to_millions_of_items(text: bytes) -> None:
    packed = write_zip({"a.json": text})
    began = time.process_time()
    for data in (packed, text):
        with pytest.raises(TooLargeError, match="bring them in several files"):
            take_apart(data)
    assert time.process_time() - began < HANGS_AFTER / 6  # half a second; it was half a minute


def test_attack_164_one_file_for_thousands_of_things(files: Files) -> None:
    """Each name would have it read again."""
    manifest = json.loads(files["manifest.json"])
    (entry, *_) = manifest["issuers"].values()
    for name, more in (
        ("issuers", {"did:web:b.example": entry}),
        ("fetched", {"https://b.example/": {**entry, "media_type": "x"}}),
    ):
        twice = manifest | {name: manifest[name] | more}
        with pytest.raises(ArchiveError, match="one file for several"):
            open_archive(files | {"manifest.json": json.dumps(twice).encode()})
    credentials = [*manifest["credentials"], manifest["credentials"][0]]
    with pytest.raises(ArchiveError, match="one file for several"):
        open_archive(files | {"manifest.json": json.dumps(manifest | {"credentials": credentials}).encode()})

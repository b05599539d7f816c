"""What is remembered of a status list follows from its bytes alone; everything else is asked anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import InvalidSignatureError, UnavailableError, VerificationMethodError
from credserv.ground.verification import Outcome
from credserv.proof.data_integrity.proofs import VerifiedProof, verify_proofs
from credserv.proof.keys.verification_method import did_key_document
from credserv.status.bitstring import decode_list
from credserv.verifying.checks import status_memory
from credserv.verifying.checks.proof import Secured
from credserv.verifying.checks.status_memory import MAX_LISTS, MAX_RAW_BYTES, HeldList, ListMemory
from tests.testkit.proofs import NOW, badge, issuer, suites
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry, verifier

ALICE, OTHER = issuer(1), issuer(2)
DOCUMENT = ALICE.sign({**badge(ALICE), "credentialStatus": status_entry()})


def status(hosts: Hosts, resolve_did: Callable[[str], Any] = did_key_document, **later: int) -> Outcome:
    resolvers = replace(hosts.resolvers, resolve_did=resolve_did)
    result = verifier().verify_credential(DOCUMENT, now=NOW + timedelta(**later), resolvers=resolvers)
    return next(check.outcome for check in result.checks if check.name == "status")


def listed_under(key: str) -> dict[str, Any]:
    """Alice's document, with another key under the name of hers."""
    document: dict[str, Any] = json.loads(json.dumps(did_key_document(ALICE.did)))
    document["verificationMethod"][0]["publicKeyMultibase"] = key
    return document


def test_a_list_that_was_seen_is_still_judged_by_its_dates() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    assert status(hosts) is Outcome.PASSED
    assert status(hosts) is Outcome.PASSED
    assert status(hosts, hours=2) is Outcome.UNKNOWN


def test_a_key_that_was_exchanged_since_no_longer_fits() -> None:
    held = HeldList(Secured(signed_list(ALICE)))
    judge(held, did_key_document)
    judge(held, did_key_document)
    with pytest.raises(InvalidSignatureError):
        judge(held, lambda did: listed_under(OTHER.signer.public_key_multibase))


def test_a_key_that_was_withdrawn_since_no_longer_counts() -> None:
    held = HeldList(Secured(signed_list(ALICE)))
    judge(held, did_key_document)
    with pytest.raises(VerificationMethodError):
        judge(held, lambda did: {**did_key_document(did), "assertionMethod": []})


# --- a list whose proof was seen to hold ----------------------------------------------------------


def changed_document(**changes: Any) -> Callable[[str], Any]:
    """The issuer of the list gets another document; who issued the credential keeps his."""

    def resolve(did: str) -> Any:
        document = did_key_document(did)
        return json.loads(json.dumps(document)) | changes if did == OTHER.did else document

    return resolve


def changed_method(**changes: Any) -> Callable[[str], Any]:
    method = json.loads(json.dumps(did_key_document(OTHER.did)))["verificationMethod"][0]
    return changed_document(verificationMethod=[method | changes])


def silent(did: str) -> Any:
    if did == OTHER.did:
        raise UnavailableError("the host did not answer in time")
    return did_key_document(did)


@pytest.mark.parametrize(
    ("resolve", "outcome"),
    [
        (changed_document(assertionMethod=[]), Outcome.FAILED),
        (changed_document(deactivated=True), Outcome.FAILED),
        (changed_document(deactivated=0), Outcome.FAILED),
        (changed_method(revoked="2026-03-14T09:00:00Z"), Outcome.FAILED),
        (changed_method(expires="2026-03-14T09:00:00Z"), Outcome.FAILED),
        (changed_method(publicKeyMultibase=ALICE.signer.public_key_multibase), Outcome.FAILED),
        (changed_method(controller=ALICE.did), Outcome.FAILED),
        (silent, Outcome.UNKNOWN),
        (changed_document(), Outcome.PASSED),
    ],
)
def test_a_list_that_was_proven_is_proven_anew_when_its_issuer_has_another_document(
    resolve: Callable[[str], Any], outcome: Outcome
) -> None:
    hosts = Hosts({STATUS_URL: signed_list(OTHER)}, keepers=frozenset({OTHER.did}))
    assert status(hosts) is status(hosts, changed_document(deactivated=False)) is Outcome.PASSED
    for _ in range(2):
        assert status(hosts, resolve) is outcome
    assert status(hosts) is Outcome.PASSED


@pytest.mark.parametrize("date", ["expires", "revoked"])
def test_a_list_that_was_proven_is_so_no_longer_than_its_key_lasts(date: str) -> None:
    hosts = Hosts({STATUS_URL: signed_list(OTHER)}, keepers=frozenset({OTHER.did}))
    resolve = changed_method(**{date: "2026-03-14T09:26:55Z"})
    assert status(hosts, resolve) is status(hosts, resolve, seconds=1) is Outcome.PASSED
    assert status(hosts, resolve, seconds=2) is Outcome.FAILED
    assert status(hosts, resolve) is Outcome.PASSED


@pytest.mark.parametrize(
    ("dates", "before", "after"),
    [
        ({"expires": "2026-03-14T09:26:55Z"}, 1, 2),
        ({"created": "2026-03-14T09:20:00Z"}, -473, -474),  # with a minute for clocks that differ
    ],
)
def test_a_list_that_was_proven_is_so_only_within_the_dates_of_its_proof(
    dates: dict[str, str], before: int, after: int
) -> None:
    unsigned = {name: value for name, value in signed_list(OTHER).items() if name != "proof"}
    page = {**unsigned, "proof": OTHER.prove(unsigned, **dates)}
    hosts = Hosts({STATUS_URL: page}, keepers=frozenset({OTHER.did}))
    document = {name: value for name, value in DOCUMENT.items() if name != "proof"}
    early = ALICE.sign({**document, "validFrom": "2026-03-14T08:00:00Z"}, created=NOW - timedelta(hours=1))

    def judged(seconds: int) -> Outcome:
        now = NOW + timedelta(seconds=seconds)
        result = verifier().verify_credential(early, now=now, resolvers=hosts.resolvers)
        return next(check.outcome for check in result.checks if check.name == "status")

    assert judged(0) is judged(before) is Outcome.PASSED
    assert judged(after) is Outcome.UNKNOWN
    assert judged(0) is Outcome.PASSED


def test_of_several_proofs_none_is_remembered() -> None:
    held = HeldList(Secured(signed_list(ALICE)))
    proofs = judge(held, did_key_document)
    document = did_key_document(ALICE.did)
    held.note_proven([*proofs, *proofs], [document, document])
    held.note_proven(proofs, [document, document])
    assert not held.is_proven(did_key_document, NOW, timedelta(0))
    held.note_proven(proofs, [document])
    (proof,) = proofs
    assert proof.created is not None
    minute = timedelta(minutes=1)
    for now, leeway, is_proven in (
        (NOW, timedelta(0), True),
        (proof.created - minute, minute, True),
        (proof.created - minute, minute / 2, False),
        (proof.created, minute, True),
    ):
        assert held.is_proven(did_key_document, now, leeway) is is_proven


def judge(held: HeldList, resolve_did: Callable[[str], Mapping[str, Any]]) -> tuple[VerifiedProof, ...]:
    return verify_proofs(
        held.secured.document,
        suites=held.once(suites()),
        resolve_did=resolve_did,
        controller=ALICE.did,
        now=NOW,
    )


def test_a_signature_that_does_not_fit_never_comes_to_fit() -> None:
    changed = {**signed_list(ALICE), "validFrom": "2026-03-14T08:00:01Z"}
    held = HeldList(Secured(changed))
    for _ in range(2):
        with pytest.raises(InvalidSignatureError):
            judge(held, did_key_document)


def test_other_bytes_are_another_list() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    assert status(hosts) is Outcome.PASSED
    hosts.pages[STATUS_URL] = signed_list(ALICE, 94567)
    assert status(hosts) is Outcome.FAILED
    hosts.pages[STATUS_URL] = {**signed_list(ALICE), "validFrom": "2026-03-14T08:00:01Z"}
    assert status(hosts) is Outcome.FAILED


def test_bits_are_decoded_once_and_by_the_text_they_are_in() -> None:
    one, other = (signed_list(ALICE, index)["credentialSubject"]["encodedList"] for index in (1, 2))
    held = HeldList(Secured(signed_list(ALICE)))
    first = held.decode(one)
    assert first == decode_list(one)
    assert held.decode(one) is first
    assert held.decode(other) == decode_list(other)


def test_no_more_is_kept_than_was_said() -> None:
    memory = ListMemory()
    read: list[bytes] = []

    def parse(raw: bytes) -> Secured:
        read.append(raw)
        return Secured({})

    texts = [b"%d" % number for number in range(MAX_LISTS + 1)]
    for raw in [*texts, texts[-1], texts[0]]:
        memory.open(raw, parse)
    assert read == [*texts, texts[0]]
    large = b" " * (MAX_RAW_BYTES + 1)
    assert memory.open(large, parse) is not memory.open(large, parse)


def test_a_list_that_was_asked_for_again_is_kept_longer() -> None:
    memory = ListMemory()
    read: list[bytes] = []

    def parse(raw: bytes) -> Secured:
        read.append(raw)
        return Secured({})

    texts = [b"%d" % number for number in range(MAX_LISTS)]
    for raw in [*texts, texts[0], b"one more", texts[0], texts[1]]:
        memory.open(raw, parse)
    assert read == [*texts, b"one more", texts[1]]
    longest = b" " * MAX_RAW_BYTES
    assert memory.open(longest, parse) is memory.open(longest, parse)


def test_a_list_with_several_proofs_is_proven_anew() -> None:
    page = signed_list(ALICE)
    held = HeldList(Secured(page | {"proof": [page["proof"]]}))
    held.note_proven(judge(held, did_key_document), [did_key_document(ALICE.did)])
    assert not held.is_proven(did_key_document, NOW, timedelta(0))


def test_of_a_list_without_dates_none_are_told() -> None:
    undated = {name: value for name, value in signed_list(ALICE).items() if not name.startswith("valid")}
    assert dict(HeldList(Secured(undated)).facts) == {"listIssuer": ALICE.did, "ttl": 60_000}
    subject = undated["credentialSubject"] | {"ttl": "60000"}
    held = HeldList(Secured(undated | {"credentialSubject": subject, "validUntil": "2026-03-14T10:00:00Z"}))
    assert dict(held.facts) == {"listIssuer": ALICE.did, "validUntil": "2026-03-14T10:00:00Z"}
    unread = HeldList(Secured(undated | {"credentialSubject": 7, "validFrom": "yesterday"}))
    assert dict(unread.facts) == {"listIssuer": ALICE.did}


def test_a_list_whose_proof_has_no_date_is_proven_once_too() -> None:
    unsigned = {name: value for name, value in signed_list(ALICE).items() if name != "proof"}
    held = HeldList(Secured(unsigned | {"proof": ALICE.prove(unsigned, created=None)}))
    held.note_proven(judge(held, did_key_document), [did_key_document(ALICE.did)])
    assert held.is_proven(did_key_document, NOW, timedelta(0))


def test_an_address_that_was_asked_again_is_remembered_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_memory, "MAX_PLACES", 2)
    memory, old = ListMemory(), NOW - timedelta(days=1)

    def newest(url: str, begins: datetime) -> datetime | None:
        return memory.newest(url, ALICE.did, begins, latest=NOW)

    for url in ("a", "b", "a", "c"):
        assert newest(url, NOW) is None
    assert newest("a", old) == NOW
    assert newest("b", old) is None


def test_an_equal_document_of_its_issuer_is_the_same() -> None:
    held = HeldList(Secured(signed_list(ALICE)))
    document = did_key_document(ALICE.did)
    held.note_proven(judge(held, did_key_document), [document])
    equal: dict[str, Any] = json.loads(json.dumps(document))
    for other, is_same in ((document, True), (equal, True), (equal | {"x": 1}, False)):
        assert held.is_proven({ALICE.did: other}.__getitem__, NOW, timedelta(0)) is is_same

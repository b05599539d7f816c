"""@digitalbazaar/vc verifies ours, we verify theirs, and altered copies are refused by both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import InvalidSignatureError
from credserv.proof.keys.verification_method import did_key_document
from credserv.status.bitstring import build_status_list_credential, encode_list
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.proofs import badge, issuer, pinned_contexts, replaced, verify

ISSUER = issuer(7)


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("peer.mjs") as running:
        yield running


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    pinned = pinned_contexts()
    return {url: pinned.document(url) for url in pinned.urls} | {ISSUER.did: did_key_document(ISSUER.did)}


def without_status(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "credentialStatus"}


UNSIGNED = without_status(badge(ISSUER))
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("name",), "Mentor practitioner"),
    (("credentialSubject", "result", 0, "value"), "88"),
    (("credentialSubject", "identifier", 0, "hashed"), False),
    (("proof", "created"), "2026-03-14T09:00:01Z"),
]


def ask(peer: NodePeer, credential: dict[str, Any], documents: dict[str, Any]) -> Any:
    return peer.ask("verify", credential=credential, documents=documents, now="2026-03-14T10:00:00Z")


def test_they_verify_ours(peer: NodePeer, documents: dict[str, Any]) -> None:
    answer = ask(peer, ISSUER.sign(UNSIGNED), documents)
    assert answer == {"verified": True, "errors": [], "bits": []}


def test_both_sign_the_direction_of_a_text(peer: NodePeer, documents: dict[str, Any]) -> None:
    name = {"@value": "Mentor", "@language": "en-GB", "@direction": "ltr"}
    signed = ISSUER.sign(UNSIGNED | {"name": name})
    assert ask(peer, signed, documents)["verified"]
    turned = replaced(signed, ("name", "@direction"), "rtl")
    assert not ask(peer, turned, documents)["verified"]
    with pytest.raises(InvalidSignatureError):
        verify(turned)


@pytest.mark.parametrize("path", [("description",), ("credentialSubject", "achievement", "tag")])
def test_null_is_an_absent_member_to_both(
    peer: NodePeer, documents: dict[str, Any], path: tuple[str, ...]
) -> None:
    """Where something was signed there, it is a change."""
    unsigned = replaced(UNSIGNED, ("credentialSubject", "achievement", "tag"), [])
    nothing = replaced(ISSUER.sign(unsigned), path, None)
    assert ask(peer, nothing, documents)["verified"]
    assert verify(nothing)
    gone = replaced(ISSUER.sign(UNSIGNED), ("name",), None)
    assert not ask(peer, gone, documents)["verified"]
    with pytest.raises(InvalidSignatureError):
        verify(gone)


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_they_refuse_altered_copies_of_ours(
    peer: NodePeer, documents: dict[str, Any], path: tuple[str | int, ...], value: Any
) -> None:
    assert not ask(peer, replaced(ISSUER.sign(UNSIGNED), path, value), documents)["verified"]


@pytest.fixture(scope="module")
def theirs(peer: NodePeer, documents: dict[str, Any]) -> dict[str, Any]:
    seed = ISSUER.key.private_bytes_raw().hex()
    signed: dict[str, Any] = peer.ask(
        "sign", credential=UNSIGNED, documents=documents, seed=seed, created="2026-03-14T09:00:00Z"
    )
    return signed


def test_we_verify_theirs(theirs: dict[str, Any]) -> None:
    assert verify(theirs)[0].controller == ISSUER.did


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_we_refuse_altered_copies_of_theirs(
    theirs: dict[str, Any], path: tuple[str | int, ...], value: Any
) -> None:
    with pytest.raises(InvalidSignatureError):
        verify(replaced(theirs, path, value))


def test_the_same_key_and_options_give_the_same_proof(theirs: dict[str, Any]) -> None:
    """Ed25519 is deterministic, so equal proofs mean equal canonical forms, of document and options."""
    assert ISSUER.prove(UNSIGNED)["proofValue"] == theirs["proof"]["proofValue"]


def list_with(indexes: list[int]) -> dict[str, Any]:
    """Valid today: the peer holds status lists against its own clock, whatever instant it is asked for."""
    today = datetime.now(UTC)
    listed = build_status_list_credential(
        url="https://badges.example/status/1",
        issuer=ISSUER.did,
        purpose="revocation",
        encoded_list=encode_list(indexes, 131_072),
        valid_from=today - timedelta(minutes=1),
        valid_until=today + timedelta(hours=24),
        ttl_milliseconds=60_000,
    )
    return ISSUER.sign(listed)


@pytest.mark.parametrize(
    ("indexes", "is_set"), [([], False), ([94_566, 94_568], False), ([94_567], True), ([0, 131_071], False)]
)
def test_they_read_our_status_list(
    peer: NodePeer, documents: dict[str, Any], indexes: list[int], is_set: bool
) -> None:
    listed = {"https://badges.example/status/1": list_with(indexes)}
    answer = ask(peer, ISSUER.sign(badge(ISSUER)), documents | listed)
    assert answer == {"verified": True, "errors": [], "bits": [is_set]}


def test_they_refuse_an_altered_status_list(peer: NodePeer, documents: dict[str, Any]) -> None:
    """Another list under the proof of the one that revokes."""
    forged = list_with([94_567]) | {"credentialSubject": list_with([])["credentialSubject"]}
    answer = ask(peer, ISSUER.sign(badge(ISSUER)), documents | {"https://badges.example/status/1": forged})
    assert not answer["verified"]


def over(member: str | None) -> dict[str, Any]:
    """The issuer's document after a key's time: the method says so by a member, or is gone."""
    document = json.loads(json.dumps(did_key_document(ISSUER.did)))
    if member is None:
        return document | {"verificationMethod": [], "assertionMethod": []}
    document["verificationMethod"][0][member] = "2026-03-14T09:30:00Z"
    return document


@pytest.mark.parametrize("member", ["revoked", "expires", None])
def test_found_f3_what_they_make_of_a_key_whose_time_is_over(
    peer: NodePeer, documents: dict[str, Any], member: str | None
) -> None:
    """As docs/operator.md has it: of a proof that was made before that time, asked after it."""
    answer = ask(peer, ISSUER.sign(UNSIGNED), documents | {ISSUER.did: over(member)})
    assert answer["verified"] is (member is not None)

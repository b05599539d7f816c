"""@digitalbazaar's ecdsa-rdfc-2019, Ed25519Signature2020 and ecdsa-sd-2023 against ours, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import KeyType, encode_base58btc
from credserv.ground.errors import InvalidSignatureError, ProofError
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.data_integrity.ed25519_signature_2020 import CONTEXT
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.verification_method import did_key_document
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.proofs import OB3, V2, canonizer, issuer, pinned_contexts, replaced, verify
from tests.testkit.suites import SuiteIssuer, suite_issuers

SEED = 23
SUITES = ("ecdsa-rdfc-2019", "Ed25519Signature2020")
ISSUERS = [by for by in suite_issuers(SEED) if by.identifier in SUITES]
P256 = next(by for by in ISSUERS if by.signer.key_type is KeyType.P256)
SECRET_PREFIX = {KeyType.ED25519: "8026", KeyType.P256: "8626", KeyType.P384: "8726"}
CREATED, NOW = "2026-03-14T09:00:00Z", "2026-03-14T10:00:00Z"
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("name",), "Mentor practitioner"),
    (("credentialSubject", "result", 0, "value"), "88"),
    (("credentialSubject", "identifier", 0, "hashed"), False),
    (("proof", "created"), "2026-03-14T09:00:01Z"),
]

every = pytest.mark.parametrize("by", ISSUERS, ids=str)


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("suites.mjs") as running:
        yield running


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    pinned = pinned_contexts()
    known = {url: pinned.document(url) for url in pinned.urls}
    return known | {by.did: did_key_document(by.did) for by in ISSUERS}


def unsigned(by: SuiteIssuer) -> dict[str, Any]:
    contexts = [V2, OB3, CONTEXT] if by.identifier == "Ed25519Signature2020" else [V2, OB3]
    return {
        name: value
        for name, value in by.badge(**{"@context": contexts}).items()
        if name != "credentialStatus"
    }


def key_of(by: SuiteIssuer) -> dict[str, str]:
    key_type = by.signer.key_type
    secret = issuer(SEED).key.private_bytes_raw()
    if key_type is not KeyType.ED25519:
        secret = SEED.to_bytes(key_type.public_bytes - 1, "big")
        assert ec.derive_private_key(SEED, CURVES[key_type]).private_numbers().private_value == SEED
    return {
        "type": "Multikey",
        "id": by.method,
        "controller": by.did,
        "publicKeyMultibase": by.signer.public_key_multibase,
        "secretKeyMultibase": encode_base58btc(bytes.fromhex(SECRET_PREFIX[key_type]) + secret),
    }


def they_verify(peer: NodePeer, documents: dict[str, Any], suite: str, credential: dict[str, Any]) -> Any:
    return peer.ask("verify", suite=suite, credential=credential, documents=documents, now=NOW)


def they_sign(peer: NodePeer, documents: dict[str, Any], by: SuiteIssuer, **options: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"suite": by.identifier} | options
    signed: dict[str, Any] = peer.ask(
        "sign", key=key_of(by), credential=unsigned(by), documents=documents, created=CREATED, **asked
    )
    return signed


@every
def test_they_verify_ours(peer: NodePeer, documents: dict[str, Any], by: SuiteIssuer) -> None:
    answer = they_verify(peer, documents, by.identifier, by.sign(unsigned(by)))
    assert answer == {"verified": True, "errors": []}


@every
def test_they_refuse_altered_copies_of_ours(
    peer: NodePeer, documents: dict[str, Any], by: SuiteIssuer
) -> None:
    for path, value in CHANGES:
        altered = replaced(by.sign(unsigned(by)), path, value)
        assert not they_verify(peer, documents, by.identifier, altered)["verified"]


@every
def test_we_verify_theirs_and_refuse_altered_copies(
    peer: NodePeer, documents: dict[str, Any], by: SuiteIssuer
) -> None:
    signed = they_sign(peer, documents, by)
    (proof,) = verify(signed)
    assert (proof.cryptosuite, proof.verification_method) == (by.identifier, by.method)
    for path, value in CHANGES:
        with pytest.raises(InvalidSignatureError):
            verify(replaced(signed, path, value))


MANDATORY = ["/issuer", "/validFrom", "/credentialSubject/type"]
POINTERS: list[list[str]] = [
    [],
    ["/name"],
    ["/credentialSubject/achievement/name", "/credentialSubject/result"],
    ["/credentialSubject/achievement/alignment", "/credentialSubject/identifier", "/name"],
    ["/credentialSubject", "/name", "/validUntil"],
]


@pytest.mark.parametrize("pointers", POINTERS, ids=range(len(POINTERS)))
def test_we_verify_what_their_holder_shows(
    peer: NodePeer, documents: dict[str, Any], pointers: list[str]
) -> None:
    base = they_sign(peer, documents, P256, suite="ecdsa-sd-2023", mandatory=MANDATORY)
    shown = peer.ask("derive", credential=base, documents=documents, pointers=pointers)
    (proof,) = verify(shown)
    assert (proof.cryptosuite, proof.controller) == ("ecdsa-sd-2023", P256.did)
    assert they_verify(peer, documents, "ecdsa-sd-2023", shown)["verified"]
    altered = [
        replaced(shown, ("validFrom",), "2020-03-14T09:00:00Z"),
        replaced(shown, ("proof", "created"), "2026-03-14T09:00:01Z"),
        shown | {"name": "Mentor practitioner"},
        {name: value for name, value in shown.items() if name != "validFrom"},
    ]
    for copy in altered:
        with pytest.raises(ProofError):
            verify(copy)
        assert not they_verify(peer, documents, "ecdsa-sd-2023", copy)["verified"]


def our_base(mandatory: list[str]) -> dict[str, Any]:
    suite = EcdsaSd2023(canonizer(), mandatory)
    options = P256.options(cryptosuite="ecdsa-sd-2023", created=CREATED)
    return unsigned(P256) | {"proof": suite.create_proof(unsigned(P256), options, P256.signer)}


@pytest.mark.parametrize("mandatory", [MANDATORY, ["/issuer", "/credentialSubject/result/0"]], ids=range(2))
@pytest.mark.parametrize("pointers", POINTERS[1:], ids=range(len(POINTERS) - 1))
def test_found_s5_their_holder_shows_what_we_issued(
    peer: NodePeer, documents: dict[str, Any], mandatory: list[str], pointers: list[str]
) -> None:
    shown = peer.ask("derive", credential=our_base(mandatory), documents=documents, pointers=pointers)
    assert they_verify(peer, documents, "ecdsa-sd-2023", shown) == {"verified": True, "errors": []}
    assert verify(shown)[0].controller == P256.did


@pytest.mark.parametrize("pointers", POINTERS, ids=range(len(POINTERS)))
def test_found_s5_they_verify_what_we_derive_from_theirs_and_ours(
    peer: NodePeer, documents: dict[str, Any], pointers: list[str]
) -> None:
    theirs = they_sign(peer, documents, P256, suite="ecdsa-sd-2023", mandatory=MANDATORY)
    for base in (theirs, our_base(MANDATORY)):
        shown = EcdsaSd2023(canonizer()).derive_proof(base, pointers)
        assert they_verify(peer, documents, "ecdsa-sd-2023", shown) == {"verified": True, "errors": []}
        assert verify(shown)[0].controller == P256.did
        altered = replaced(shown, ("validFrom",), "2020-03-14T09:00:00Z")
        assert not they_verify(peer, documents, "ecdsa-sd-2023", altered)["verified"]

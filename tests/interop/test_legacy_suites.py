"""@digitalbazaar's suites with a JWS, and @auth0's COSE, against ours, both ways.

Ours are made by the tests, for the service verifies all three and makes none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import KeyType, decode_multikey, encode_base58btc, encode_base64url
from credserv.ground.errors import InvalidSignatureError, ProofError
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.cose import parse_cose
from credserv.proof.tokens.cose_issue import sign_cose
from credserv.proof.tokens.jws import algorithm_of
from credserv.proof.tokens.token import Kind
from tests.testkit.cose import ALGORITHMS
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.proofs import OB3, V2, issuer, pinned_contexts, replaced, verify
from tests.testkit.suites import SuiteIssuer, suite_issuers
from tests.testkit.tokens import TokenIssuer, circumstances, token_issuer

SEED = 29
CONTEXTS = {
    "Ed25519Signature2018": "https://w3id.org/security/suites/ed25519-2018/v1",
    "JsonWebSignature2020": "https://w3id.org/security/suites/jws-2020/v1",
}
CREATED, NOW = "2026-03-14T09:00:00Z", "2026-03-14T10:00:00Z"
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("name",), "Mentor practitioner"),
    (("credentialSubject", "result", 0, "value"), "88"),
    (("proof", "created"), "2026-03-14T09:00:01Z"),
]
every = pytest.mark.parametrize(
    "by", [by for by in suite_issuers(SEED) if by.identifier in CONTEXTS], ids=str
)
# The peer's COSE has no ES256K.
every_key = pytest.mark.parametrize(
    "key_type", [kind for kind in KeyType if kind is not KeyType.SECP256K1], ids=lambda kind: kind.name
)


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("legacy.mjs") as running:
        yield running


def raw_key(by: SuiteIssuer | TokenIssuer) -> tuple[KeyType, bytes]:
    return decode_multikey(by.signer.public_key_multibase)


def secret_number(key_type: KeyType, number: int) -> str:
    return encode_base64url(number.to_bytes(key_type.public_bytes - 1, "big"))


def key_of(by: SuiteIssuer) -> dict[str, Any]:
    """Its method, with the secret, as the peer of its suite has them."""
    method = {"id": by.method, "controller": by.did}
    key_type, public = raw_key(by)
    if by.identifier == "Ed25519Signature2018":
        secret = issuer(SEED).key.private_bytes_raw() + public
        return method | {
            "@context": CONTEXTS[by.identifier],
            "type": "Ed25519VerificationKey2018",
            "publicKeyBase58": encode_base58btc(public)[1:],
            "privateKeyBase58": encode_base58btc(secret)[1:],
        }
    jwk = build_jwk(key_type, public)
    if key_type is KeyType.ED25519:
        number = encode_base64url(issuer(SEED).key.private_bytes_raw())
    else:
        number = secret_number(key_type, SEED)
    method["@context"] = CONTEXTS[by.identifier]
    return method | {"type": "JsonWebKey2020", "publicKeyJwk": jwk, "privateKeyJwk": jwk | {"d": number}}


def public_of(by: SuiteIssuer) -> dict[str, Any]:
    return {name: value for name, value in key_of(by).items() if not name.startswith("private")}


def documents(by: SuiteIssuer) -> dict[str, Any]:
    pinned = pinned_contexts()
    known = {url: pinned.document(url) for url in pinned.urls}
    return known | {by.did: did_key_document(by.did), by.method: public_of(by)}


def unsigned(by: SuiteIssuer) -> dict[str, Any]:
    document = by.badge(**{"@context": [V2, OB3, CONTEXTS[by.identifier]]})
    del document["credentialStatus"]
    return document


def they_verify(peer: NodePeer, by: SuiteIssuer, credential: dict[str, Any]) -> Any:
    return peer.ask(
        "verify",
        suite=by.identifier,
        alg=algorithm_of(by.signer),
        method=public_of(by),
        credential=credential,
        documents=documents(by),
        now=NOW,
    )


@every
def test_they_verify_ours_and_refuse_altered_copies(peer: NodePeer, by: SuiteIssuer) -> None:
    signed = by.sign(unsigned(by))
    assert they_verify(peer, by, signed) == {"verified": True, "errors": []}
    for path, value in CHANGES:
        assert not they_verify(peer, by, replaced(signed, path, value))["verified"]


@every
def test_we_verify_theirs_and_refuse_altered_copies(peer: NodePeer, by: SuiteIssuer) -> None:
    signed = peer.ask(
        "sign",
        suite=by.identifier,
        alg=algorithm_of(by.signer),
        key=key_of(by),
        credential=unsigned(by),
        documents=documents(by),
        created=CREATED,
    )
    (proof,) = verify(signed)
    assert (proof.cryptosuite, proof.verification_method) == (by.identifier, by.method)
    for path, value in CHANGES:
        with pytest.raises(InvalidSignatureError):
            verify(replaced(signed, path, value))


# --- COSE ---------------------------------------------------------------------------------------------


def secret_jwk(by: TokenIssuer, seed: int = 1) -> dict[str, str]:
    key_type, public = raw_key(by)
    if key_type is KeyType.ED25519:
        number = encode_base64url(bytes([seed]) * 32)
    else:
        number = secret_number(key_type, seed + 1_000)
        assert ec.derive_private_key(seed + 1_000, CURVES[key_type])
    return build_jwk(key_type, public) | {"d": number}


@every_key
def test_found_s5_they_verify_our_cose(peer: NodePeer, key_type: KeyType) -> None:
    by = token_issuer(key_type)
    signed = sign_cose(by.badge(), signer=by.signer, verification_method=by.method)
    found = peer.ask("verifyCose", jwk=by.jwk, cose=base64.b64encode(signed).decode())
    assert json.loads(found["payload"]) == by.badge()
    assert [16, "application/vc+cose"] in found["protected"]
    spoilt = signed[:-1] + bytes([signed[-1] ^ 1])
    assert peer.ask("verifyCose", jwk=by.jwk, cose=base64.b64encode(spoilt).decode()) is None


@every_key
def test_we_verify_their_cose(peer: NodePeer, key_type: KeyType) -> None:
    by = token_issuer(key_type)
    labels = [[1, ALGORITHMS[by.algorithm]], [3, "application/vc"], [16, "application/vc+cose"]]
    text = peer.ask(
        "signCose",
        jwk=secret_jwk(by),
        protected=labels,
        payload=json.dumps(by.badge()),
        kid=by.method,
    )
    data = base64.b64decode(text)
    token = parse_cose(data, Kind.CREDENTIAL)
    assert token.document == by.badge()
    assert token.verify(by.did, circumstances()) == by.method
    for place in (len(data) - 1, len(data) // 2):
        spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ProofError):
            parse_cose(spoilt, Kind.CREDENTIAL).verify(by.did, circumstances())

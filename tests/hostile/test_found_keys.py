"""Row H1 of found.md, of keys: what cannot be read or looked for here is never called false."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import (
    decode_multikey,
    encode_base58btc,
    encode_base64url,
)
from credserv.ground.verification import Check, Outcome
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier

ALICE, TOKENS = issuer(1), token_issuer()
KEY = ALICE.signer.public_key_multibase
RAW = decode_multikey(KEY)[1]
WEB = "did:web:issuer.example"
URL = "https://issuer.example/.well-known/did.json"
FULL, SHORT = encode_base64url(bytes([1]) * 32), encode_base64url(bytes([1]) * 31)
PADDED, LONG = encode_base64url(b"\0" + b"\xff" * 256), encode_base64url(b"\xff" * 1_024)
# Of the table of multicodecs: kinds of public keys that are not read here, with their lengths.
OTHER_KINDS = {
    "x25519": (b"\xec\x01", 32),
    "bls12_381-g1": (b"\xea\x01", 48),
    "bls12_381-g2": (b"\xeb\x01", 96),
    "sr25519": (b"\xef\x01", 32),
    "ed448": (b"\x83\x24", 57),
    "rsa": (b"\x85\x24", 270),
    "sm2": (b"\x86\x24", 33),
    "ml-dsa-44": (b"\x90\x24", 1_312),
    "jwk_jcs": (b"\xd1\xd6\x03", 100),
}


def proof_of(secured: Any, hosts: Hosts) -> Check:
    result = verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result
    made = result.check("proof")
    assert made is not None
    return made


def both(did: str, method: str, hosts: Hosts, **header: Any) -> list[tuple[Outcome, str]]:
    """What a good signature comes to under a method of this name: in the document, and around it."""
    document = badge(ALICE, issuer=did)
    del document["credentialStatus"]
    signed = document | {"proof": ALICE.prove(document, verificationMethod=method)}
    token = TOKENS.forge(TOKENS.header(kid=method, **header), TOKENS.badge(issuer=did))
    return [(made.outcome, made.code) for made in (proof_of(signed, hosts), proof_of(token, hosts))]


def by_web(entry: dict[str, Any], did: str = WEB, url: str = URL) -> list[tuple[Outcome, str]]:
    method = {"id": f"{did}#key-1", "controller": did} | entry
    document = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    return both(did, f"{did}#key-1", Hosts({url: document}))


NOT_KNOWN = [(Outcome.UNKNOWN, "unsupported-proof")] * 2


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_found_h1_a_did_key_of_a_kind_that_is_not_read(kind: str) -> None:
    prefix, length = OTHER_KINDS[kind]
    multibase = encode_base58btc(prefix + b"\x11" * length)
    did = f"did:key:{multibase}"
    assert both(did, f"{did}#{multibase}", Hosts()) == NOT_KNOWN
    assert by_web({"type": "Multikey", "publicKeyMultibase": multibase}) == NOT_KNOWN


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "Ed25519VerificationKey2018", "publicKeyMultibase": KEY},
        {"type": "Ed25519VerificationKey2020", "publicKeyJwk": TOKENS.jwk},
        {"type": "Ed25519VerificationKey2020", "publicKeyBase58": encode_base58btc(RAW)[1:]},
        {"type": "EcdsaSecp256k1RecoveryMethod2020", "blockchainAccountId": "eip155:1:0xab"},
        {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyBase58": "25Es"},
        {"type": "RsaVerificationKey2018", "publicKeyPem": "-----BEGIN PUBLIC KEY-----"},
        {"type": "Bls12381G2Key2020", "publicKeyBase58": "25Es"},
        {"type": "JsonWebKey", "publicKeyMultibase": KEY},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "OKP", "crv": "Bls12381G2", "x": "AAAA"}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "OKP", "crv": "Ed448", "x": "AAAA"}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "EC", "crv": "P-256K", "x": "AA", "y": "AA"}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": SHORT, "y": FULL}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "RSA", "n": PADDED, "e": "AQAB"}},
        {"type": "JsonWebKey", "publicKeyJwk": {"kty": "RSA", "n": LONG, "e": "AQAB"}},
        {"type": "Multikey", "publicKeyMultibase": f"u{encode_base64url(bytes([0xED, 1]) + RAW)}"},
        {"type": "SomethingNew2031", "publicKeyMultibase": KEY},
    ],
    ids=lambda entry: "-".join([entry["type"], *map(str, list(entry)[1:])]),
)
def test_found_h1_a_method_of_a_kind_that_is_not_read(entry: dict[str, Any]) -> None:
    assert by_web(entry) == NOT_KNOWN


def test_found_h1_a_method_that_is_listed_as_before_did_core() -> None:
    method = {"id": f"{WEB}#key-1", "type": "Multikey", "controller": WEB, "publicKeyMultibase": KEY}
    document = {"id": WEB, "publicKey": [method], "assertionMethod": [method["id"]]}
    assert both(WEB, f"{WEB}#key-1", Hosts({URL: document})) == NOT_KNOWN
    assert both(WEB, f"{WEB}#key-2", Hosts({URL: document}))[0][0] is Outcome.FAILED


@pytest.mark.parametrize("controller", [None, ""])
def test_found_h1_a_method_that_does_not_say_who_controls_it(controller: str | None) -> None:
    entry = {"type": "Multikey", "publicKeyMultibase": KEY, "controller": controller}
    assert by_web(entry) == NOT_KNOWN


def test_found_h1_a_key_that_no_kid_names_may_be_the_one_that_is_not_read() -> None:
    entry = {"id": "#a", "type": "SomethingNew2031", "controller": WEB, "publicKeyMultibase": KEY}
    document = {"id": WEB, "verificationMethod": [entry], "assertionMethod": ["#a"]}
    token = TOKENS.forge(TOKENS.header(kid=None, iss=WEB), TOKENS.badge(issuer=WEB))
    assert proof_of(token, Hosts({URL: document})).outcome is Outcome.UNKNOWN
    document["assertionMethod"] = []
    assert proof_of(token, Hosts({URL: document})).outcome is Outcome.FAILED


@pytest.mark.parametrize("kid", [None, WEB])
def test_found_h1_beside_keys_that_did_not_sign_another_may_be_the_signers(kid: str | None) -> None:
    """A token is false only if every key that it may mean could be read."""
    other = token_issuer(seed=9)
    listed = [
        {"id": "#a", "type": "JsonWebKey", "controller": WEB, "publicKeyJwk": other.jwk},
        {"id": "#b", "type": "SomethingNew2031", "controller": WEB, "publicKeyMultibase": KEY},
    ]
    document = {"id": WEB, "verificationMethod": listed, "assertionMethod": ["#a", "#b"]}
    claims = TOKENS.badge(issuer=WEB)
    token = TOKENS.forge(TOKENS.header(kid=kid, iss=WEB), claims)
    assert proof_of(token, Hosts({URL: document})).code == "unsupported-proof"
    assert proof_of(other.forge(other.header(kid=kid, iss=WEB), claims), Hosts({URL: document})).code == ""
    named = TOKENS.forge(TOKENS.header(kid=f"{WEB}#a"), claims)
    assert proof_of(named, Hosts({URL: document})).code == "invalid-signature"
    document["assertionMethod"] = ["#a"]
    assert proof_of(token, Hosts({URL: document})).code == "invalid-signature"


@pytest.mark.parametrize(
    "name",
    [
        "issuer.example%3A8443",
        "issuer.example%3a8443",
        "issuer.example:a%20b",
        "Issuer.example",
        "localhost",
        "issuer_x.example",
        "b\u00fccher.example",
    ],
)
def test_found_h1_a_did_web_that_is_not_looked_up(name: str) -> None:
    hosts = Hosts()
    assert both(f"did:web:{name}", f"did:web:{name}#key-1", hosts) == NOT_KNOWN
    assert hosts.asked == []


@pytest.mark.parametrize(
    "name", ["10.0.0.1", "issuer.example:..:x", "issuer.example::a", "issuer.example:.%2e"]
)
def test_attack_55_a_did_web_that_is_none(name: str) -> None:
    found = both(f"did:web:{name}", f"did:web:{name}#key-1", Hosts())
    assert found == [(Outcome.FAILED, "verification-method")] * 2


@pytest.mark.parametrize("way", ["..", "%2e%2e", ".%2E", "%252e%252e", "..%2f", "x\\..\\..", "."])
def test_attack_55_an_issuer_on_the_web_that_is_reached_by_a_path_of_dots(way: str) -> None:
    """What looks like the registrar's address is served out of a student's folder of the same host."""
    name = f"https://university.example/registrar/{way}/~student/issuer"
    method = {"id": f"{name}#a", "type": "JsonWebKey", "controller": name, "publicKeyJwk": TOKENS.jwk}
    listing = {"id": name, "verificationMethod": [method], "assertionMethod": [f"{name}#a"]}
    metadata = {"issuer": name, "jwks": {"keys": [TOKENS.jwk]}}
    well_known = f"https://university.example/.well-known/jwt-vc-issuer/registrar/{way}/~student/issuer"
    hosts = Hosts({name: listing, well_known: metadata})
    made = proof_of(TOKENS.forge(TOKENS.header(kid=None), TOKENS.badge(issuer=name)), hosts)
    token = TOKENS.forge(TOKENS.header(kid=None, typ="dc+sd-jwt"), {"iss": name, "vct": "urn:v"}) + "~"
    for found in (made, proof_of(token, hosts)):
        assert (found.outcome, found.code) != (Outcome.PASSED, "")
        assert found.outcome is Outcome.FAILED
    assert hosts.asked == []


@pytest.mark.parametrize(
    "page", [b"<!doctype html>", b"[1]", b"\xff\xfe{}", b"", b"{}", b'{"error": "none"}']
)
def test_found_h1_a_page_in_the_place_of_a_did_document(page: bytes) -> None:
    assert both(WEB, f"{WEB}#key-1", Hosts({URL: page})) == [(Outcome.UNKNOWN, "unavailable")] * 2


@pytest.mark.parametrize("name", [ALICE.did, "https://issuer.example/keys/3", "urn:uuid:9a0e"])
def test_found_h1_a_key_that_is_named_without_a_fragment(name: str) -> None:
    document = badge(ALICE)
    made = proof_of(document | {"proof": ALICE.prove(document, verificationMethod=name)}, Hosts())
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "unsupported-proof")
    assert name in made.reason


def test_found_h1_a_did_key_that_is_longer_than_is_read() -> None:
    did = "did:key:" + encode_base58btc(b"\x91\x24" + b"\x11" * 1_952)
    method = f"{did}#{did[8:]}"
    assert both(did, method, Hosts()) == NOT_KNOWN

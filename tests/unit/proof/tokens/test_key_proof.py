"""Proofs that a wallet has a key, for a credential (OpenID4VCI) and for a request (DPoP)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, encode_base64url, encode_multikey
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    ProofTimeError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.keys.did_jwk import did_jwk
from credserv.proof.keys.did_keys import public_jwk
from credserv.proof.keys.jwk import thumbprint
from credserv.proof.tokens.dpop import DpopProof, read_dpop
from credserv.proof.tokens.key_proof import KeyProof, read_key_proof
from tests.testkit.proofs import NOW
from tests.testkit.tokens import token_issuer

WALLET = token_issuer(KeyType.P256, seed=5)
ISSUER, URL, TOKEN = "https://issuer.example", "https://issuer.example/token", "access-token"
SECONDS = int(NOW.timestamp())
CLAIMS = {"aud": ISSUER, "iat": SECONDS, "nonce": "n-1"}
REQUEST = {"htm": "POST", "htu": URL, "iat": SECONDS, "jti": "j-1"}
DID = did_jwk(WALLET.jwk)


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def proof(header: dict[str, Any] | None = None, by: Any = WALLET, **claims: Any) -> KeyProof:
    usual = {"alg": by.algorithm, "typ": "openid4vci-proof+jwt", "jwk": by.jwk}
    token = by.forge(without_none(usual | (header or {})), without_none(CLAIMS | claims))
    return read_key_proof(token, audience=ISSUER, now=NOW, clock_skew_seconds=60)


def test_the_key_is_named_by_itself_or_by_a_did_that_is_it() -> None:
    assert proof() == KeyProof(DID, "n-1")
    assert proof({"jwk": WALLET.jwk | {"kid": "mine", "use": "sig"}}).did == DID  # one key has one DID
    assert proof({"jwk": None, "kid": f"{DID}#0"}).did == DID
    assert proof({"jwk": None, "kid": WALLET.method}).did == WALLET.did
    ed25519 = token_issuer()
    assert proof(by=ed25519).did == did_jwk(ed25519.jwk)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"kid": WALLET.method}, MalformedProofError),
        ({"jwk": None}, MalformedProofError),
        ({"jwk": None, "kid": f"{DID}#1"}, MalformedProofError),
        ({"jwk": None, "kid": DID}, MalformedProofError),
        ({"jwk": None, "kid": WALLET.did}, MalformedProofError),
        ({"jwk": None, "kid": f"{WALLET.did}#key-1"}, MalformedProofError),
        ({"jwk": None, "kid": "#"}, InputError),
        ({"jwk": None, "kid": "did:web:wallet.example#did:web:wallet.example"}, InputError),
        ({"jwk": token_issuer(KeyType.P256, seed=6).jwk}, InvalidSignatureError),
        ({"jwk": None, "kid": token_issuer(KeyType.P256, seed=6).method}, InvalidSignatureError),
        ({"jwk": 7}, VerificationMethodError),
        ({"x5c": []}, UnsupportedProofError),
        ({"jwk": None, "x5c": ["MIIB"]}, UnsupportedProofError),
        ({"typ": "JWT"}, MalformedProofError),
    ],
)
def test_a_key_is_named_once_and_signed_it(header: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        proof(header)


@pytest.mark.parametrize(
    ("claims", "error", "why"),
    [
        ({"aud": "https://other.example"}, MalformedProofError, "aud is not the issuer"),
        ({"aud": [ISSUER]}, MalformedProofError, "aud is not the issuer"),
        ({"aud": None}, MalformedProofError, "aud is not the issuer"),
        ({"iat": None}, MalformedProofError, "iat is missing"),
        ({"iat": SECONDS + 61.0}, ProofTimeError, "last five minutes"),
        ({"iat": SECONDS - 361}, ProofTimeError, "last five minutes"),
        ({"exp": SECONDS}, ProofTimeError, "expired"),
        ({"nbf": SECONDS + 61}, ProofTimeError, "begins"),
        ({"nonce": None}, MalformedProofError, "ask the nonce endpoint"),
        ({"nonce": 7}, MalformedProofError, "ask the nonce endpoint"),
    ],
)
def test_it_was_made_for_this_issuer_lately(claims: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        proof(**claims)


@pytest.mark.parametrize("seconds", [60, 0, -360])
def test_five_minutes_and_the_skew_of_clocks_count_in_full(seconds: int) -> None:
    assert proof(iat=SECONDS + seconds).nonce == "n-1"
    assert dpop(iat=SECONDS + seconds).id == "j-1"


def test_proofs_that_are_too_long_are_not_read() -> None:
    for read, bound in ((proof, 16_384), (dpop, 8_192)):
        read(x="a" * (bound * 3 // 4 - 700))
        with pytest.raises(MalformedProofError, match="is shorter than that"):
            read(x="a" * (bound * 3 // 4))


def dpop(header: dict[str, Any] | None = None, access_token: str | None = None, **claims: Any) -> DpopProof:
    usual = {"alg": WALLET.algorithm, "typ": "dpop+jwt", "jwk": WALLET.jwk}
    token = WALLET.forge(without_none(usual | (header or {})), without_none(REQUEST | claims))
    return read_dpop(token, method="POST", url=URL, now=NOW, clock_skew_seconds=60, access_token=access_token)


def test_a_request_is_bound_to_a_key_and_to_its_token() -> None:
    assert dpop() == DpopProof(thumbprint(WALLET.jwk), "j-1")
    ath = encode_base64url(hashlib.sha256(TOKEN.encode()).digest())
    assert dpop(access_token=TOKEN, ath=ath).id == "j-1"
    assert dpop(jti="j" * 256).id == "j" * 256
    for wrong in (None, "other", 7):
        with pytest.raises(MalformedProofError, match="another access token"):
            dpop(access_token=TOKEN, ath=wrong)


@pytest.mark.parametrize(
    ("header", "claims", "error", "why"),
    [
        ({}, {"htm": "GET"}, MalformedProofError, "another request"),
        ({}, {"htu": URL + "/other"}, MalformedProofError, "another request"),
        ({}, {"htm": None}, MalformedProofError, "another request"),
        ({}, {"iat": None}, MalformedProofError, "iat is missing"),
        ({}, {"jti": None}, MalformedProofError, "jti is missing"),
        ({}, {"jti": 7}, MalformedProofError, "jti is missing"),
        ({}, {"jti": ""}, MalformedProofError, "jti is missing"),
        ({}, {"jti": "j" * 257}, MalformedProofError, "or too long"),
        ({"jwk": token_issuer(KeyType.P256, seed=6).jwk}, {}, InvalidSignatureError, "does not fit"),
        ({"jwk": None}, {}, VerificationMethodError, "is an object with a kty"),
        ({"typ": "JWT"}, {}, MalformedProofError, "typ"),
    ],
)
def test_a_request_of_another_form_is_refused(
    header: dict[str, Any], claims: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        dpop(header, **claims)


def test_the_key_of_a_did_has_the_members_that_make_it_alone() -> None:
    rsa = {"kty": "RSA", "n": encode_base64url(b"\xc5" + b"\x01" * 255), "e": "AQAB"}
    for jwk in (WALLET.jwk, token_issuer().jwk, rsa):
        assert public_jwk(did_jwk(jwk | {"use": "sig", "kid": "mine"})) == jwk
    assert public_jwk(WALLET.did) == WALLET.jwk
    for did, why in (
        ("did:web:wallet.example", "did:key or did:jwk"),
        ("did:jwk:" + encode_base64url(b'{"kty": "oct", "k": "AAAA"}'), "not a key that can sign"),
        ("did:key:" + encode_multikey(KeyType.P256, b"\2" + b"\xff" * 32), "not a key that can sign"),
    ):
        with pytest.raises(InputError, match=why):
            public_jwk(did)

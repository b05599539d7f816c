"""JSON Web Keys: one key, one spelling; nothing private, weak or meant for something else."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwa import RSAAlgorithm, RSAPSSAlgorithm
from joserfc.jwk import ECKey, OKPKey, RSAKey

from credserv.ground.encoding import KeyType, decode_base64url, encode_base64url
from credserv.ground.errors import (
    InvalidSignatureError,
    MalformedProofError,
    UnsupportedKeyError,
    VerificationMethodError,
)
from credserv.proof.keys.jwk import _MAX_RSA_BYTES, build_jwk, read_jwk, thumbprint

ED25519 = OKPKey.generate_key("Ed25519").as_dict(private=False)
P256 = ECKey.generate_key("P-256").as_dict(private=False)
RSA = RSAKey.generate_key(2048).as_dict(private=False)
# RFC 7638, section 3.1, and RFC 8037, appendix A.3
RFC8037 = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_a_point_read_and_written_is_the_same_key(curve: str) -> None:
    for _ in range(8):  # both parities
        jwk: Any = ECKey.generate_key(curve).as_dict(private=False)
        key = read_jwk(jwk)
        assert key.key_type is not None
        written = build_jwk(key.key_type, key.public_key)
        assert written == {name: jwk[name] for name in ("kty", "crv", "x", "y")}
        assert thumbprint(written) == ECKey.import_key(jwk).thumbprint()


def test_an_ed25519_key_has_the_thumbprint_of_rfc_8037() -> None:
    key = read_jwk(RFC8037)
    assert (key.algorithms, key.key_type) == (frozenset({"EdDSA", "Ed25519"}), KeyType.ED25519)
    assert build_jwk(KeyType.ED25519, key.public_key) == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": RFC8037["x"],
    }
    assert thumbprint(RFC8037) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_an_rsa_key_verifies_with_sha256_alone_and_as_its_alg_says() -> None:
    private = RSAKey.generate_key(2048)
    key = read_jwk(private.as_dict(private=False))
    assert key.algorithms == {"RS256", "PS256"}
    signature = RSAAlgorithm(256).sign(b"data", private)
    key.verify("RS256", signature, b"data")
    key.verify("PS256", RSAPSSAlgorithm(256).sign(b"data", private), b"data")
    with pytest.raises(InvalidSignatureError):
        key.verify("RS256", signature, b"Data")
    with pytest.raises(InvalidSignatureError):
        key.verify("PS256", signature, b"data")
    for other in (RSAAlgorithm(512), RSAPSSAlgorithm(512)):
        with pytest.raises(InvalidSignatureError):
            key.verify("RS256", other.sign(b"data", private), b"data")
        with pytest.raises(InvalidSignatureError):
            key.verify("PS256", other.sign(b"data", private), b"data")
    own = read_jwk({**private.as_dict(private=False), "alg": "PS256"})
    with pytest.raises(MalformedProofError):
        own.verify("RS256", signature, b"data")
    assert own != key


def weak(bits: int) -> dict[str, Any]:
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers()
    return {"kty": "RSA", "n": encode_base64url(numbers.n.to_bytes(bits // 8, "big")), "e": "AQAB"}


def off_curve() -> dict[str, Any]:
    other = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return dict(P256) | {"y": encode_base64url(other.y.to_bytes(32, "big"))}


REFUSED: dict[str, object] = {
    "no object": json.dumps(ED25519),
    "kty missing": {"crv": "Ed25519", "x": ED25519["x"]},
    "kty of another type": dict(ED25519) | {"kty": ["OKP"]},
    "symmetric": {"kty": "oct", "k": "c2VjcmV0"},
    "private part": OKPKey.generate_key("Ed25519").as_dict(private=True),
    "another curve": dict(ED25519) | {"crv": "Ed448"},
    "a curve of another type of keys": dict(P256) | {"kty": "OKP"},
    "curve of another type": dict(P256) | {"crv": {}},
    "x too short": dict(ED25519) | {"x": encode_base64url(b"\1" * 31)},
    "x padded": dict(ED25519) | {"x": str(ED25519["x"]) + "="},
    "x a number": dict(ED25519) | {"x": 5},
    "a point of small order": {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(bytes(32))},
    "off its curve": off_curve(),
    "leading zero": dict(P256) | {"x": encode_base64url(b"\0" + decode_base64url(str(P256["x"])))},
    "for encryption": dict(P256) | {"use": "enc"},
    "for another algorithm": dict(P256) | {"alg": "ES384"},
    "only for signing": dict(P256) | {"key_ops": ["sign"]},
    "key_ops no list": dict(P256) | {"key_ops": "verify"},
    "rsa of 1,024 bits": weak(1_024),
    "rsa with a leading zero": dict(RSA) | {"e": encode_base64url(b"\0\1\0\1")},
    "rsa with a large exponent": dict(RSA) | {"e": encode_base64url(b"\1\0\0\0\1")},
    "rsa with an even exponent": dict(RSA) | {"e": encode_base64url(b"\2")},
    "rsa of a megabyte": dict(RSA) | {"n": "a" * 1_000_000},
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(VerificationMethodError):
        read_jwk(REFUSED[name])


def test_an_rsa_key_has_at_most_so_many_bytes() -> None:
    for length, is_read in ((_MAX_RSA_BYTES, True), (_MAX_RSA_BYTES + 1, False)):
        jwk = dict(RSA) | {"n": encode_base64url(b"\xff" * length)}
        with nullcontext() if is_read else pytest.raises(VerificationMethodError):
            read_jwk(jwk)


def test_members_that_fit_are_welcome() -> None:
    jwk = dict(P256) | {"kid": "1", "use": "sig", "alg": "ES256", "key_ops": ["verify"]}
    assert read_jwk(jwk) == read_jwk(P256)


def test_what_is_left_of_a_private_key_proves_nothing_and_is_not_false() -> None:
    """Its operations are those of the private part, which was taken out before it was published."""
    with pytest.raises(UnsupportedKeyError, match="meant for signing"):
        read_jwk(dict(P256) | {"key_ops": ["sign"]})
    for padded in ("x", "y"):
        with pytest.raises(UnsupportedKeyError, match="cannot be read"):
            read_jwk(dict(P256) | {padded: f"{P256[padded]}="})
    for operations in (["encrypt"], [], "verify", [{}]):
        with pytest.raises(VerificationMethodError) as told:
            read_jwk(dict(P256) | {"key_ops": operations})
        assert not isinstance(told.value, UnsupportedKeyError)

"""The key of a verification method in each spelling, and the entries in which it is looked for."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import KeyType, decode_multikey, encode_base58btc, encode_multikey
from credserv.ground.errors import InvalidSignatureError, UnsupportedKeyError, VerificationMethodError
from credserv.proof.keys.method_key import read_key
from credserv.proof.keys.public_key import CURVES, verify_signature
from credserv.proof.keys.verification_method import (
    did_key,
    did_key_document,
    find_entry,
    find_method,
    list_entries,
)
from tests.testkit.suites import signer_of
from tests.testkit.tokens import rsa_signer, token_issuer

BY, P256, OTHER = token_issuer(), token_issuer(KeyType.P256), token_issuer(seed=2)
MULTIBASE = BY.signer.public_key_multibase
RAW = decode_multikey(MULTIBASE)[1]
BASE58 = encode_base58btc(RAW).removeprefix("z")
SHORT = encode_base58btc(KeyType.ED25519.prefix + bytes(31))
STRANGE = encode_base58btc(b"\x85\x24" + bytes(32))  # of RSA
BITCOIN = ec.derive_private_key(7, CURVES[KeyType.SECP256K1]).public_key()
OLD = {"type": "Ed25519VerificationKey2018"}
POINTS = [
    BITCOIN.public_bytes(Encoding.X962, form).hex()
    for form in (PublicFormat.CompressedPoint, PublicFormat.UncompressedPoint)
]


def test_one_key_has_several_spellings() -> None:
    for entry in (
        {"type": "Multikey", "publicKeyMultibase": MULTIBASE},
        {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": MULTIBASE},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": BASE58},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": RAW.hex()},
        {"type": "Ed25519VerificationKey2018", "publicKeyJwk": BY.jwk},
        {"type": "JsonWebKey", "publicKeyJwk": BY.jwk | {"kid": None}},
        {"type": "JsonWebKey2020", "publicKeyJwk": BY.jwk},
        {"type": "JsonWebKey", "publicKeyJwk": BY.jwk, "publicKeyMultibase": MULTIBASE},
    ):
        key = read_key(entry)
        assert (key.key_type, key.public_key) == (KeyType.ED25519, RAW)
    for point in (*POINTS, POINTS[1].upper()):
        key = read_key({"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyHex": point})
        assert (key.key_type, key.public_key) == (KeyType.SECP256K1, bytes.fromhex(POINTS[0]))
    curve = read_key({"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyJwk": P256.jwk})
    assert curve.key_type is KeyType.P256


@pytest.mark.parametrize(
    ("entry", "error", "why"),
    [
        ({"type": "RsaVerificationKey2018", "publicKeyPem": "x"}, UnsupportedKeyError, "we do not know"),
        ({"publicKeyMultibase": MULTIBASE}, VerificationMethodError, "we do not know"),
        ({"type": "", "publicKeyMultibase": MULTIBASE}, VerificationMethodError, "we do not know"),
        ({"type": ["Multikey"], "publicKeyMultibase": MULTIBASE}, UnsupportedKeyError, "we do not know"),
        ({"type": "Multikey"}, UnsupportedKeyError, "we do not know"),
        ({"type": "Multikey", "publicKeyJwk": BY.jwk}, UnsupportedKeyError, "we do not know"),
        (
            {"type": "JsonWebKey", "publicKeyJwk": OTHER.jwk, "publicKeyMultibase": MULTIBASE},
            VerificationMethodError,
            "with two keys",
        ),
        (
            {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": P256.signer.public_key_multibase},
            VerificationMethodError,
            "with a key of another kind",
        ),
        (
            {"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyJwk": BY.jwk},
            VerificationMethodError,
            "with a key of another kind",
        ),
        ({"type": "Multikey", "publicKeyMultibase": SHORT}, VerificationMethodError, "not a public key"),
        ({"type": "Multikey", "publicKeyMultibase": STRANGE}, UnsupportedKeyError, "of a kind"),
        ({"type": "Multikey", "publicKeyMultibase": 7}, VerificationMethodError, "not a public key"),
        (
            {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "0OIl"},
            VerificationMethodError,
            "not a public key",
        ),
        (OLD | {"publicKeyBase58": 7}, VerificationMethodError, "not a public key"),
        (OLD | {"publicKeyHex": "xy" * 32}, VerificationMethodError, "digits"),
        (OLD | {"publicKeyHex": 7}, VerificationMethodError, "digits"),
        (OLD | {"publicKeyHex": POINTS[0]}, VerificationMethodError, "another"),
        ({"type": "JsonWebKey", "publicKeyJwk": "x"}, VerificationMethodError, "JSON Web Key"),
    ],
)
def test_what_is_no_key_of_its_kind(entry: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(VerificationMethodError, match=why) as told:
        read_key(entry)
    assert type(told.value) is error


def test_a_did_key_that_is_none_is_looked_for_in_the_document_alone() -> None:
    did = did_key(MULTIBASE)
    method = f"{did}#{MULTIBASE}"
    assert find_method(did_key_document(did), method, purpose="assertionMethod").key.public_key == RAW
    with pytest.raises(VerificationMethodError):
        find_method({"id": "did:key:zz"}, "did:key:zz#zz", purpose="assertionMethod")


def test_the_entries_of_a_document_are_a_list_that_is_not_too_long() -> None:
    entries = [{"id": f"#k{number}"} for number in range(101)]
    assert len(list_entries({"id": "did:a", "verificationMethod": entries[:100]}, purpose="x")) == 100
    with pytest.raises(UnsupportedKeyError, match="more than 100"):
        list_entries({"id": "did:a", "verificationMethod": entries}, purpose="x")
    for spoiled in ({"verificationMethod": 7}, {"x": True}):
        with pytest.raises(VerificationMethodError, match="is no list"):
            list_entries({"id": "did:a"} | spoiled, purpose="x")
    alone = {"id": "did:a", "verificationMethod": {"id": "#k", "controller": "did:a"}, "x": "did:a#k"}
    assert list_entries(alone, purpose="x").keys() == {"did:a#k"}
    assert find_entry(alone, "did:a#k", purpose="x")["controller"] == "did:a"
    named = list_entries({"id": "did:a", "x": [{"id": "#k"}, "text", {"id": 7}, {}]}, purpose="x")
    assert named == {"did:a#k": {"id": "#k"}}


def test_a_signature_by_ed25519_has_one_spelling() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    signature = signer_of(KeyType.ED25519, 3).sign(b"data")
    public = decode_multikey(signer_of(KeyType.ED25519, 3).public_key_multibase)[1]
    verify_signature(KeyType.ED25519, public, signature, b"data")
    for number in (order, int.from_bytes(signature[32:], "little") + order):
        other = signature[:32] + number.to_bytes(32, "little")
        with pytest.raises(InvalidSignatureError, match="canonical form"):
            verify_signature(KeyType.ED25519, public, other, b"data")


def test_a_key_of_rsa_is_neither_shown_nor_copied() -> None:
    signer = rsa_signer()
    assert repr(signer) == "<RsaSigner>"
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied or written"):
            act(signer)
    assert encode_multikey(KeyType.ED25519, RAW) == MULTIBASE

"""did:jwk, and JSON Web Keys as verification methods of any DID."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from credserv.ground.encoding import (
    KeyType,
    decode_multikey,
    encode_base58btc,
    encode_base64url,
    encode_multikey,
)
from credserv.ground.errors import CredservError, InputError, VerificationMethodError
from credserv.proof.keys import did_jwk as did_jwk_module
from credserv.proof.keys.did_jwk import did_jwk, did_jwk_document
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.verification_method import did_key, did_key_document, find_method
from tests.testkit.proofs import badge, issuer, verify

ISSUER = issuer()
JWK = build_jwk(KeyType.ED25519, ISSUER.key.public_key().public_bytes_raw())
# The first example of the method specification.
EXAMPLE = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi"
    "LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)
OWN_BASE58 = encode_base58btc(decode_multikey(ISSUER.signer.public_key_multibase)[1])[1:]
OWN_HEX = decode_multikey(ISSUER.signer.public_key_multibase)[1].hex()
# The base point of secp256k1 (SEC 2, section 2.4.1), uncompressed.
POINT = (
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
OTHER_JWK = ECKey.generate_key("P-256").as_dict(private=False)


def did_of(jwk: Any) -> str:
    return "did:jwk:" + encode_base64url(json.dumps(jwk).encode())


def test_the_example_of_the_specification() -> None:
    document = did_jwk_document(EXAMPLE)
    method = find_method(document, f"{EXAMPLE}#0", purpose="assertionMethod")
    assert (method.controller, method.key_type, len(method.public_key)) == (EXAMPLE, KeyType.P256, 33)
    jwk = document["verificationMethod"][0]["publicKeyJwk"]
    assert did_jwk(jwk) == EXAMPLE
    assert build_jwk(KeyType.P256, method.public_key) == jwk


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_every_curve(curve: str) -> None:
    did = did_of(ECKey.generate_key(curve).as_dict(private=False))
    method = find_method(did_jwk_document(did), f"{did}#0", purpose="authentication")
    assert method.key_type is not None
    assert method.key_type.name == curve.replace("-", "")


def test_a_credential_by_a_did_jwk_verifies() -> None:
    did = did_jwk(JWK)
    unsigned = badge(ISSUER, issuer={"id": did, "type": ["Profile"], "name": "Example Academy"})
    signed = unsigned | {"proof": ISSUER.prove(unsigned, verificationMethod=f"{did}#0")}
    (proof,) = verify(signed, resolve_did=did_jwk_document)
    assert proof.controller == did


@pytest.mark.parametrize(
    "did",
    [
        "did:jwk:",
        "did:jwk:!!",
        "did:jwk:" + encode_base64url(b"[]"),
        "did:jwk:" + encode_base64url(b'{"kty":"OKP","kty":"EC"}'),
        did_of(OKPKey.generate_key("Ed25519").as_dict(private=True)),
        did_of(OKPKey.generate_key("X25519").as_dict(private=False)),
        did_of({**JWK, "use": "enc"}),
        did_of({**JWK, "x": "A" * 43}),
        did_of(JWK) + "#0",
        did_of({**JWK, "padding": "x" * 4_000}),
        "did:key:z6Mk",
    ],
    ids=range(11),
)
def test_what_is_no_did_jwk_is_refused(did: str) -> None:
    with pytest.raises(CredservError) as caught:
        did_jwk_document(did)
    assert isinstance(caught.value, (InputError, VerificationMethodError))


def document_with(**entry: Any) -> dict[str, Any]:
    did = "did:web:badges.example"
    method = {"id": f"{did}#key-1", "controller": did} | entry
    return {"id": did, "verificationMethod": [method], "assertionMethod": ["#key-1"]}


def find(document: dict[str, Any], purpose: str = "assertionMethod") -> Any:
    return find_method(document, "did:web:badges.example#key-1", purpose=purpose)


@pytest.mark.parametrize("kind", ["JsonWebKey", "JsonWebKey2020"])
def test_a_json_web_key_is_the_same_key_as_its_multikey(kind: str) -> None:
    multikey = document_with(type="Multikey", publicKeyMultibase=ISSUER.signer.public_key_multibase)
    assert find(document_with(type=kind, publicKeyJwk=JWK)) == find(multikey)


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "JsonWebKey"},
        {"type": "JsonWebKey", "publicKeyJwk": {**JWK, "d": "AAAA"}},
        {"type": "JsonWebKey", "publicKeyMultibase": ISSUER.signer.public_key_multibase},
        {"type": "Multikey", "publicKeyJwk": JWK},
        {
            "type": "JsonWebKey",
            "publicKeyJwk": JWK,
            "publicKeyMultibase": issuer(9).signer.public_key_multibase,
        },
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": "x" * 64},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": OWN_HEX + "00"},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": POINT},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": [OWN_HEX]},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": f"{OWN_HEX[:2]} {OWN_HEX[2:]}"},
        {"type": "Ed25519VerificationKey2018", "publicKeyHex": OWN_HEX, "publicKeyJwk": OTHER_JWK},
        {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyHex": OWN_HEX},
        {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyHex": POINT[:-1] + "0"},
        {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyHex": "04" + "00" * 64},
        {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyJwk": OTHER_JWK},
        {"type": "Multikey", "publicKeyHex": OWN_HEX},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "x"},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": OWN_BASE58 + "1"},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "z" + OWN_BASE58},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": [OWN_BASE58]},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": OWN_BASE58, "publicKeyJwk": OTHER_JWK},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": OWN_BASE58, "publicKeyJwk": 7},
        {"type": "Ed25519VerificationKey2018", "publicKeyJwk": OTHER_JWK},
        {"type": "Ed25519VerificationKey2018", "publicKeyMultibase": ISSUER.signer.public_key_multibase},
        {"type": "Multikey", "publicKeyBase58": OWN_BASE58},
        {"type": ["Multikey"], "publicKeyMultibase": ISSUER.signer.public_key_multibase},
    ],
)
def test_attack_18_entries_whose_key_does_not_fit_their_kind(entry: dict[str, Any]) -> None:
    with pytest.raises(VerificationMethodError):
        find(document_with(**entry))


def test_an_rsa_key_is_read_and_has_no_kind_that_a_cryptosuite_goes_with() -> None:
    jwk = RSAKey.generate_key(2048).as_dict(private=False)
    method = find(document_with(type="JsonWebKey", publicKeyJwk=jwk))
    assert (method.key_type, method.key.algorithms) == (None, {"RS256", "PS256"})


def test_the_spellings_of_2018_are_the_same_key() -> None:
    kind = "Ed25519VerificationKey2018"
    multikey = find(document_with(type="Multikey", publicKeyMultibase=ISSUER.signer.public_key_multibase))
    assert find(document_with(type=kind, publicKeyBase58=OWN_BASE58)) == multikey
    assert find(document_with(type=kind, publicKeyJwk=JWK)) == multikey
    assert find(document_with(type=kind, publicKeyHex=OWN_HEX)) == multikey


def test_one_key_in_two_spellings_is_that_key() -> None:
    multibase = ISSUER.signer.public_key_multibase
    one = find(document_with(type="Multikey", publicKeyMultibase=multibase))
    assert find(document_with(type="JsonWebKey2020", publicKeyJwk=JWK, publicKeyMultibase=multibase)) == one
    kind = "Ed25519VerificationKey2018"
    assert find(document_with(type=kind, publicKeyHex=OWN_HEX, publicKeyBase58=OWN_BASE58)) == one
    stated = find(document_with(type="JsonWebKey", publicKeyJwk=JWK | {"alg": "EdDSA"}))
    assert stated.key.algorithms == {"EdDSA", "Ed25519"}


def test_a_point_on_secp256k1_in_hexadecimal_digits() -> None:
    kind = "EcdsaSecp256k1VerificationKey2019"
    compressed = ("03" if int(POINT[-1], 16) % 2 else "02") + POINT[2:66]
    found = [find(document_with(type=kind, publicKeyHex=text)) for text in (POINT, compressed, POINT.upper())]
    assert {method.key_type for method in found} == {KeyType.SECP256K1}
    assert {method.public_key.hex() for method in found} == {compressed}


def test_null_says_nothing() -> None:
    """As serializers write what an entry does not have."""
    nulls = {"expires": None, "revoked": None, "publicKeyBase58": None}
    jwk = JWK | {"alg": None, "use": None, "key_ops": None, "kid": None}
    plain = find(document_with(type="JsonWebKey", publicKeyJwk=JWK))
    assert find(document_with(type="JsonWebKey", publicKeyJwk=jwk, **nulls) | {"deactivated": None}) == plain


def test_an_entry_named_in_two_ways_is_one_entry() -> None:
    document = document_with(type="JsonWebKey", publicKeyJwk=JWK)
    (entry,) = document["verificationMethod"]
    relative = "#" + entry["id"].partition("#")[2]
    assert find(document | {"assertionMethod": [entry | {"id": relative}]}) == find(document)
    other = entry | {"id": relative, "publicKeyJwk": OTHER_JWK}
    with pytest.raises(VerificationMethodError, match="several meanings"):
        find(document | {"assertionMethod": [other]})


def test_attack_19_a_key_for_authentication_is_none_for_assertion() -> None:
    document = document_with(type="JsonWebKey", publicKeyJwk=JWK)
    document["authentication"] = document.pop("assertionMethod")
    assert find(document, "authentication").key_type is KeyType.ED25519
    with pytest.raises(VerificationMethodError, match="not listed"):
        find(document)


@pytest.mark.parametrize("curve", ["P-256", "P-384"])
def test_attack_21_points_off_the_curve_are_no_did_key(curve: str) -> None:
    key_type = {"P-256": KeyType.P256, "P-384": KeyType.P384}[curve]
    reasons = []
    for candidate in range(64):  # about half of all x belong to no point
        multibase = encode_multikey(key_type, b"\x02" + bytes([candidate]) * (key_type.public_bytes - 1))
        did = did_key(multibase)
        try:
            find_method(did_key_document(did), f"{did}#{multibase}", purpose="assertionMethod")
        except VerificationMethodError as error:
            reasons.append(error.detail)
    assert set(reasons) == {f"not a point on {key_type.name}"}
    assert 16 < len(reasons) < 48


@pytest.mark.parametrize("first", [0, 1, 4, 5, 6, 7])
def test_attack_21_points_in_another_form_are_refused(first: int) -> None:

    good = find_method(did_jwk_document(EXAMPLE), f"{EXAMPLE}#0", purpose="assertionMethod").public_key
    multibase = encode_multikey(KeyType.P256, bytes([first]) + good[1:])
    did = did_key(multibase)
    with pytest.raises(VerificationMethodError, match="compressed point"):
        find_method(did_key_document(did), f"{did}#{multibase}", purpose="assertionMethod")


def test_a_did_jwk_has_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    did = did_jwk(JWK)
    monkeypatch.setattr(did_jwk_module, "_MAX_CHARS", len(did))
    assert did_jwk_document(did)["id"] == did
    monkeypatch.setattr(did_jwk_module, "_MAX_CHARS", len(did) - 1)
    with pytest.raises(InputError, match="not a did:jwk"):
        did_jwk_document(did)

"""Read the key of a verification method in each known spelling (Controlled Identifiers 1.0, 2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import KeyType, decode_base58btc, decode_multikey
from credserv.ground.errors import InputError, UnknownKindError, UnsupportedKeyError, VerificationMethodError
from credserv.proof.keys.jwk import JoseKey, key_of, read_jwk
from credserv.proof.keys.public_key import CURVES


def read_key(entry: Mapping[str, Any]) -> JoseKey:
    """Return the public key of a verification method entry without null members.

    Reads the kinds of Controlled Identifiers 1.0, section 2.2.1, and their former names:
    Ed25519VerificationKey2020 is a Multikey, JsonWebKey2020 a JsonWebKey; those of 2018 and 2019 spell their
    key in base58, hexadecimal, or as a JSON Web Key. An entry with two spellings is accepted if both are the
    same key: the standard forbids that, but libraries write it.

    Raises:
        UnsupportedKeyError: another kind.
        VerificationMethodError: not a key of its kind.
    """
    kind = entry.get("type")
    given = [name for name in _KEY_MEMBERS if name in entry]
    if not isinstance(kind, str) or _KEYS_OF.get(kind, frozenset()).isdisjoint(given):
        error = UnsupportedKeyError if kind else VerificationMethodError
        raise error(f"a verification method of a kind we do not know: {str(kind)[:80]!r}")
    key, *others = [_KEY_MEMBERS[name](entry[name]) for name in given]
    if any((key.key_type, key.public_key) != (other.key_type, other.public_key) for other in others):
        raise VerificationMethodError("a verification method with two keys")
    if _TYPE_OF.get(kind, key.key_type) is not key.key_type:
        raise VerificationMethodError(f"a {kind} with a key of another kind")
    return key


def _read_multibase(value: object) -> JoseKey:
    try:
        return key_of(*decode_multikey(value if isinstance(value, str) else ""))
    except UnknownKindError as error:
        raise UnsupportedKeyError(error.detail) from error
    except InputError as error:
        raise VerificationMethodError(f"not a public key: {error.detail}") from error


def _read_base58(value: object) -> JoseKey:
    try:
        return key_of(KeyType.ED25519, decode_base58btc("z" + (value if isinstance(value, str) else "")))
    except InputError as error:
        raise VerificationMethodError(f"not a public key: {error.detail}") from error


def _read_hex(value: object) -> JoseKey:
    """Read hexadecimal: raw Ed25519, or a secp256k1 point, compressed or not (SEC 1, section 2.3.4)."""
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) and _HEX(value) else b""
        if len(raw) == KeyType.ED25519.public_bytes:
            return key_of(KeyType.ED25519, raw)
        point = EllipticCurvePublicKey.from_encoded_point(CURVES[KeyType.SECP256K1], raw)
    except ValueError as error:
        raise VerificationMethodError("not a public key in hexadecimal digits") from error
    return key_of(KeyType.SECP256K1, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){32,65}", re.ASCII).fullmatch
_KEY_MEMBERS = {
    "publicKeyJwk": read_jwk,  # first, because it may name the algorithms of the key
    "publicKeyMultibase": _read_multibase,
    "publicKeyBase58": _read_base58,
    "publicKeyHex": _read_hex,
}
_KEYS_OF = {
    "Multikey": {"publicKeyMultibase"},
    "Ed25519VerificationKey2020": {"publicKeyMultibase"},
    "Ed25519VerificationKey2018": {"publicKeyBase58", "publicKeyJwk", "publicKeyHex"},
    "Ed25519VerificationKey2019": {"publicKeyBase58", "publicKeyJwk"},  # never published, and written
    "JsonWebKey": {"publicKeyJwk"},
    "JsonWebKey2020": {"publicKeyJwk"},
    "EcdsaSecp256k1VerificationKey2019": {"publicKeyJwk", "publicKeyHex"},
    "EcdsaSecp256r1VerificationKey2019": {"publicKeyJwk", "publicKeyMultibase"},
}
_TYPE_OF = {
    "Ed25519VerificationKey2020": KeyType.ED25519,
    "Ed25519VerificationKey2018": KeyType.ED25519,
    "Ed25519VerificationKey2019": KeyType.ED25519,
    "EcdsaSecp256k1VerificationKey2019": KeyType.SECP256K1,
    "EcdsaSecp256r1VerificationKey2019": KeyType.P256,
}

"""Read and write public keys as JSON Web Keys, and name them by thumbprint.

RFC 7517 and 7518 (section 6), RFC 8037 (Ed25519), RFC 7638 (thumbprints). One key has one spelling: canonical
base64url of full length. A JWK with a private part is refused: whoever published it lost that key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import JoseError
from joserfc.jwa import RSAAlgorithm, RSAPSSAlgorithm
from joserfc.jwk import RSAKey

from credserv.ground.encoding import KeyType, decode_base64url, encode_base64url
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    UnsupportedKeyError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.public_key import CURVES, require_public_key, verify_signature

RS256, PS256 = "RS256", "PS256"
ED25519 = "Ed25519"  # RFC 9864: EdDSA with its curve
ALGORITHMS = {
    KeyType.ED25519: "EdDSA",
    KeyType.P256: "ES256",
    KeyType.P384: "ES384",
    KeyType.P521: "ES512",
    KeyType.SECP256K1: "ES256K",
}
_CURVE_NAMES = {
    "P-256": KeyType.P256,
    "P-384": KeyType.P384,
    "P-521": KeyType.P521,
    "secp256k1": KeyType.SECP256K1,
}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MAX_RSA_BYTES = 512  # 4,096 bits; beyond that, one signature costs too much to verify
_MIN_RSA_BITS = 2_048  # RFC 7518, section 3.3
_RSA = {RS256: RSAAlgorithm(256), PS256: RSAPSSAlgorithm(256)}
_MEMBERS = {"OKP": ("crv", "x"), "EC": ("crv", "x", "y"), "RSA": ("n", "e")}


@dataclass(frozen=True)
class JoseKey:
    """A public key and its JWS algorithms: one, or both RSA algorithms where the key names neither.

    Attributes:
        public_key: raw bytes, or a compressed point; for RSA the exponent in four bytes, then the modulus.
        key_type, rsa: exactly one of them is set.
    """

    algorithms: frozenset[str]
    key_type: KeyType | None
    public_key: bytes
    rsa: RSAKey | None = field(default=None, compare=False)

    def verify(self, algorithm: str, signature: bytes, data: bytes) -> None:
        """Verify a signature. Raises InvalidSignatureError; MalformedProofError if the algorithm is not
        the key's."""
        if algorithm not in self.algorithms:
            said = " or ".join(sorted(self.algorithms))
            raise MalformedProofError(f"{algorithm} does not go with a key for {said}")
        if self.key_type is not None:
            verify_signature(self.key_type, self.public_key, signature, data)
        elif self.rsa is None or not _RSA[algorithm].verify(data, signature, self.rsa):
            raise InvalidSignatureError("the signature does not fit: what it secures was changed")


def key_of(key_type: KeyType, public_key: bytes) -> JoseKey:
    """Return the key from its raw form. Raises VerificationMethodError for one that must not be used."""
    require_public_key(key_type, public_key)
    names = {ALGORITHMS[key_type]} | ({ED25519} if key_type is KeyType.ED25519 else set())
    return JoseKey(frozenset(names), key_type, public_key)


def read_jwk(jwk: object) -> JoseKey:
    """Read a JWK. A member that is null is absent, as many libraries write it.

    Raises:
        UnsupportedKeyError: a kind, size or spelling of a key that is not read.
        VerificationMethodError: no public key for signatures.
    """
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kty"), str):
        raise VerificationMethodError("a JSON Web Key is an object with a kty")
    jwk = {name: value for name, value in jwk.items() if value is not None}
    if _PRIVATE & jwk.keys():
        raise VerificationMethodError("a JSON Web Key that tells its private part")
    try:
        key = _read_rsa(jwk) if jwk["kty"] == "RSA" else key_of(*_read_point(jwk))
    except InputError as error:
        raise UnsupportedKeyError(f"a JSON Web Key that cannot be read: {error.detail}") from error
    stated = jwk.get("alg", min(key.algorithms))
    if not isinstance(stated, str) or stated not in key.algorithms or jwk.get("use", "sig") != "sig":
        raise VerificationMethodError("a JSON Web Key that is meant for something else")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or not {"verify", "sign"}.intersection(map(str, operations)):
        raise VerificationMethodError("a JSON Web Key that is not meant for verifying")
    if "verify" not in operations:  # what is left of a private key, whose operations are other ones
        raise UnsupportedKeyError("a JSON Web Key that is meant for signing, and published for verifying")
    if "alg" not in jwk or key.key_type is KeyType.ED25519:  # which has two names of one algorithm
        return key
    return replace(key, algorithms=frozenset({stated}))


def build_jwk(key_type: KeyType, public_key: bytes) -> dict[str, str]:
    """Build a JWK from raw bytes or a compressed point. Raises VerificationMethodError for anything else."""
    require_public_key(key_type, public_key)
    if key_type is KeyType.ED25519:
        return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(public_key)}
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], public_key).public_numbers()
    name = next(name for name, known in _CURVE_NAMES.items() if known is key_type)
    length = key_type.public_bytes - 1
    x, y = (encode_base64url(number.to_bytes(length, "big")) for number in (point.x, point.y))
    return {"kty": "EC", "crv": name, "x": x, "y": y}


def thumbprint(jwk: JsonObject) -> str:
    """Return the RFC 7638 thumbprint (SHA-256, base64url) of a JWK that `read_jwk` accepted."""
    members = {name: jwk[name] for name in ("kty", *_MEMBERS[jwk["kty"]])}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return encode_base64url(hashlib.sha256(text.encode()).digest())


def _read_point(jwk: JsonObject) -> tuple[KeyType, bytes]:
    if jwk["kty"] == "OKP" and jwk.get("crv") == "Ed25519":
        return KeyType.ED25519, _octets(jwk, "x", KeyType.ED25519.public_bytes)
    curve = jwk.get("crv")
    key_type = _CURVE_NAMES.get(curve) if jwk["kty"] == "EC" and isinstance(curve, str) else None
    if key_type is None:
        kind = " ".join(str(jwk[name]) for name in ("kty", "crv") if name in jwk)
        raise UnsupportedKeyError(f"a JSON Web Key of a kind we do not know: {kind[:80]!r}")
    length = key_type.public_bytes - 1
    x, y = _octets(jwk, "x"), _octets(jwk, "y")
    if len(x) < length or len(y) < length:  # libraries that leave out zeros in front (RFC 7518, 6.2.1.2)
        raise UnsupportedKeyError("a JSON Web Key whose numbers are shorter than its curve asks for")
    if len(x) > length or len(y) > length:
        raise InputError("x or y has the wrong length")
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), CURVES[key_type]
    )
    try:
        numbers.public_key()
    except ValueError as error:
        raise VerificationMethodError("a JSON Web Key that is no point on its curve") from error
    return key_type, bytes([2 + y[-1] % 2]) + x


def _read_rsa(jwk: JsonObject) -> JoseKey:
    modulus, exponent = _octets(jwk, "n"), _octets(jwk, "e")
    if modulus[:1] == b"\0" or exponent[:1] == b"\0" or len(exponent) > 4 or len(modulus) > _MAX_RSA_BYTES:
        raise UnsupportedKeyError("an RSA key that is larger than is read, or not in its shortest form")
    if int.from_bytes(modulus, "big").bit_length() < _MIN_RSA_BITS:
        raise VerificationMethodError(f"an RSA key of fewer than {_MIN_RSA_BITS} bits")
    try:
        key = RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    except (ValueError, JoseError) as error:
        raise VerificationMethodError("not an RSA key") from error
    return JoseKey(frozenset(_RSA), None, exponent.rjust(4, b"\0") + modulus, key)


def _octets(jwk: JsonObject, name: str, length: int | None = None) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise InputError(f"{name} is missing, or no string")
    octets = decode_base64url(text)
    if not octets or length not in (None, len(octets)):
        raise InputError(f"{name} has the wrong length")
    return octets

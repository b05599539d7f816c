"""Read public keys in PEM, as Open Badges 2.0 publishes them (RFC 7468, section 13; RFC 8017, A.1.1)."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import UnsupportedKeyError, VerificationMethodError
from credserv.proof.keys.jwk import JoseKey, key_of, read_jwk
from credserv.proof.keys.public_key import CURVES

_MAX_PEM_CHARS = 8_192


def read_public_pem(pem: object) -> JoseKey:
    """Read a public key.

    Raises:
        UnsupportedKeyError: a kind or form of key that is not read.
        VerificationMethodError: there is no PEM, or the key must not be used.
    """
    if not isinstance(pem, str):
        raise VerificationMethodError("a key is published without its PEM")
    if len(pem) > _MAX_PEM_CHARS:
        raise UnsupportedKeyError("a key is published with a longer PEM than is read")
    try:
        key = load_pem_public_key(pem.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedKeyError("the PEM that is published holds no public key that can be read") from error
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return read_jwk({"kty": "RSA", "n": _octets(numbers.n), "e": _octets(numbers.e)})
    if isinstance(key, Ed25519PublicKey):
        return key_of(KeyType.ED25519, key.public_bytes_raw())
    if isinstance(key, EllipticCurvePublicKey):
        for key_type, curve in CURVES.items():
            if curve.name == key.curve.name:
                return key_of(key_type, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
    raise UnsupportedKeyError("the PEM that is published holds a kind of key that is not known here")


def _octets(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))

"""RS256 for the Open Badges JWT profile, which requires it as the common minimum (Open Badges 3.0, 8.2.2)."""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import SigningKeyError

_MIN_BITS, _MAX_BITS = 2_048, 4_096


class RsaSigner:
    """An RSA key in this process. Raises SigningKeyError for one that verifiers would refuse."""

    __slots__ = ("_key", "public_jwk")

    def __init__(self, key: RSAPrivateKey) -> None:
        if not _MIN_BITS <= key.key_size <= _MAX_BITS:
            raise SigningKeyError(f"an RSA key has {_MIN_BITS} to {_MAX_BITS} bits, not {key.key_size}")
        self._key = key
        numbers = key.public_key().public_numbers()
        self.public_jwk = {"kty": "RSA", "n": _to_base64url(numbers.n), "e": _to_base64url(numbers.e)}

    def sign(self, data: bytes) -> bytes:
        """Sign with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 7518, section 3.3)."""
        return self._key.sign(data, padding.PKCS1v15(), SHA256())

    def __repr__(self) -> str:
        return "<RsaSigner>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or written anywhere")


def _to_base64url(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))

"""Public keys and their signatures: Ed25519, and ECDSA on four curves.

A signature has one length and one form: Ed25519 as in RFC 8032, ECDSA as r and s side by side (IEEE P1363;
RFC 7518, section 3.4). One in DER never verifies; if it is otherwise right, it is named as not supported. In
ECDSA, (r, n - s) verifies where (r, s) does; the standards allow both (attack 21).
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from credserv.ground.encoding import KeyType, decode_base58btc
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    UnsupportedProofError,
    VerificationMethodError,
)

SIGNATURE_BYTES = {
    KeyType.ED25519: 64,
    KeyType.P256: 64,
    KeyType.P384: 96,
    KeyType.P521: 132,
    KeyType.SECP256K1: 64,
}
CURVES: dict[KeyType, ec.EllipticCurve] = {
    KeyType.P256: ec.SECP256R1(),
    KeyType.P384: ec.SECP384R1(),
    KeyType.P521: ec.SECP521R1(),
    KeyType.SECP256K1: ec.SECP256K1(),
}
_HASHES: dict[KeyType, hashes.HashAlgorithm] = {
    KeyType.P256: hashes.SHA256(),
    KeyType.P384: hashes.SHA384(),
    KeyType.P521: hashes.SHA512(),
    KeyType.SECP256K1: hashes.SHA256(),
}
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_P = 2**255 - 19
_DER_BYTES = 9  # what DER adds: tags, lengths, and a zero before a number with its first bit set
_ALL_BUT_SIGN = 2**255 - 1
# The y of the eight points of small order on edwards25519: of order 1, 2, 4, and both of order 8.
_ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def require_public_key(key_type: KeyType, public_key: bytes) -> None:
    """Require a usable public key: raw (Ed25519), or a compressed point (SEC 1, section 2.3.3).

    Raises VerificationMethodError.
    """
    if key_type is KeyType.ED25519:
        require_ed25519_point(public_key)
    else:
        _ec_public_key(key_type, public_key)


def require_ed25519_point(public_key: bytes) -> None:
    """Refuse encodings of y beyond the prime, and points of small order, under which anything can verify.

    RFC 8032, section 5.1.3; attack 21. Raises VerificationMethodError.
    """
    y = int.from_bytes(public_key, "little") & _ALL_BUT_SIGN
    if len(public_key) != 32 or y >= _P or y in _SMALL_ORDER_Y:
        raise VerificationMethodError("an Ed25519 key that is not canonical, or of small order")


def read_signature(value: object, key_type: KeyType) -> bytes:
    """Return the signature in a proofValue: base58-btc of exactly as many bytes as the kind of key requires.

    Raises MalformedProofError. `verify_signature` refuses numbers out of range.
    """
    length = SIGNATURE_BYTES[key_type]
    longest = length if key_type is KeyType.ED25519 else length + _DER_BYTES
    if not isinstance(value, str) or len(value) > 2 + longest * 1.37:  # log(256)/log(58) letters a byte
        raise MalformedProofError(f"proofValue is no {key_type.name} signature in base58-btc")
    try:
        signature = decode_base58btc(value)
    except InputError as error:
        raise MalformedProofError(f"proofValue is no {key_type.name} signature in base58-btc") from error
    if len(signature) != length and not _is_der(key_type, signature):
        raise MalformedProofError(f"proofValue holds {len(signature)} bytes, not {length}")
    return signature


def verify_signature(key_type: KeyType, public_key: bytes, signature: bytes, data: bytes) -> None:
    """Verify a signature. ECDSA hashes `data` with the hash of its curve (FIPS 186-5; RFC 7518, section 3.4).

    Raises:
        InvalidSignatureError: it does not fit.
        UnsupportedProofError: it fits, but is in DER.
        VerificationMethodError: an unusable key.
    """
    if _is_der(key_type, signature):
        verify_signature(key_type, public_key, raw_ecdsa(key_type, signature), data)
        raise UnsupportedProofError(
            "its signature is in DER, where the standards want r and s side by side (RFC 7518, 3.4): many "
            "libraries return DER, and its issuer has to convert it"
        )
    if len(signature) != SIGNATURE_BYTES[key_type]:
        raise InvalidSignatureError(f"a signature of {len(signature)} bytes")
    try:
        if key_type is KeyType.ED25519:
            _verify_ed25519(public_key, signature, data)
        else:
            key = _ec_public_key(key_type, public_key)
            key.verify(_to_der(key_type, signature), data, ec.ECDSA(_HASHES[key_type]))
    except (InvalidSignature, BadSignatureError) as error:
        raise InvalidSignatureError(
            "the signature does not fit: the document or its proof was changed"
        ) from error


def sign_ecdsa(key_type: KeyType, key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Return r and s side by side.

    Deterministic (RFC 6979), so that no nonce can repeat or be guessed (attack 80).
    """
    return raw_ecdsa(key_type, key.sign(data, ec.ECDSA(_HASHES[key_type], deterministic_signing=True)))


def raw_ecdsa(key_type: KeyType, der: bytes) -> bytes:
    """Convert a DER signature (RFC 3279, section 2.2.3) to r and s side by side."""
    half = SIGNATURE_BYTES[key_type] // 2
    return b"".join(number.to_bytes(half, "big") for number in decode_dss_signature(der))


def _is_der(key_type: KeyType, signature: bytes) -> bool:
    """Return whether it is an ECDSA signature in DER whose numbers have at most the length of the curve's."""
    length = SIGNATURE_BYTES[key_type]
    if key_type is KeyType.ED25519 or len(signature) == length or len(signature) > length + _DER_BYTES:
        return False
    try:
        return len(raw_ecdsa(key_type, signature)) == length
    except (ValueError, OverflowError):
        return False


def _verify_ed25519(public_key: bytes, signature: bytes, data: bytes) -> None:
    """Verify. Each signature has one spelling: s is below the group order (RFC 8032, section 5.1.7).

    libsodium checks the same equation at half the cost of OpenSSL. It refuses everything OpenSSL does, and
    also signatures whose R is of small order.
    """
    require_ed25519_point(public_key)
    if int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
        raise InvalidSignatureError("the signature is not in its canonical form")
    crypto_sign_open(signature + data, public_key)  # lengths were checked above; it does not check them


@lru_cache(maxsize=512)
def _ec_public_key(key_type: KeyType, public_key: bytes) -> ec.EllipticCurvePublicKey:
    """Decompress a point. Costs as much as verifying, so recent keys are cached."""
    if len(public_key) != key_type.public_bytes or public_key[0] not in (2, 3):
        raise VerificationMethodError(f"not a compressed point of {key_type.name}")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], public_key)
    except ValueError as error:
        raise VerificationMethodError(f"not a point on {key_type.name}") from error


def _to_der(key_type: KeyType, signature: bytes) -> bytes:
    """Convert to DER, which the library reads. 0 < r, s < n; the library checks that too."""
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    order = CURVES[key_type].group_order
    if not (0 < r < order and 0 < s < order):
        raise InvalidSignatureError("the signature is not in its canonical form")
    return encode_dss_signature(r, s)

"""Derive signing keys from an existing secret: the same secret and label give the same key."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credserv.ground.encoding import KeyType
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.signer import EcdsaSigner, Ed25519Signer, Signer


def derive_signer(secret: bytes, label: str, key_type: KeyType) -> Signer:
    """Derive a signer by HKDF (RFC 5869), with 128 extra bits so that the private number is unbiased (FIPS
    186-5, A.2.1).

    Args:
        secret: 32 random bytes or more.
        label: the one purpose of the key.
    """
    info = b"credserv: signing key: " + label.encode()
    raw = HKDF(hashes.SHA512(), 64, salt=None, info=info).derive(secret)
    if key_type is KeyType.ED25519:
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(raw[:32]))
    curve = CURVES[key_type]
    number = 1 + int.from_bytes(raw, "big") % (curve.group_order - 1)
    return EcdsaSigner(ec.derive_private_key(number, curve))

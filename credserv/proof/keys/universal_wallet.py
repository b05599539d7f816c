"""New keys in the form that wallet apps keep, for a profile that a person imports into such an app.

`Ed25519VerificationKey2020` and `X25519KeyAgreementKey2020` with their private halves, and the did:key
document they belong to. Made on request, handed over completely, and stored nowhere.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from credserv.ground.encoding import KeyType, encode_base58btc, encode_multikey

# Multicodec, as unsigned varints: ed25519-priv 0x1300, x25519-pub 0xec, x25519-priv 0x1302.
_ED25519_PRIVATE, _X25519_PUBLIC, _X25519_PRIVATE = b"\x80\x26", b"\xec\x01", b"\x82\x26"
_CONTEXTS = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/ed25519-2020/v1",
    "https://w3id.org/security/suites/x25519-2020/v1",
)
_USES = ("authentication", "assertionMethod", "capabilityDelegation", "capabilityInvocation")


def create_profile_keys() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the DID document, the signing key and the key agreement key."""
    key = Ed25519PrivateKey.generate()
    seed, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    fingerprint = encode_multikey(KeyType.ED25519, public)
    did = f"did:key:{fingerprint}"
    # RFC 7748, section 5, clamps; libsodium derives it from a signing key in the same way.
    agreement = X25519PrivateKey.from_private_bytes(hashlib.sha512(seed).digest()[:32])
    agreed = encode_base58btc(_X25519_PUBLIC + agreement.public_key().public_bytes_raw())
    signing = {
        "id": f"{did}#{fingerprint}",
        "type": "Ed25519VerificationKey2020",
        "controller": did,
        "publicKeyMultibase": fingerprint,
    }
    agreeing = {
        "id": f"{did}#{agreed}",
        "type": "X25519KeyAgreementKey2020",
        "controller": did,
        "publicKeyMultibase": agreed,
    }
    document: dict[str, Any] = {"@context": list(_CONTEXTS), "id": did, "verificationMethod": [dict(signing)]}
    document |= {use: [signing["id"]] for use in _USES}
    document["keyAgreement"] = [dict(agreeing)]
    private = encode_base58btc(_ED25519_PRIVATE + seed + public)
    secret = encode_base58btc(_X25519_PRIVATE + agreement.private_bytes_raw())
    return (
        document,
        {**signing, "privateKeyMultibase": private},
        {**agreeing, "privateKeyMultibase": secret},
    )

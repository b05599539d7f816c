"""Open Badges 2.0: an issuer with its own host, a badge class, a key, and assertions hosted or signed."""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import encode_base64url
from credserv.proof.keys.rsa_signer import RsaSigner
from credserv.proof.tokens.jws import sign_jws

HOST = "https://badges.example"
ISSUER, BADGE, KEY = f"{HOST}/issuer.json", f"{HOST}/classes/mentor.json", f"{HOST}/key.json"
REVOKED, HOSTED = f"{HOST}/revoked.json", f"{HOST}/assertions/1.json"
SIGNED = "urn:uuid:0f6d3a52-7a0f-4a6e-9f0a-0f3c1f1d2b11"
CONTEXT = "https://w3id.org/openbadges/v2"
EMAIL, SALT = "pat@example.org", "grain"


@cache
def rsa_key(number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same number, as long as the tests run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def assertion(**changes: Any) -> dict[str, Any]:
    """A hosted one. A change to None leaves a member out."""
    identity = hashlib.sha256((EMAIL + SALT).encode()).hexdigest()
    recipient = {"type": "email", "hashed": True, "salt": SALT, "identity": f"sha256${identity}"}
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "type": "Assertion",
        "id": HOSTED,
        "recipient": recipient,
        "badge": BADGE,
        "issuedOn": "2026-03-01T10:00:00Z",
        "verification": {"type": "hosted"},
    } | changes
    return {name: value for name, value in document.items() if value is not None}


def signed_assertion(**changes: Any) -> dict[str, Any]:
    way = {"type": "SignedBadge", "creator": KEY}
    return assertion(**{"id": SIGNED, "verification": way} | changes)


def sign(document: dict[str, Any], *, number: int = 1, **header: Any) -> str:
    return sign_jws(document, header=header, signer=RsaSigner(rsa_key(number)))


def token(header: dict[str, Any], document: dict[str, Any], signature: bytes = b"none") -> str:
    """Any header with any signature."""
    parts = (json.dumps(header).encode(), json.dumps(document).encode(), signature)
    return ".".join(encode_base64url(part) for part in parts)


def pages(**changes: Any) -> dict[str, Any]:
    """What the issuer's host serves, by URL. changes: of the profile; None leaves a member out."""
    issuer = {
        "@context": CONTEXT,
        "type": "Profile",
        "id": ISSUER,
        "name": "Example Academy",
        "url": HOST,
        "email": "badges@badges.example",
        "publicKey": KEY,
        "revocationList": REVOKED,
    } | changes
    return copy.deepcopy(
        {
            HOSTED: assertion(),
            BADGE: {
                "@context": CONTEXT,
                "type": "BadgeClass",
                "id": BADGE,
                "name": "Mentor",
                "description": "Guides newcomers.",
                "image": f"{HOST}/mentor.png",
                "criteria": {"narrative": "Guide three newcomers."},
                "tags": ["mentoring"],
                "alignment": [{"targetName": "Mentoring", "targetUrl": f"{HOST}/skills/1"}],
                "issuer": ISSUER,
            },
            ISSUER: {name: value for name, value in issuer.items() if value is not None},
            KEY: {
                "@context": CONTEXT,
                "type": "CryptographicKey",
                "id": KEY,
                "owner": ISSUER,
                "publicKeyPem": pem(rsa_key(1)),
            },
            REVOKED: {
                "@context": CONTEXT,
                "type": "RevocationList",
                "id": REVOKED,
                "issuer": ISSUER,
                "revokedAssertions": [],
            },
        }
    )

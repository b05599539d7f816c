"""The result of authentication, and what its methods share."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

FINGERPRINT_CHARS = 12


@dataclass(frozen=True)
class Authentication:
    """Who sent a message; stored with it.

    Attributes:
        method: `standard-webhooks`, `bearer`, `secret-path`, ...
        is_signed: the signature covers the body, so that nobody in between changed it; the evidence of an
            unsigned source says so.
        key: which secret or key it was (a fingerprint or a `kid`), never the secret.
        message_id: the sender's own id of the delivery.
        is_id_signed: the signature covers that id, too.
        body: what was signed, where it came inside a token.
    """

    method: str
    is_signed: bool
    key: str | None = None
    message_id: str | None = None
    is_id_signed: bool = False
    body: bytes | None = None


def fingerprint(secret: str) -> str:
    """Return a value that distinguishes secrets of one source without revealing them."""
    return hashlib.sha256(b"credserv source secret " + secret.encode()).hexdigest()[:FINGERPRINT_CHARS]


def find_match(given: bytes, expected: Iterable[tuple[str, bytes]]) -> str | None:
    """Return the secret under which the value is as expected. All are compared, each in constant time."""
    found = None
    for secret, value in expected:
        if hmac.compare_digest(given, value) and found is None:
            found = secret
    return found

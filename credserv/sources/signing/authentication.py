"""The verdict on who sent a message, and what every way to reach it shares."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

FINGERPRINT_CHARS = 12


@dataclass(frozen=True)
class Authentication:
    """The verdict on who sent a message, kept beside it.

    method: the way (`standard-webhooks`, `bearer`, `secret-path`, …). is_signed: the body itself is covered,
    so that nobody between has changed it; what comes from an unsigned source says so in its evidence.
    key: which secret or key it was (a fingerprint or a `kid`), never the secret. message_id: the sender's
    own id of the delivery. body: what was signed, where it came inside a token.
    """

    method: str
    is_signed: bool
    key: str | None = None
    message_id: str | None = None
    body: bytes | None = None


def fingerprint(secret: str) -> str:
    """Tells secrets of one source apart, and gives none away."""
    return hashlib.sha256(b"credserv source secret " + secret.encode()).hexdigest()[:FINGERPRINT_CHARS]


def find_match(given: bytes, expected: Iterable[tuple[str, bytes]]) -> str | None:
    """The secret under which what was given is as expected. All are compared, each in constant time."""
    found = None
    for secret, value in expected:
        if hmac.compare_digest(given, value) and found is None:
            found = secret
    return found

"""Standard Webhooks, receiving and sending (standardwebhooks.com, specification 1.0).

`{webhook-id}.{webhook-timestamp}.{raw body}` is signed with HMAC-SHA256 (`v1`). Rules:

1. exactly one of each of the three headers, all named `webhook-` or, as Svix's libraries name them, all
   `svix-`; a repeated one, also one that a server has folded into a comma-separated line, is refused;
2. the event id is short and plain, without the full stop that separates the signed parts;
3. the timestamp is within the tolerance of `now`, both ways;
4. one of the sender's signatures matches under one of our secrets (either side may be rotating), each
   compared in constant time over raw bytes, all of them always;
5. signature versions other than `v1` are passed over; they never count as a match.

It never tells a stranger which part was nearly right, and never looks into the body.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets as random_secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from credserv.ground.errors import InputError, WebhookSignatureError

TOLERANCE_SECONDS = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - the published prefix of the format, no secret

_FAMILIES = ("webhook", "svix")
_PARTS = ("id", "timestamp", "signature")
_EVENT_ID = re.compile(r"[A-Za-z0-9_:+/=@~-]{1,128}", re.ASCII)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_TOKEN = re.compile(r"[a-z0-9]{1,8},[A-Za-z0-9+/_=-]{1,1024}", re.ASCII)
_MAX_SIGNATURES = 16
_MAX_HEADER_CHARS = 4_096
_SIGNATURE_BYTES = 32
_SECRET_BYTES = range(24, 65)  # the specification: 24 to 64 bytes
_NO_MATCH = "no signature matches: it must be made over the raw body, with a secret of this source"


class Headers(Protocol):
    """A mapping, or a web framework's headers, which list a repeated name twice."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def verify_webhook(
    headers: Headers,
    body: bytes,
    *,
    secrets: Sequence[str],
    now: datetime,
    tolerance_seconds: int = TOLERANCE_SECONDS,
) -> str:
    """Verify a webhook; returns its event id.

    Args:
        headers: names in any case.
        body: the bytes as they came.
        secrets: `whsec_...`, all of them accepted.

    Raises:
        WebhookSignatureError: any failure.
    """
    event_id, timestamp, signature = _read_headers(headers)
    if not _EVENT_ID.fullmatch(event_id):
        raise WebhookSignatureError(
            "webhook-id must be 1 to 128 letters, digits or _ : + / = @ ~ - (no full stop, no space)"
        )
    _require_time(timestamp, now, tolerance_seconds)
    candidates = _v1_signatures(signature)
    content = f"{event_id}.{timestamp}.".encode("ascii") + body
    matched = False
    for secret in secrets:
        expected = _mac(secret, content)
        for candidate in candidates:
            matched |= hmac.compare_digest(expected, candidate)
    if not matched:
        raise WebhookSignatureError(_NO_MATCH)
    return event_id


def sign_webhook(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, `v1,<base64>`. `timestamp` is seconds since 1970.

    Raises InputError for a bad secret.
    """
    mac = hmac.digest(decode_secret(secret), f"{event_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(mac).decode("ascii")


def create_secret() -> str:
    """Return a new random secret of 32 bytes, as `whsec_<base64>`."""
    return SECRET_PREFIX + base64.b64encode(random_secrets.token_bytes(32)).decode("ascii")


def decode_secret(secret: str) -> bytes:
    """Return the key bytes of `whsec_<base64>`, padded or not; raises InputError for anything else."""
    text = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    if not secret.startswith(SECRET_PREFIX):
        raise InputError(f"a webhook secret starts with {SECRET_PREFIX}")
    key = _decode_base64(text + "=" * (-len(text) % 4))
    if key is None or len(key) not in _SECRET_BYTES:
        raise InputError(f"a webhook secret is {SECRET_PREFIX} and 24 to 64 bytes in base64")
    return key


def _read_headers(headers: Headers) -> tuple[str, str, str]:
    """Apply rule 1, preferring `webhook-` names; two spellings of one name count as repeated."""
    found: dict[str, list[str]] = {f"{family}-{part}": [] for family in _FAMILIES for part in _PARTS}
    for name, value in headers.items():
        if name.lower() in found:
            found[name.lower()].append(value)
    used = [family for family in _FAMILIES if any(found[f"{family}-{part}"] for part in _PARTS)]
    names = [f"{(used or _FAMILIES)[0]}-{part}" for part in _PARTS]
    for name, values in ((name, found[name]) for name in names):
        if len(values) != 1 or not values[0] or len(values[0]) > _MAX_HEADER_CHARS:
            raise WebhookSignatureError(f"the header {name} is missing, repeated or too long")
    event_id, timestamp, signature = (found[name][0] for name in names)
    return event_id, timestamp, signature


def _require_time(timestamp: str, now: datetime, tolerance_seconds: int) -> None:
    """Apply rule 3."""
    if not _TIMESTAMP.fullmatch(timestamp):
        raise WebhookSignatureError("webhook-timestamp must be whole seconds since 1970")
    if abs(now.timestamp() - int(timestamp)) > tolerance_seconds:
        raise WebhookSignatureError(
            f"webhook-timestamp is more than {tolerance_seconds} seconds away from this server's clock"
        )


def _v1_signatures(header: str) -> tuple[bytes, ...]:
    """Return the raw bytes of the `v1` signatures (rules 4 and 5); one malformed token spoils the header."""
    tokens = header.split(" ")
    if len(tokens) > _MAX_SIGNATURES or not all(_TOKEN.fullmatch(token) for token in tokens):
        raise WebhookSignatureError(
            f"webhook-signature must be 1 to {_MAX_SIGNATURES} of `v1,<base64>`, with one space between"
        )
    decoded = (_decode_base64(token[3:]) for token in tokens if token.startswith("v1,"))
    return tuple(value for value in decoded if value is not None and len(value) == _SIGNATURE_BYTES)


def _mac(secret: str, content: bytes) -> bytes:
    """Return the signature; a random value for an unreadable secret, so that it matches nothing."""
    try:
        return hmac.digest(decode_secret(secret), content, "sha256")
    except InputError:
        return random_secrets.token_bytes(_SIGNATURE_BYTES)


def _decode_base64(text: str) -> bytes | None:
    """Decode only the canonical spelling, so that one signature has one form."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode("ascii") == text else None

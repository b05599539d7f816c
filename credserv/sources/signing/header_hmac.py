"""A keyed hash of the body in a header: GitHub, LearnUpon, Totara and most others, each in its own spelling.

Only SHA-256. Where the sender also signs a time, it must be recent. Where it does not, a message replayed by
somebody who has seen it says the same again, and adds nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator
from datetime import datetime

from credserv.sources.adapter import Message
from credserv.sources.signing.authentication import Authentication, find_match, fingerprint
from credserv.sources.signing.settings import Encoding, Settings, Signed

_OCTETS = 32
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
_MILLISECONDS = 10**11  # as seconds, this would be the year 5138
_MAX_ID_CHARS = 200


def verify_hmac(
    settings: Settings, message: Message, secrets: tuple[str, ...], now: datetime
) -> Authentication | None:
    """Verify a signature; None where no secret made it."""
    given = _signature(settings, message.headers.get(settings.header, ""))
    signed = _signed(settings, message, now)
    if given is None or signed is None:
        return None
    expected = ((secret, hmac.digest(key, signed, "sha256")) for secret, key in _keys(settings, secrets))
    secret = find_match(given, expected)
    if secret is None:
        return None
    message_id = message.headers.get(settings.id_header, "") if settings.id_header else ""
    known = message_id if 0 < len(message_id) <= _MAX_ID_CHARS else None
    return Authentication(
        settings.method,
        is_signed=True,
        key=fingerprint(secret),
        message_id=known,
        is_id_signed=settings.signed is Signed.ID_TIMESTAMP_BODY,
    )


def _signature(settings: Settings, header: str) -> bytes | None:
    if not header.startswith(settings.prefix):
        return None
    found = _decode(settings.encoding, header[len(settings.prefix) :].strip())
    return found if found is not None and len(found) == _OCTETS else None


def _signed(settings: Settings, message: Message, now: datetime) -> bytes | None:
    """Return what the sender signed; None where its time is missing or too far away."""
    if settings.signed is Signed.BODY:
        return message.body
    stamp = message.headers.get(settings.timestamp_header, "")
    if not _TIMESTAMP.fullmatch(stamp):
        return None
    seconds = int(stamp) / 1_000 if int(stamp) >= _MILLISECONDS else int(stamp)
    if abs(now.timestamp() - seconds) > settings.tolerance_seconds:
        return None
    parts = [stamp.encode(), message.body]
    if settings.signed is Signed.ID_TIMESTAMP_BODY:
        message_id = message.headers.get(settings.id_header, "")
        if not message_id or "." in message_id:  # the full stop separates what is signed
            return None
        parts.insert(0, message_id.encode("utf-8", "surrogatepass"))
    return b".".join(parts)


def _keys(settings: Settings, secrets: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield the keys; an unreadable or empty secret signs nothing."""
    for secret in secrets:
        key = secret.encode() if settings.secret is Encoding.TEXT else _decode(settings.secret, secret)
        if key:
            yield secret, key


def _decode(encoding: Encoding, text: str) -> bytes | None:
    """Decode base64 in either alphabet, padded or not."""
    try:
        if encoding is Encoding.HEX:
            return bytes.fromhex(text) if text.isalnum() else None
        plain = text.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None

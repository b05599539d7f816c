"""Passcodes of shares: short words that people tell each other, stored so that they cannot be read back.

Each is hashed with scrypt (RFC 7914) and its own salt, so a stolen database gives none away quickly.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from credserv.ground.encoding import decode_base64url, encode_base64url, random_token
from credserv.ground.errors import InputError

MIN_CHARS, MAX_CHARS = 6, 64


def keep_passcode(passcode: str) -> str:
    """Return what checks the passcode later.

    Raises:
        InputError: It is too short or too long.
    """
    if not MIN_CHARS <= len(passcode) <= MAX_CHARS:
        raise InputError(f"a passcode has {MIN_CHARS} to {MAX_CHARS} characters")
    salt = random_token(16)
    return f"{salt}.{encode_base64url(_derive(passcode, salt))}"


def is_passcode(given: str, kept: str) -> bool:
    """Return whether the passcode is right."""
    salt, _, wanted = kept.partition(".")
    made = _derive(given[: MAX_CHARS + 1], salt)
    return hmac.compare_digest(made, decode_base64url(wanted))


def _derive(passcode: str, salt: str) -> bytes:
    typed = unicodedata.normalize("NFC", passcode).encode("utf-8", "replace")
    return hashlib.scrypt(typed, salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)

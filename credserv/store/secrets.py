"""Secrets at rest: what the database holds of a webhook secret is unreadable without the secret key.

A dump of the database alone yields nothing (attack 78). Fernet: AES-128-CBC with HMAC-SHA256; its key is
derived from the installation's secret key by HKDF-SHA256 (RFC 5869) under a label of its own.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credserv.ground.errors import SettingsError

MIN_SECRET_KEY_BYTES = 32
_LABEL = b"credserv store secret box 1"


class SecretBox:
    """Seals texts with one installation's secret key."""

    def __init__(self, secret_key: bytes) -> None:
        """Raises SettingsError for a key under 32 bytes."""
        if len(secret_key) < MIN_SECRET_KEY_BYTES:
            raise SettingsError(f"the secret key needs at least {MIN_SECRET_KEY_BYTES} bytes")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(secret_key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """Never the same twice for the same text."""
        return self.seal_bytes(text.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Raises SettingsError when it was sealed under another secret key, or altered."""
        return self.unseal_bytes(sealed.encode()).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """As `seal`, of a file."""
        return self._fernet.encrypt(content)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """As `unseal`."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SettingsError(
                "a stored secret cannot be read: CREDSERV_SECRET_KEY is not the one it was stored under"
            ) from error

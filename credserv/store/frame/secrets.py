"""Secrets at rest: webhook secrets in the database are unreadable without the secret key.

A dump of the database alone yields nothing (attack 78). Fernet: AES-128-CBC with HMAC-SHA256; its key is
derived from the installation's secret key by HKDF-SHA256 (RFC 5869) under its own label.
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
    """Encrypts texts with an installation's secret key."""

    def __init__(self, secret_key: bytes) -> None:
        """Derive the key.

        Raises:
            SettingsError: The secret key is shorter than 32 bytes.
        """
        if len(secret_key) < MIN_SECRET_KEY_BYTES:
            raise SettingsError(f"the secret key needs at least {MIN_SECRET_KEY_BYTES} bytes")
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(secret_key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """Encrypt a text; the result differs each time."""
        return self.seal_bytes(text.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Decrypt a text.

        Raises:
            SettingsError: It was encrypted with another secret key, or altered.
        """
        return self.unseal_bytes(sealed.encode()).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """Encrypt a file."""
        return self._fernet.encrypt(content)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """Decrypt a file. Raises as `unseal`."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SettingsError(
                "a stored secret cannot be read: CREDSERV_SECRET_KEY is not the one it was stored under"
            ) from error

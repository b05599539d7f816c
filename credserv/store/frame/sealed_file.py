"""Files that leave the installation, encrypted with a passphrase.

The key is derived with scrypt (RFC 7914) and the file's own salt. The content is encrypted in pieces with
ChaCha20-Poly1305 (RFC 8439) in the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizar, 2015): the
nonce counts the pieces and marks the last one, so that none can be altered, removed, added or moved.
"""

from __future__ import annotations

import io
import secrets
from typing import IO, Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from credserv.ground.errors import InputError

MIN_PASSPHRASE_CHARS = 12
_MAGIC = b"credserv sealed file 1\n"
_SALT_BYTES = 16
_TAG_BYTES = 16
_PIECE = 65_536
_COST = 2**17  # with r = 8: 128 MiB, about half a second


class Passphrase:
    """Derives a file's key, once for each salt, because that is slow by design."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self._known: dict[bytes, ChaCha20Poly1305] = {}
        self.is_long = len(text) >= MIN_PASSPHRASE_CHARS

    def require_long(self) -> None:
        """Require a passphrase that cannot be guessed quickly.

        Raises:
            InputError: It is too short.
        """
        if not self.is_long:
            raise InputError(f"the passphrase needs at least {MIN_PASSPHRASE_CHARS} characters")

    def cipher(self, salt: bytes) -> ChaCha20Poly1305:
        if salt not in self._known:
            self._known[salt] = ChaCha20Poly1305(
                Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(self._text)
            )
        return self._known[salt]


class SealingWriter(io.RawIOBase):
    """Writes encrypted content to `file`; `close` writes the last piece, without which nobody can read it."""

    def __init__(self, file: IO[bytes], passphrase: Passphrase) -> None:
        super().__init__()
        salt = secrets.token_bytes(_SALT_BYTES)
        self._file, self._head = file, _MAGIC + salt
        self._cipher, self._count = passphrase.cipher(salt), 0
        self._waiting = bytearray()
        file.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._waiting += data
        while len(self._waiting) > _PIECE:  # keep the last piece back, because it has to be marked
            self._put(bytes(self._waiting[:_PIECE]), is_last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece; the file itself stays open."""
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, is_last), piece, self._head))
        self._count += 1


class UnsealingReader(io.RawIOBase):
    """Reads what `SealingWriter` wrote, and raises InputError at the first piece that it did not write."""

    def __init__(self, file: BinaryIO, passphrase: Passphrase) -> None:
        super().__init__()
        self._file = file
        self._head = file.read(len(_MAGIC) + _SALT_BYTES)
        if len(self._head) < len(_MAGIC) + _SALT_BYTES or not self._head.startswith(_MAGIC):
            raise InputError("this is no file that credserv sealed")
        self._cipher, self._count = passphrase.cipher(self._head[len(_MAGIC) :]), 0
        self._next = file.read(_PIECE + _TAG_BYTES)
        self._open = bytearray()
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._open and not self._ended:
            self._take()
        size = min(len(buffer), len(self._open))
        buffer[:size] = self._open[:size]
        del self._open[:size]
        return size

    def _take(self) -> None:
        sealed, self._next = self._next, self._file.read(_PIECE + _TAG_BYTES)
        self._ended = not self._next
        try:
            self._open += self._cipher.decrypt(_nonce(self._count, self._ended), sealed, self._head)
        except InvalidTag as error:
            why = "it is incomplete or was changed" if self._count else "or the passphrase is another"
            raise InputError(f"the file cannot be opened: {why}") from error
        self._count += 1


def _nonce(count: int, is_last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([is_last])

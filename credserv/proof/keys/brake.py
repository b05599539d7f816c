"""The brake: while its file is there, no key of this installation signs what is issued.

One file of the data folder, which every process looks at before each signature: it needs no database and no
key, and holds over restarts. What verifying needs goes on being signed: without fresh status lists every
badge that is out would become one that *could not be checked*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import ConflictError, SigningKeyError
from credserv.ground.watched_file import WatchedFile
from credserv.proof.keys.signer import Signer

FILE = "signing-stopped.json"


class Brake:
    """Of one installation. Safe between threads."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._said: WatchedFile[str] = WatchedFile(self._path, self._read, absent="")

    def pull(self, reason: str, now: datetime) -> None:
        """Again: with the new reason."""
        fresh = self._path.with_name(f"{FILE}.new")
        fresh.write_text(json.dumps({"since": format_instant(now), "reason": reason}))
        fresh.replace(self._path)

    def release(self) -> None:
        """Raises ConflictError where nothing is stopped."""
        try:
            self._path.unlink()
        except FileNotFoundError as error:
            raise ConflictError("signing is not stopped") from error

    def why(self) -> str:
        """Since when, and for what reason, nothing is signed; "" where it is."""
        return self._said.get()

    def _read(self) -> str:
        """A file that cannot be read stops as well: somebody put it there."""
        try:
            told = json.loads(self._path.read_bytes())
            return f"signing was stopped on {told['since']}: {told['reason']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "signing was stopped"


@dataclass(frozen=True)
class StoppableSigner:
    """As the signer that it stands before, while the brake lets it."""

    signer: Signer
    brake: Brake

    @property
    def key_type(self) -> KeyType:
        return self.signer.key_type

    @property
    def public_key_multibase(self) -> str:
        return self.signer.public_key_multibase

    def sign(self, data: bytes) -> bytes:
        """Raises SigningKeyError."""
        if said := self.brake.why():
            raise SigningKeyError(f"{said}. `credserv keys resume` lets it go on")
        return self.signer.sign(data)

    def sign_again(self, data: bytes) -> bytes | None:
        return self.signer.sign_again(data)

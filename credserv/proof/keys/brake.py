"""The brake: while its file exists, no key of this installation signs anything that is issued.

It is one file in the data folder that every process checks before each signature. It needs no database and no
key, and survives restarts. What verification needs is still signed: without fresh status lists every issued
badge would become one that *could not be checked*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import ConflictError, SigningKeyError
from credserv.ground.own_files import replace_file
from credserv.ground.watched_file import WatchedFile
from credserv.proof.keys.signer import Signer

FILE = "signing-stopped.json"


class Brake:
    """The brake of one installation. Safe to share between threads."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._said: WatchedFile[str] = WatchedFile(self._path, self._read, absent="")

    def pull(self, reason: str, now: datetime) -> None:
        """Stop signing. Pulling it again replaces the reason."""
        replace_file(self._path, json.dumps({"since": format_instant(now), "reason": reason}).encode())

    def release(self) -> None:
        """Allow signing again. Raises ConflictError if it was not stopped."""
        try:
            self._path.unlink()
        except FileNotFoundError as error:
            raise ConflictError("signing is not stopped") from error

    def why(self) -> str:
        """Return since when and why signing is stopped; "" if it is not."""
        return self._said.get()

    def _read(self) -> str:
        """Read the file. One that cannot be read also stops signing: somebody put it there."""
        try:
            told = json.loads(self._path.read_bytes())
            return f"signing was stopped on {told['since']}: {told['reason']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "signing was stopped"


@dataclass(frozen=True)
class StoppableSigner:
    """A signer that works only while the brake is released."""

    signer: Signer
    brake: Brake

    @property
    def key_type(self) -> KeyType:
        return self.signer.key_type

    @property
    def public_key_multibase(self) -> str:
        return self.signer.public_key_multibase

    def sign(self, data: bytes) -> bytes:
        """Sign. Raises SigningKeyError, also while the brake is pulled."""
        if said := self.brake.why():
            raise SigningKeyError(f"{said}. `credserv keys resume` lets it go on")
        return self.signer.sign(data)

    def sign_again(self, data: bytes) -> bytes | None:
        return self.signer.sign_again(data)

"""The operator's trust anchors, kept in one file of the data folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.own_files import make_folder, replace_file
from credserv.ground.watched_file import WatchedFile
from credserv.proof.keys.certificates import Anchor, read_anchor

INDEX = "anchors.json"
MAX_BYTES = 65_536
MAX_ANCHORS = 64


class OperatorAnchors:
    """The anchors of one installation. Reloaded when the file changes; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: WatchedFile[tuple[Anchor, ...]] = WatchedFile(folder / INDEX, self._read, absent=())

    def all(self) -> tuple[Anchor, ...]:
        """Return all anchors; () if the file is absent or unreadable, so that no chain is trusted."""
        return self._kept.get()

    def add(self, content: bytes, issuers: Collection[str], *, now: datetime) -> Anchor:
        """Add an anchor, replacing an earlier entry for the same certificate.

        Raises InputError if it cannot be one.
        """
        if len(content) > MAX_BYTES:
            raise InputError(f"a certificate of more than {MAX_BYTES} bytes")
        anchor = read_anchor(content, sorted(issuers), format_instant(now))
        if anchor.certificate.not_valid_after_utc <= now:
            raise InputError("the certificate has expired, so no chain that leads to it counts")
        others = [known for known in self.all() if known.sha256 != anchor.sha256]
        if len(others) >= MAX_ANCHORS:
            raise InputError(f"at most {MAX_ANCHORS} trust anchors are kept")
        self._write([*others, anchor])
        return anchor

    def remove(self, sha256: str) -> Anchor:
        """Remove an anchor. Raises NotFoundError."""
        known = self.all()
        gone = next((anchor for anchor in known if anchor.sha256 == sha256.lower()), None)
        if gone is None:
            raise NotFoundError(f"no trust anchor has the SHA-256 {sha256[:80]}: see `credserv anchors list`")
        self._write([anchor for anchor in known if anchor is not gone])
        return gone

    def _read(self) -> tuple[Anchor, ...]:
        try:
            return tuple(self._rows())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
            return ()

    def _rows(self) -> Iterator[Anchor]:
        for row in json.loads((self._folder / INDEX).read_bytes()):
            yield read_anchor(row["pem"].encode(), row["issuers"], row["added_at"])

    def _write(self, anchors: list[Anchor]) -> None:
        rows = [
            {
                "name": anchor.name,
                "issuers": anchor.issuers,
                "added_at": anchor.added_at,
                "pem": anchor.certificate.public_bytes(Encoding.PEM).decode(),
            }
            for anchor in sorted(anchors, key=lambda anchor: anchor.name)
        ]
        make_folder(self._folder)
        replace_file(self._folder / INDEX, json.dumps(rows, indent=2).encode())

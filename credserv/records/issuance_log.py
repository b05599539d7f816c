"""The log of signatures: an entry for each, and heads that hold all entries before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant


@dataclass(frozen=True)
class LogEntry:
    """sha256: hex, of the signed bytes. key: the verification method, "" where it was not written down then.

    position: from 0, None until it is in the tree. What is public is that, and never which credential it is.
    """

    subject: str
    sha256: str
    key: str
    signed_at: datetime
    position: int | None = None

    def leaf(self) -> bytes:
        """What the tree holds: RFC 8785 of its three members."""
        told = {"key": self.key, "sha256": self.sha256, "signed_at": format_instant(self.signed_at)}
        return canonize_json(told)


@dataclass(frozen=True)
class LogHead:
    """root: hex, of the first `size` entries. signed: a JWS that says so."""

    size: int
    root: str
    made_at: datetime
    signed: str

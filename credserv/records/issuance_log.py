"""The signature log: an entry per signature, and heads that cover all earlier entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant


@dataclass(frozen=True)
class LogEntry:
    """An entry. It is public without saying which credential it is.

    Attributes:
        sha256: Hex, of the signed bytes.
        key: The verification method; "" if it was not recorded then.
        position: From 0; None until it is in the tree.
    """

    subject: str
    sha256: str
    key: str
    signed_at: datetime
    position: int | None = None

    def leaf(self) -> bytes:
        """Return the leaf of the tree: RFC 8785 of its three members."""
        told = {"key": self.key, "sha256": self.sha256, "signed_at": format_instant(self.signed_at)}
        return canonize_json(told)


@dataclass(frozen=True)
class SignedBadge:
    """A badge whose newest signature is by a certain key.

    Attributes:
        living: Whether it is an accreditation, which gets a further version instead of a badge in its place.
    """

    id: str
    achievement: str
    living: bool


@dataclass(frozen=True)
class LogHead:
    """A head.

    Attributes:
        root: Hex, of the first `size` entries.
        signed: A JWS that states it.
    """

    size: int
    root: str
    made_at: datetime
    signed: str

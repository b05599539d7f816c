"""Two wallets that belong to one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class MergeRecord:
    """A merge.

    Attributes:
        into_id: The person who stays.
        from_id: Whose wallet moves to theirs.
        session_sha256: Where it was begun.
        shown: When each identifier of the other wallet was proved there.
    """

    id: str
    into_id: str
    from_id: str
    session_sha256: str
    begun_at: datetime
    shown: Mapping[str, datetime] = field(default_factory=dict)
    done_at: datetime | None = None
    undone_at: datetime | None = None

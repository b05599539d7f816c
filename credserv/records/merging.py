"""Two wallets that turn out to be one person's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class MergeRecord:
    """into_id: the person who stays. from_id: whose wallet comes into theirs.

    session_sha256: in which it was begun. shown: by identifier of the other wallet, when it was proved there.
    """

    id: str
    into_id: str
    from_id: str
    session_sha256: str
    begun_at: datetime
    shown: Mapping[str, datetime] = field(default_factory=dict)
    done_at: datetime | None = None
    undone_at: datetime | None = None

"""What is wrong with an organisation, as its owners are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlarmRecord:
    """condition, subject: as of the Finding. told_at: when all its owners had a letter, None before. mend:
    the command that mends it, "" where there is none. told: the memberships of those who had one so far, or
    to whom none can go."""

    condition: str
    subject: str
    began_at: datetime
    said: str
    mend: str = ""
    told_at: datetime | None = None
    told: tuple[str, ...] = ()

"""What is wrong with an organisation, as its owners are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlarmRecord:
    """condition, subject: as of the Finding. told_at: when its owners had a letter, None before. mend: the
    command that mends it, "" where there is none."""

    condition: str
    subject: str
    began_at: datetime
    said: str
    mend: str = ""
    told_at: datetime | None = None

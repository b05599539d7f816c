"""What is wrong with an organisation, as its owners hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlarmRecord:
    """An alarm.

    Attributes:
        condition: As in the Finding.
        subject: As in the Finding.
        told_at: When all its owners had a letter; None before.
        mend: The command that fixes it; "" if there is none.
        told: The memberships that had a letter so far, or can get none.
    """

    condition: str
    subject: str
    began_at: datetime
    said: str
    mend: str = ""
    told_at: datetime | None = None
    told: tuple[str, ...] = ()

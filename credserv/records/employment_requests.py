"""Members' requests that their employer confirm their employment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RequestState(StrEnum):
    OPEN = "open"
    ISSUED = "issued"
    DECLINED = "declined"


@dataclass(frozen=True)
class EmploymentRequest:
    """A request.

    Attributes:
        reason: Why it was declined; shown to the member.
    """

    id: str
    membership_id: str
    asked_at: datetime
    state: RequestState = RequestState.OPEN
    decided_at: datetime | None = None
    reason: str = ""

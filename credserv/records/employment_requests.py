"""What members ask of their employer: that it confirms their employment."""

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
    """reason: of who declined, which the member reads."""

    id: str
    membership_id: str
    asked_at: datetime
    state: RequestState = RequestState.OPEN
    decided_at: datetime | None = None
    reason: str = ""

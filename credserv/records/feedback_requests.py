"""That somebody was asked what they saw of another, and when they answered: not what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FeedbackRequest:
    """membership_id: of whom is asked. rater_id: who is asked. role: as what they speak. round_id: of
    feedback from all sides, None where they are asked alone. ends_at: until then it can be answered."""

    id: str
    membership_id: str
    rater_id: str
    role: str
    achievement_key: str
    asked_at: datetime
    ends_at: datetime
    round_id: str | None = None
    answered_at: datetime | None = None

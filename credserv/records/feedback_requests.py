"""Requests for feedback about somebody, and when they were answered; not the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FeedbackRequest:
    """A request for feedback.

    Attributes:
        membership_id: Whom it is about.
        rater_id: Who is asked.
        role: In which role they speak.
        round_id: The feedback round; None for a single request.
        ends_at: Until when it can be answered.
    """

    id: str
    membership_id: str
    rater_id: str
    role: str
    achievement_key: str
    asked_at: datetime
    ends_at: datetime
    round_id: str | None = None
    answered_at: datetime | None = None

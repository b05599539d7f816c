"""Feedback on one person from all sides, at one time: who was asked as what, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

IN_ROUND = "round:"  # before the id of a round, where a link names what it asks about


class Category(StrEnum):
    """As what somebody speaks of the person."""

    SELF = "self"
    MANAGER = "manager"
    PEER = "peer"
    REPORT = "report"
    MENTEE = "mentee"


@dataclass(frozen=True)
class FeedbackRound:
    """membership_id: of whom it is. closes_at: until then it is answered, and from then on shown."""

    id: str
    membership_id: str
    achievement_key: str
    opened_at: datetime
    closes_at: datetime
    opened_by: str

    def is_open(self, now: datetime) -> bool:
        return now < self.closes_at


@dataclass(frozen=True)
class RoundAnswer:
    """level: of the achievement's rubric; "shown" or "not yet" where it has none. words: "" for none."""

    id: str
    round_id: str
    rater_id: str
    category: Category
    level: str
    words: str
    given_at: datetime

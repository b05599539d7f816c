"""360-degree feedback on one person at one time: who was asked in which role, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

IN_ROUND = "round:"  # precedes a round's id where a link names what it asks about


class Category(StrEnum):
    """In which role somebody speaks of the person."""

    SELF = "self"
    MANAGER = "manager"
    PEER = "peer"
    REPORT = "report"
    MENTEE = "mentee"


@dataclass(frozen=True)
class FeedbackRound:
    """A round.

    Attributes:
        membership_id: Whom it is about.
        closes_at: Until then it can be answered, and from then on it is shown.
    """

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
    """An answer.

    Attributes:
        level: From the achievement's rubric; "shown" or "not yet" without one.
        words: "" for none.
    """

    id: str
    round_id: str
    rater_id: str
    category: Category
    level: str
    words: str
    given_at: datetime

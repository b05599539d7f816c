"""Holders' objections to their badges, and the decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class ObjectionKind(StrEnum):
    NOT_MINE = "not mine"
    WRONG = "wrong"


class ObjectionState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"


@dataclass(frozen=True)
class ObjectionRecord:
    """An objection.

    Attributes:
        words: The holder's.
        reason: The decision's reason, shown to the holder.
        ordered: What is still to be issued instead, until it is.
        successor_id: What was issued instead.
    """

    id: str
    credential_id: str
    kind: ObjectionKind
    words: str
    made_at: datetime
    state: ObjectionState = ObjectionState.OPEN
    decided_at: datetime | None = None
    reason: str = ""
    ordered: JsonObject | None = None
    successor_id: str | None = None

    @property
    def is_settled(self) -> bool:
        """Return whether nothing is left to do about it."""
        return self.state is not ObjectionState.OPEN and self.ordered is None

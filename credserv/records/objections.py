"""What holders say against a badge of theirs, and what was decided about it."""

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
    """words: of the holder. reason: of who decided, which the holder reads. ordered: what is still to be
    issued instead, until it is; successor_id: what was."""

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
        """Whether nothing is left to be done about it."""
        return self.state is not ObjectionState.OPEN and self.ordered is None

"""Plans of mentors' time: up to three scenarios, and the results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class CapacityPlan:
    """A plan.

    Attributes:
        asked: As the API takes it.
        answered_at: None until the worker has computed it.
    """

    id: str
    reference: str
    name: str
    asked: JsonObject
    asked_at: datetime
    asked_by: str
    answer: JsonObject | None = None
    answered_at: datetime | None = None

"""Plans of mentors' time: what was asked, in up to three scenarios, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class CapacityPlan:
    """asked: as the API takes it. answered_at: None while the worker has yet to look at it."""

    id: str
    reference: str
    name: str
    asked: JsonObject
    asked_at: datetime
    asked_by: str
    answer: JsonObject | None = None
    answered_at: datetime | None = None

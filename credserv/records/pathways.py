"""Who walks which pathway, since when, and what they had when they began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class PathwayStart:
    """baseline: of each step what was there, as `journeys/award/pathways.py` writes it; it never changes.

    started_by: as in the audit trail."""

    id: str
    membership_id: str
    achievement_key: str
    started_at: datetime
    started_by: str
    baseline: JsonObject

"""Who walks which pathway, since when, and what they had when they began; and who is asked to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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


class Proposer(StrEnum):
    """What they are to who is asked; who it was stands in the audit trail."""

    MANAGER = "manager"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class PathwayProposal:
    """It is there until it is answered."""

    id: str
    membership_id: str
    achievement_key: str
    proposed_at: datetime
    proposer: Proposer

"""Who follows which pathway, since when and from which starting point, and who was invited to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class PathwayStart:
    """The start of a pathway.

    Attributes:
        baseline: What was there of each step, as `journeys/award/pathways.py` writes it; it never changes.
        started_by: As in the audit trail.
    """

    id: str
    membership_id: str
    achievement_key: str
    started_at: datetime
    started_by: str
    baseline: JsonObject


class Proposer(StrEnum):
    """The proposer's relation to the person; the audit trail says who it was."""

    MANAGER = "manager"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class PathwayProposal:
    """A proposal; it exists until it is answered."""

    id: str
    membership_id: str
    achievement_key: str
    proposed_at: datetime
    proposer: Proposer

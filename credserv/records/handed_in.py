"""Credentials of other issuers that people gave an organisation, to count toward its badges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class HandedInRecord:
    """facts: of the last check that came to an answer, as `journeys/award/handed_in.py` writes them.
    checked_at, tried_at: of that, and of the last that was tried."""

    id: str
    membership_id: str
    sha256: str
    facts: JsonObject
    handed_at: datetime
    checked_at: datetime
    tried_at: datetime

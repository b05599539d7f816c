"""Credentials of other issuers that people gave an organisation to count toward its badges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class HandedInRecord:
    """A handed-in credential.

    Attributes:
        facts: From the last check with a result, as `journeys/award/handed_in.py` writes them.
        checked_at: When that was.
        tried_at: When the last check was attempted.
    """

    id: str
    membership_id: str
    sha256: str
    facts: JsonObject
    handed_at: datetime
    checked_at: datetime
    tried_at: datetime

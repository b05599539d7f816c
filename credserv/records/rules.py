"""Which rule an achievement has, and had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class RuleVersion:
    """One version; it never changes, and the newest counts.

    version: 1, 2, ... document: the rule's JSON as it was given, None where from here on the achievement has
    no rule. sha256: of its canonical form.
    """

    achievement_key: str
    version: int
    document: JsonObject | None
    sha256: str
    created_at: datetime
    actor: str

"""The rules that achievements have and had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class RuleVersion:
    """A version; it never changes, and the newest counts.

    Attributes:
        version: 1, 2, ...
        document: The rule's JSON as given; None if the achievement has no rule from here on.
        sha256: Of its canonical form.
    """

    achievement_key: str
    version: int
    document: JsonObject | None
    sha256: str
    created_at: datetime
    actor: str

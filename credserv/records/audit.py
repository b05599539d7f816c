"""Who did what, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class AuditRecord:
    """One line of the append-only audit trail.

    actor: `hook:<source>`, `api:<key>`, `console`, `worker`, ...
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Seal:
    """One link of the chain over the trail. position: 1, 2, ... sha256: hex, of everything up to there."""

    position: int
    sha256: str


@dataclass(frozen=True)
class ChainFault:
    """Where the chain does not hold. position: of the seal. line: its number. what: in words."""

    position: int
    line: int
    what: str

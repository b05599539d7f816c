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

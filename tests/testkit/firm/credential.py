"""How one credential stands, by the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
Event = dict[str, Any]


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass
class Credential:
    """terms: (valid_from, term_end, grace_end); holds: [begin, end]; revoked: (effective_from, decided)."""

    id: str
    person: str
    application: str
    competencies: list[str]
    rule: dict[str, Any]
    terms: list[tuple[datetime, datetime, datetime]] = field(default_factory=list)
    holds: list[list[datetime]] = field(default_factory=list)
    revoked: tuple[datetime, datetime] | None = None

    def state(self, at: datetime, known: datetime) -> tuple[str, datetime | None]:
        if self.revoked and self.revoked[1] <= known and self.revoked[0] <= at:
            return "revoked", self.revoked[0]
        begun = [term for term in self.terms if term[0] <= at and term[0] <= known]
        restored = []
        for begin, end in self.holds:
            over = end <= at and end <= known
            if begin <= at and begin <= known and not over:
                return "suspended", begin
            if over:
                restored.append(end)
        if not begun:
            return "not-yet", None
        valid_from, term_end, grace_end = begun[-1]
        if at >= grace_end:
            return "lapsed", grace_end
        if at >= term_end:
            return "grace", max([term_end, valid_from, *restored])
        due = term_end - timedelta(days=self.rule["notice_days"])
        if at >= due:
            return "due", max([due, valid_from, *restored])
        return "live", max([valid_from, *restored])

    def is_in_force(self, at: datetime, known: datetime) -> bool:
        return self.state(at, known)[0] in self.rule["in_force_counts"]

"""A firm that never was: a seeded log of everything that happens to its people and mentors, with each way of
going wrong planted in it, and (`answers`) what is right about it, computed from the log alone.

The log is in the form that `credserv simulate` plays. Nothing here knows any code of ours: the generator and
the answers are written from the rules, so that they can be held against the service. Where the rules leave
room, nothing is planted that would be right by one reading and wrong by another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.testkit.firm import accrediting, learning, practising, staff
from tests.testkit.firm.world import START, World, months_after, stamp

LARGE: dict[str, Any] = {
    "key": "mentor-basic",
    "version": 1,
    "term_months": 6,
    "notice_days": 60,
    "grace_days": 30,
    "endorsements": 2,
    "assessment_min": 70,
    "observed": 1,
    "observed_level": 2,
    "sprint_days": 42,
    "late_days": 20,
    "renewal": {"sessions": 8, "cpd_hours": 6, "supervision": 2},
    "audit_share": 0.1,
    "audit_min": 2,
    "endorsement_received_within_hours": 24,
    "in_force_counts": ["live", "due", "grace"],
}
SMALL: dict[str, Any] = {
    **LARGE,
    "term_months": 1,
    "notice_days": 12,
    "grace_days": 8,
    "renewal": {"sessions": 3, "cpd_hours": 2, "supervision": 2},
}


@dataclass(frozen=True)
class Firm:
    """A log, the programme that it is played under, and the instants that are asked about."""

    programme: dict[str, Any]
    events: list[dict[str, Any]]
    cut: datetime
    instants: tuple[datetime, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The log and the programme, as files."""
        log, programme = folder / "log.jsonl", folder / "programme.json"
        log.write_text("".join(json.dumps(event) + "\n" for event in self.events))
        programme.write_text(json.dumps(self.programme, indent=1))
        return log, programme

    def arguments(self) -> list[str]:
        """Of `simulate`, beside its files."""
        asked = [word for instant in self.instants for word in ("--at", stamp(instant))]
        return ["--cut", stamp(self.cut), *asked]


def make_firm(people: int, months: int, seed: int) -> Firm:
    """A firm of so many people, watched for so many months from 2025-01-01."""
    cut = months_after(START, months)
    programme = LARGE if months > 6 else SMALL
    world = World(seed, cut, programme, staff.hire(people, seed))
    staff.begin(world)
    accrediting.begin(world)
    practising.begin(world)
    learning.begin(world)
    world.run()
    step = max(1, months // 6)
    instants = [months_after(START, n) + timedelta(hours=12) for n in range(step, months, step)]
    if months <= 6:
        instants += [START + timedelta(days=days) for days in (40, 62, 75)]
    return Firm(programme, world.events, cut, tuple(sorted({*instants, cut})))

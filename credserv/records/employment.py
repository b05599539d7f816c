"""Employment: from when to when somebody works for whom, as what, and what changed of it on the way.

Each is kept with the instant from which it was known, so that every figure can be told as it stood then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

OWN = ""  # as an employer: the organisation itself


class LevelOrder(StrEnum):
    """Which way a system counts its levels."""

    ASCENDING = "ascending"  # a higher number stands above
    DESCENDING = "descending"  # level 1 is the top


@dataclass(frozen=True)
class Position:
    """What somebody works as, and where. None: not told."""

    role: str | None = None
    level: str | None = None
    department: str | None = None
    site: str | None = None

    def over(self, before: Position) -> Position:
        """With what is not told here taken from before."""
        return Position(
            role=before.role if self.role is None else self.role,
            level=before.level if self.level is None else self.level,
            department=before.department if self.department is None else self.department,
            site=before.site if self.site is None else self.site,
        )


@dataclass(frozen=True)
class Spell:
    """One time of employment. employer: OWN, or the name of another. ended: from then on they are not there.

    position, language, group, manager_id: as it began; the manager is a membership. recorded_at,
    ended_recorded_at: since when that is known. superseded_at: since when something else is said instead.
    """

    id: str
    membership_id: str
    employer: str
    started: datetime
    position: Position
    recorded_at: datetime
    ended: datetime | None = None
    ended_recorded_at: datetime | None = None
    superseded_at: datetime | None = None
    language: str | None = None
    group: str | None = None
    manager_id: str | None = None

    def holds(self, at: datetime) -> bool:
        return self.started <= at and (self.ended is None or at < self.ended)


@dataclass(frozen=True)
class JobChange:
    """One row of a personnel system. correction: what was said before was wrong; nobody moved.

    effective: from when it holds. employer: None where the row does not say; it is found by the spells.
    """

    id: str
    membership_id: str
    effective: datetime
    recorded_at: datetime
    before: Position
    after: Position
    correction: bool = False
    employer: str | None = None
    level_order: LevelOrder = LevelOrder.ASCENDING
    source: str = "api"


@dataclass(frozen=True)
class EmploymentReport:
    """What a system says of somebody's employment. started, ended: None where it does not say.

    manager: by employee number or address.
    """

    started: datetime
    employer: str = OWN
    position: Position = field(default_factory=Position)
    ended: datetime | None = None
    language: str | None = None
    group: str | None = None
    manager: str | None = None


@dataclass(frozen=True)
class MemberReport:
    """What a system says of one of its people. reference: the employee number, or the address."""

    reference: str
    email: str | None = None
    name: str | None = None
    employment: EmploymentReport | None = None


def position_of(told: Mapping[str, str | None]) -> Position:
    return Position(told.get("role"), told.get("level"), told.get("department"), told.get("site"))

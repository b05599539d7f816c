"""Employments: from when to when somebody works for whom, in which position, and changes on the way.

Each is stored with the instant from which it was known, so that every figure can be reported as it stood
then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

OWN = ""  # as an employer: the organisation itself


class LevelOrder(StrEnum):
    """Which way a system counts its levels."""

    ASCENDING = "ascending"  # a higher number is a higher level
    DESCENDING = "descending"  # level 1 is the top


@dataclass(frozen=True)
class Position:
    """A person's position and where they work; None for what was not reported."""

    role: str | None = None
    level: str | None = None
    department: str | None = None
    site: str | None = None

    def over(self, before: Position) -> Position:
        """Return this position, completed from the one before."""
        return Position(
            role=before.role if self.role is None else self.role,
            level=before.level if self.level is None else self.level,
            department=before.department if self.department is None else self.department,
            site=before.site if self.site is None else self.site,
        )


@dataclass(frozen=True)
class Spell:
    """An employment.

    Attributes:
        employer: OWN, or the name of another.
        ended: From when they are gone.
        position: At the start.
        language: At the start.
        group: At the start.
        manager_id: At the start; a membership.
        recorded_at: Since when it is known.
        ended_recorded_at: Since when its end is known.
        superseded_at: Since when another statement replaces it.
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
    """A row of a personnel system.

    Attributes:
        correction: Whether an earlier statement was wrong and nobody moved.
        effective: From when it holds.
        employer: None if the row does not say; then the employments do.
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
    """What a system says of an employment.

    Attributes:
        started: None if it does not say.
        ended: None if it does not say.
        manager: Employee number or e-mail address.
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
    """What a system says of a member.

    Attributes:
        reference: Employee number or e-mail address.
    """

    reference: str
    email: str | None = None
    name: str | None = None
    employment: EmploymentReport | None = None


def position_of(told: Mapping[str, str | None]) -> Position:
    """Return the position from a report's members."""
    return Position(told.get("role"), told.get("level"), told.get("department"), told.get("site"))

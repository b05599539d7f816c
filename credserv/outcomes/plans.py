"""Targets of a growth plan: which level of a competency somebody wants to reach
by when, and whether they did.

A level is reached by the first assessment or observation of the competency, on the same scale and at or above
the level, after the target was set. A person's own statement does not reach it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from credserv.records.outcomes import Fact, FactKind

_SHOWS = frozenset({FactKind.POST, FactKind.OBSERVATION})


class Standing(StrEnum):
    """The standing, in words as shown."""

    ON_TIME = "on time"
    LATE = "late"
    OVERDUE = "not reached, the day has passed"
    OPEN = "open"
    LEFT = "left before the day"


@dataclass(frozen=True)
class Target:
    """A target of one person.

    Attributes:
        level: On a scale up to `maximum`; None if not given.
        moved: How often its date was changed before it came.
        reached_on: None if not yet.
    """

    membership_id: str
    competency: str
    level: float
    maximum: float | None
    set_on: date
    due_on: date
    moved: int
    reached_on: date | None
    standing: Standing


def find_targets(
    facts: Sequence[Fact],
    ends: Mapping[str, Sequence[datetime]],
    cut: datetime,
    zone: ZoneInfo,
    competency: str | None = None,
) -> list[Target]:
    """Return the targets as they stand at the cut; one for each person, competency and level.

    A date changed before it has come replaces the previous one. Changed afterwards, it does not turn late
    into on time.

    Args:
        facts: Earliest first.
        ends: When each person left.
    """
    told: defaultdict[tuple[str, str, float, float | None], list[Fact]] = defaultdict(list)
    shown: defaultdict[str, list[Fact]] = defaultdict(list)
    for one in facts:
        if one.kind is FactKind.TARGET and one.score is not None and competency in (None, one.competency):
            told[one.membership_id, one.competency, one.score, one.maximum].append(one)
        elif one.kind in _SHOWS and one.score is not None:
            shown[one.membership_id].append(one)
    return [_judge(wishes, shown[key[0]], ends.get(key[0], ()), cut, zone) for key, wishes in told.items()]


def count_standings(targets: Iterable[Target]) -> dict[str, dict[str, int]]:
    """Return, by level in words, how many people stand how, each standing in order."""
    found: defaultdict[tuple[float, float], Counter[Standing]] = defaultdict(Counter)
    for one in targets:
        found[one.level, one.maximum or 0][one.standing] += 1
    return {
        f"level {level:g} of {most:g}" if most else f"level {level:g}": {
            standing.value: counts[standing] for standing in Standing
        }
        for (level, most), counts in sorted(found.items())
    }


def _judge(
    wishes: Sequence[Fact],
    shown: Iterable[Fact],
    ends: Sequence[datetime],
    cut: datetime,
    zone: ZoneInfo,
) -> Target:
    first = wishes[0]
    reached = next((one for one in shown if _reaches(one, first)), None)
    due, moved = _due(first), 0
    for wish in wishes[1:]:
        is_before = reached is None or wish.occurred_at < reached.occurred_at
        if is_before and wish.occurred_at.astimezone(zone).date() <= due and _due(wish) != due:
            due, moved = _due(wish), moved + 1
    reached_on = None if reached is None else reached.occurred_at.astimezone(zone).date()
    left = next((end for end in ends if end > first.occurred_at), None)
    left_on = None if left is None else left.astimezone(zone).date()
    return Target(
        first.membership_id,
        first.competency,
        first.score or 0.0,
        first.maximum,
        first.occurred_at.astimezone(zone).date(),
        due,
        moved,
        reached_on,
        _standing(due, reached_on, left_on, cut.astimezone(zone).date()),
    )


def _standing(due: date, reached: date | None, left: date | None, today: date) -> Standing:
    if reached is not None:
        return Standing.ON_TIME if reached <= due else Standing.LATE
    if left is not None and left <= due:
        return Standing.LEFT
    return Standing.OPEN if today <= due else Standing.OVERDUE


def _reaches(shown: Fact, target: Fact) -> bool:
    return (
        shown.competency == target.competency
        and shown.maximum == target.maximum
        and shown.occurred_at >= target.occurred_at
        and (shown.score or 0.0) >= (target.score or 0.0)
    )


def _due(target: Fact) -> date:
    return target.due_on or target.occurred_at.date()

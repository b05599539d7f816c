"""Moves: what the rows of a personnel system amount to. Their kind is derived, not reported.

Several rows about one day are one change, and the last one gives its result. A row that corrects an earlier
one is no move, but what it says holds. Nobody moves where they are not employed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from credserv.records.employment import OWN, JobChange, LevelOrder, Position, Spell

SEEN = "scim"  # as a source of rows: the system keeps no dates
_NUMBER = re.compile(r"\d+")


class MoveKind(StrEnum):
    PROMOTION = "promotion"
    DEMOTION = "demotion"
    LATERAL = "lateral"
    TITLE_CHANGE = "title-change"  # without levels, only the job catalogue can say whether it was a promotion


COUNTED = (MoveKind.PROMOTION, MoveKind.DEMOTION, MoveKind.LATERAL)


@dataclass(frozen=True)
class Move:
    """A move.

    Attributes:
        effective: From when it holds.
        recorded_at: Since when it is known.
        is_seen: Whether the system keeps no dates, so that it counts from when it was seen.
    """

    membership_id: str
    employer: str
    effective: datetime
    recorded_at: datetime
    kind: MoveKind
    before: Position
    after: Position
    is_seen: bool = False


def kind_of(before: Position, after: Position, order: LevelOrder = LevelOrder.ASCENDING) -> MoveKind | None:
    """Return the kind of move; None if nothing changed, or only the site."""
    ranks = rank_of(before.level), rank_of(after.level)
    is_told = None not in ranks
    if is_told and ranks[0] != ranks[1]:
        is_up = (ranks[0] or 0) < (ranks[1] or 0)
        return MoveKind.PROMOTION if is_up is (order is LevelOrder.ASCENDING) else MoveKind.DEMOTION
    if _differs(before.department, after.department):
        return MoveKind.LATERAL
    if _differs(before.role, after.role):
        return MoveKind.LATERAL if is_told else MoveKind.TITLE_CHANGE
    return None


def find_moves(spells: Iterable[Spell], changes: Iterable[JobChange], zone: ZoneInfo) -> tuple[Move, ...]:
    """Return everybody's moves, earliest first.

    Args:
        changes: In the order reported.
    """
    theirs: defaultdict[str, list[Spell]] = defaultdict(list)
    rows: defaultdict[str, list[JobChange]] = defaultdict(list)
    for spell in spells:
        theirs[spell.membership_id].append(spell)
    for change in changes:
        rows[change.membership_id].append(change)
    found = [move for one, told in rows.items() for move in _moves_of(theirs[one], told, zone)]
    return tuple(sorted(found, key=lambda move: (move.effective, move.membership_id)))


def position_at(
    spells: Sequence[Spell], changes: Sequence[JobChange], at: datetime, zone: ZoneInfo
) -> Position | None:
    """Return a person's position here at an instant; None if they are not employed then."""
    there = next((one for one in spells if one.employer == OWN and one.holds(at)), None)
    if there is None:
        return None
    read = _Reading(spells, zone)
    read.read([one for one in changes if one.effective <= at])
    return read.states[there.id]


def _moves_of(spells: list[Spell], rows: list[JobChange], zone: ZoneInfo) -> Iterable[Move]:
    read = _Reading(spells, zone)
    read.read(rows)
    for spell, day in read.days.values():
        told = [one for one, _ in day if not one.correction]
        if not told:
            continue
        before = next(state for one, state in day if not one.correction)
        last = day[-1][0]
        before = _told_before(told[0], last, before)
        after = last.after.over(before)
        kind = kind_of(before, after, last.level_order)
        if kind is not None:
            yield Move(
                membership_id=spell.membership_id,
                employer=spell.employer,
                effective=told[0].effective,
                recorded_at=told[0].recorded_at,
                kind=kind,
                before=before,
                after=after,
                is_seen=told[0].source == SEEN,
            )


def _told_before(first: JobChange, last: JobChange, state: Position) -> Position:
    """Return the position before. A system that reports no level does not say that it stayed the same."""
    before = first.before.over(state)
    return replace(before, level=None) if first.before.level is last.after.level is None else before


class _Reading:
    """The rows of one person, each assigned to its employment.

    Attributes:
        states: By employment, the position after the rows read so far.
        days: By employment and day, its rows, each with the position before it.
    """

    def __init__(self, spells: Sequence[Spell], zone: ZoneInfo) -> None:
        self._zone = zone
        self._spells = sorted(spells, key=lambda one: (one.employer != OWN, one.started))
        self.states = {one.id: one.position for one in spells}
        self.days: dict[tuple[str, date], tuple[Spell, list[tuple[JobChange, Position]]]] = {}

    def read(self, rows: Iterable[JobChange]) -> None:
        for row in sorted(rows, key=lambda one: self._day(one.effective)):  # stable, in the order reported
            spell = self._meant(row)
            if spell is None:
                continue
            state = self.states[spell.id]
            key = (spell.id, self._day(row.effective))
            self.days.setdefault(key, (spell, []))[1].append((row, state))
            self.states[spell.id] = row.after.over(row.before.over(state))

    def _meant(self, row: JobChange) -> Spell | None:
        """Return the employment at that time.

        If there are two employers and the row names none, it is the one whose position matches the row, or
        else the organisation itself.
        """
        there = [one for one in self._spells if self._is_there(one, row.effective)]
        if row.employer is not None:
            there = [one for one in there if one.employer == row.employer]
        return max(there, key=lambda one: _alike(row.before, self.states[one.id]), default=None)

    def _is_there(self, spell: Spell, at: datetime) -> bool:
        """Return whether somebody is employed, from the start of the first day on."""
        return self._day(spell.started) <= self._day(at) and (spell.ended is None or at < spell.ended)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()


def _alike(told: Position, state: Position) -> int:
    pairs = zip(vars(told).values(), vars(state).values(), strict=True)
    return sum(one is not None and one == other for one, other in pairs)


def rank_of(level: str | None) -> int | None:
    """Return the number in a level: 8 for `8 Individual Contributor`."""
    found = _NUMBER.search(level or "")
    return None if found is None else int(found[0])


def _differs(before: str | None, after: str | None) -> bool:
    """Return whether a value changed; a value that was not reported has not."""
    return before is not None and after is not None and before != after

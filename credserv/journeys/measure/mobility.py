"""Moves within the organisation: over a year, and before and after a credential."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from credserv.journeys.services import Services
from credserv.outcomes.headcount import average_headcount, year_of
from credserv.outcomes.moves import COUNTED, Move, MoveKind, find_moves
from credserv.outcomes.person_time import Stay, without_and_with
from credserv.records.employment import OWN, Spell
from credserv.records.outcomes import FactKind

LEADERSHIP = "leadership"
_RISING = (MoveKind.PROMOTION, MoveKind.LATERAL)


def mobility_figures(
    services: Services,
    *,
    cut: datetime,
    known: datetime | None = None,
    pathway: str = LEADERSHIP,
    among: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return the mobility of the last full year before the cut, unrounded except for the headcount.

    Args:
        known: The instant whose knowledge counts; None for the cut.
        pathway: The pathway whose credential separates moves before and after.
        among: Only these members; None for all.
    """
    zone, known = services.zone, known or cut
    told = services.store.employment.spells(known=known)
    spells = [one for one in told if one.started <= cut and _is_among(one.membership_id, among)]
    changes = [
        one for one in services.store.employment.changes(known=known) if _is_among(one.membership_id, among)
    ]
    moves = [one for one in find_moves(spells, changes, zone) if one.kind in COUNTED and one.effective <= cut]
    own = [one for one in spells if one.employer == OWN]
    mastered = _mastered(services, pathway, cut, known)
    within = [one for one in moves if one.employer == OWN]
    return {
        **_of_year(own, within, year_of(cut, zone), zone),
        "moves_at_other_employers": len(moves) - len(within),
        "credential_and_moves": credential_and_moves(own, within, mastered, cut),
    }


def moved_by_member(services: Services, *, cut: datetime, known: datetime) -> tuple[int, dict[str, bool]]:
    """Return the headcount of the last full year before the cut, and whether each person moved."""
    zone = services.zone
    year = year_of(cut, zone)
    first, after = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    told = [one for one in services.store.employment.spells(known=known) if one.started <= cut]
    found = find_moves(told, services.store.employment.changes(known=known), zone)
    moved = {
        one.membership_id
        for one in found
        if one.kind in COUNTED and one.employer == OWN and first <= one.effective < after
    }
    there = (one for one in told if one.employer == OWN and one.started < after)
    return year, {
        one.membership_id: one.membership_id in moved
        for one in there
        if one.ended is None or one.ended > first
    }


def _of_year(spells: Sequence[Spell], moves: Sequence[Move], year: int, zone: ZoneInfo) -> dict[str, Any]:
    end = datetime(year + 1, 1, 1, tzinfo=zone)
    these = [one for one in moves if one.effective.astimezone(zone).year == year]
    headcount = average_headcount(spells, year, zone)
    return {
        f"moves_{year}": dict(sorted(Counter(one.kind.value for one in these).items())),
        f"movers_{year}": len({one.membership_id for one in these}),
        f"average_headcount_{year}": round(headcount, 2),
        "rate_per_100": 100 * len(these) / headcount if headcount else None,
        "recorded_after_year_end": sum(one.recorded_at >= end for one in these),
    }


def credential_and_moves(
    spells: Sequence[Spell], moves: Sequence[Move], mastered: Mapping[str, datetime], cut: datetime
) -> dict[str, Any]:
    """Return promotions and lateral moves over everybody who was ever there.

    The time before a credential counts as time without one. The share of its holders who ever moved is
    included for comparison, as the figure that misleads.
    """
    rising = [one for one in moves if one.kind in _RISING]
    without, after = without_and_with(_stays(spells, rising, mastered, cut))
    everybody = {one.membership_id for one in spells}
    holders = everybody & mastered.keys()
    moved = {one.membership_id for one in rising}
    parts = {"before_or_without": without, "after": after}
    return {
        "person_years": {name: one.years for name, one in parts.items()},
        "moves": {name: one.events for name, one in parts.items()},
        "per_100_person_years": {name: one.per_100 for name, one in parts.items()},
        "naive_share_ever_moved": {
            "holders": _share(moved & holders, holders),
            "others": _share(moved - holders, everybody - holders),
        },
    }


def _stays(
    spells: Sequence[Spell], moves: Sequence[Move], mastered: Mapping[str, datetime], cut: datetime
) -> list[Stay]:
    """Return employments with their moves; a move counts in the last employment that had begun by then."""
    begun: defaultdict[str, list[Spell]] = defaultdict(list)
    for spell in sorted(spells, key=lambda one: one.started):
        begun[spell.membership_id].append(spell)
    events: defaultdict[str, list[datetime]] = defaultdict(list)
    for move in moves:
        theirs = begun[move.membership_id]
        spell = next((one for one in reversed(theirs) if one.started <= move.effective), theirs[0])
        events[spell.id].append(move.effective)
    return [
        Stay(
            spell.started,
            cut if spell.ended is None else min(spell.ended, cut),
            mastered.get(spell.membership_id),
            tuple(events[spell.id]),
        )
        for spell in spells
    ]


def _mastered(services: Services, pathway: str, cut: datetime, known: datetime) -> dict[str, datetime]:
    """Return when each person first had the credential of a pathway."""
    first: dict[str, datetime] = {}
    for fact in services.store.outcomes.facts(cut=cut, known=known):
        if fact.kind is FactKind.MASTERED and fact.about == pathway:
            first.setdefault(fact.membership_id, fact.occurred_at)
    return first


def _is_among(member: str, among: Collection[str] | None) -> bool:
    return among is None or member in among


def _share(some: set[str], of: set[str]) -> float | None:
    return len(some) / len(of) if of else None

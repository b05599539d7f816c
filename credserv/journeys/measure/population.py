"""The people behind the figures: everybody who ever worked here, and those who agreed to be counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from credserv.journeys.measure.agreeing import who_agreed
from credserv.journeys.services import Services
from credserv.outcomes.moves import rank_of
from credserv.outcomes.person_time import YEAR
from credserv.records.consents import Purpose
from credserv.records.employment import OWN
from credserv.records.outcomes import Fact

NOT_SAID = "not said"
_LEVELS = ((3, "1 to 3"), (6, "4 to 6"), (9, "7 to 9"))


@dataclass(frozen=True)
class Member:
    """A member as they joined, because figures may look for a later move.

    Attributes:
        traits: By the dimensions that are published (outcomes/disclosure.py).
    """

    membership_id: str
    traits: Mapping[str, str]


@dataclass(frozen=True)
class Population:
    """The people up to a cut.

    Attributes:
        everybody: Everybody who ever worked here until then.
        counted: Those of them who agreed.
        ends: When each left.
        known: The instant whose knowledge counts.
        facts: The facts of those counted, earliest first.
    """

    cut: datetime
    everybody: Mapping[str, Member]
    counted: frozenset[str]
    ends: Mapping[str, tuple[datetime, ...]]
    facts: tuple[Fact, ...]
    known: datetime

    def only(self, members: Collection[str]) -> Population:
        """Return the population limited to these people's facts."""
        return replace(self, facts=tuple(one for one in self.facts if one.membership_id in members))


def read_population(services: Services, *, cut: datetime, known: datetime | None = None) -> Population:
    """Return the population until `cut`, as known then or at `known`."""
    known = cut if known is None else known
    everybody: dict[str, Member] = {}
    began: dict[str, datetime] = {}
    ends: defaultdict[str, list[datetime]] = defaultdict(list)
    for spell in services.store.employment.spells(known=known):
        if spell.employer != OWN or spell.started > cut:
            continue
        one = spell.membership_id
        began.setdefault(one, spell.started)
        if spell.ended is not None and spell.ended <= cut:
            ends[one].append(spell.ended)
        traits = {
            "group": spell.group or NOT_SAID,
            "department": spell.position.department or NOT_SAID,
            "site": spell.position.site or NOT_SAID,
            "language": spell.language or NOT_SAID,
            "level_band": _level_band(spell.position.level),
            "tenure_band": _tenure_band(cut - began[one]),
        }
        everybody[one] = Member(one, traits)
    counted = who_agreed(services, Purpose.OUTCOMES, known) & everybody.keys()
    facts = services.store.outcomes.facts(cut=cut, known=known)
    return Population(
        cut,
        everybody,
        frozenset(counted),
        {one: tuple(sorted(at)) for one, at in ends.items()},
        tuple(one for one in facts if one.membership_id in counted),
        known,
    )


def _level_band(level: str | None) -> str:
    rank = rank_of(level)
    if rank is None:
        return NOT_SAID
    return next((name for most, name in _LEVELS if rank <= most), "10 and above")


def _tenure_band(stay: timedelta) -> str:
    if stay < YEAR:
        return "under 1 year"
    return "1 to 3 years" if stay < 3 * YEAR else "3 years and longer"

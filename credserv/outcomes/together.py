"""Which experiences are associated with performance and with staying: those who had one
compared with those who had not.

Whoever has an experience has stayed long enough to have it, and people who leave early have had few. Counting
everybody who ever had one would show an effect where there is none (immortal time). Therefore only
experiences in the first days after a start count, only people who are still here after them, and only later
outcomes are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.outcomes.pairing import DAY, first_of_each
from credserv.outcomes.statistics import Difference, difference_of_means
from credserv.outcomes.survival import Wait, rmst_difference, survival
from credserv.records.outcomes import Fact, FactKind

HAD_WITHIN = timedelta(days=30)  # after a start


@dataclass(frozen=True)
class Watched:
    """One person from the end of the first days on.

    Attributes:
        rate: What was counted of their work, per unit of exposure; None if nothing was.
        stay: Until they left, or were last seen.
    """

    membership_id: str
    rate: float | None
    stay: Wait


@dataclass(frozen=True)
class Together:
    """An association.

    Attributes:
        people: How many had it and how many had not, of those of whom something is known.
    """

    people: tuple[int, int]
    difference: Difference | None


def find_watched(
    facts: Sequence[Fact], pathway: str, signal: str, ends: Mapping[str, Sequence[datetime]], cut: datetime
) -> list[Watched]:
    """Return who began and was here at the end of the first days.

    Args:
        facts: Earliest first.
        ends: When each person left.
    """
    counted: defaultdict[str, list[Fact]] = defaultdict(list)
    for one in facts:
        if one.kind is FactKind.SIGNAL and one.about == signal:
            counted[one.membership_id].append(one)
    found = []
    for member, start in first_of_each(facts, FactKind.STARTED, pathway).items():
        begin = start.occurred_at + HAD_WITHIN
        left = next((end for end in ends.get(member, ()) if end > start.occurred_at), None)
        if begin > cut or (left is not None and left <= begin):
            continue
        stay = Wait(((left or cut) - begin) / DAY, left is not None)
        found.append(Watched(member, _rate(counted[member], begin), stay))
    return found


def had_by(
    facts: Iterable[Fact], starts: Mapping[str, Fact], kind: FactKind, *, elsewhere: bool = False
) -> frozenset[str]:
    """Return who had an experience within the first days.

    Args:
        starts: Of each person who began.
        elsewhere: Only those of a different pathway.
    """
    return frozenset(
        one.membership_id
        for one in facts
        if one.kind is kind
        and (start := starts.get(one.membership_id)) is not None
        and is_early(one.occurred_at, start)
        and not (elsewhere and one.about == start.about)
    )


def is_early(at: datetime, start: Fact) -> bool:
    """Return whether an instant is within the first days after a start."""
    return start.occurred_at <= at <= start.occurred_at + HAD_WITHIN


def with_performance(watched: Sequence[Watched], had: frozenset[str]) -> Together:
    """Return the mean rate of those who had it minus that of the others (Welch)."""
    rates = {one.membership_id: one.rate for one in watched if one.rate is not None}
    having = [rate for member, rate in rates.items() if member in had]
    others = [rate for member, rate in rates.items() if member not in had]
    return Together((len(having), len(others)), difference_of_means(having, others))


def with_staying(watched: Sequence[Watched], had: frozenset[str], tau: float) -> Together:
    """Return the mean days here, up to `tau`, of those who had it minus those of the others."""
    having = [one.stay for one in watched if one.membership_id in had]
    others = [one.stay for one in watched if one.membership_id not in had]
    between = rmst_difference(survival(having, tau), survival(others, tau))
    return Together((len(having), len(others)), None if between is None else Difference(*between))


def _rate(counted: Iterable[Fact], begin: datetime) -> float | None:
    later = [one for one in counted if one.occurred_at > begin]
    exposure = sum(one.exposure or 0.0 for one in later)
    return sum(one.count or 0.0 for one in later) / exposure if exposure > 0 else None

"""Which experiences go with how people do, and with staying: who had one beside who had not.

Who has an experience has lived to have it, and who leaves early has had few: to count all who ever had one
would show an effect where there is none (immortal time). So experiences count that were had in the first days
after a start, of those alone who are still here after them, and what is compared happened later.
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
    """One person from the end of the first days on. rate: what was counted of their work for each of what it
    was counted over; None where nothing was. stay: until they left, or were last seen."""

    membership_id: str
    rate: float | None
    stay: Wait


@dataclass(frozen=True)
class Together:
    """people: who had it, and who had not, of whom anything is known."""

    people: tuple[int, int]
    difference: Difference | None


def find_watched(
    facts: Sequence[Fact], pathway: str, signal: str, ends: Mapping[str, Sequence[datetime]], cut: datetime
) -> list[Watched]:
    """Of who began and was here at the end of the first days. facts: the earliest first."""
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
    """Who had what a kind of fact tells of, within the first days. starts: of each who began. elsewhere: of
    another pathway than that alone."""
    return frozenset(
        one.membership_id
        for one in facts
        if one.kind is kind
        and (start := starts.get(one.membership_id)) is not None
        and is_early(one.occurred_at, start)
        and not (elsewhere and one.about == start.about)
    )


def is_early(at: datetime, start: Fact) -> bool:
    return start.occurred_at <= at <= start.occurred_at + HAD_WITHIN


def with_performance(watched: Sequence[Watched], had: frozenset[str]) -> Together:
    """The mean rate of who had it, less that of the others (Welch)."""
    rates = {one.membership_id: one.rate for one in watched if one.rate is not None}
    having = [rate for member, rate in rates.items() if member in had]
    others = [rate for member, rate in rates.items() if member not in had]
    return Together((len(having), len(others)), difference_of_means(having, others))


def with_staying(watched: Sequence[Watched], had: frozenset[str], tau: float) -> Together:
    """The mean days here, up to `tau`, of who had it, less those of the others."""
    having = [one.stay for one in watched if one.membership_id in had]
    others = [one.stay for one in watched if one.membership_id not in had]
    between = rmst_difference(survival(having, tau), survival(others, tau))
    return Together((len(having), len(others)), None if between is None else Difference(*between))


def _rate(counted: Iterable[Fact], begin: datetime) -> float | None:
    later = [one for one in counted if one.occurred_at > begin]
    exposure = sum(one.exposure or 0.0 for one in later)
    return sum(one.count or 0.0 for one in later) / exposure if exposure > 0 else None

"""Stretch assignments: which criteria of success were met, not met or unknown, and who says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from credserv.records.outcomes import Fact, FactKind

ALL_MET, NOT_MET, UNKNOWN = "all met", "one or more not met", "not known yet"
MET = {True: "met", False: "not met", None: "not known"}


@dataclass(frozen=True)
class Judged:
    """A criterion as last reported.

    Attributes:
        told_by: The membership that reported it.
    """

    criterion: str
    met: bool | None
    told_by: str
    at: datetime


def judged_by_member(facts: Iterable[Fact], project: str) -> dict[str, tuple[Judged, ...]]:
    """Return the criteria of each person in a project.

    Args:
        facts: Earliest first.
    """
    found: defaultdict[str, dict[str, Judged]] = defaultdict(dict)
    for one in facts:
        if one.kind is FactKind.PROJECT and one.about == project:
            for said in one.criteria:
                judged = Judged(said.criterion, said.met, one.told_by, one.occurred_at)
                found[one.membership_id][said.criterion] = judged
    return {member: tuple(of.values()) for member, of in found.items()}


def count_judged(by_member: Iterable[tuple[Judged, ...]]) -> dict[str, dict[str, int]]:
    """Return how many people stand how, over everything and then by criterion."""
    together = dict.fromkeys((ALL_MET, NOT_MET, UNKNOWN), 0)
    each: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MET.values(), 0))
    for judged in by_member:
        met = {one.met for one in judged}
        together[NOT_MET if False in met else UNKNOWN if None in met else ALL_MET] += 1
        for one in judged:
            each[one.criterion][MET[one.met]] += 1
    return {"": together, **dict(sorted(each.items()))}

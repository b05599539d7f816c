"""Which facts of a person belong together: before and after, start and mastery, counts and exposure.

Facts come earliest first, and only from people who may be counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.outcomes.statistics import Person
from credserv.records.outcomes import Fact, FactKind

DAY = timedelta(days=1)
AFTER_WITHIN = timedelta(days=90)
FIRST_WEEK = timedelta(days=7)
LATER_FROM, LATER_UNTIL = timedelta(days=30), timedelta(days=365)  # for a second assessment after the first

Scale = tuple[str, float | None]  # the instrument with its version, and its maximum


@dataclass(frozen=True)
class Pair:
    """Two assessments of one person.

    Attributes:
        mentored: None if whoever reported the start did not say.
    """

    mentored: bool | None
    pre: float
    post: float
    scale: Scale


@dataclass(frozen=True)
class Kept:
    """A pair of one person who was assessed again.

    Attributes:
        later: None if not yet, or no longer in time.
        is_due: Whether enough time has passed since the assessment before it.
    """

    pair: Pair
    later: float | None
    is_due: bool


@dataclass(frozen=True)
class Span:
    """From a start until something happened (mastery, leaving), or until the person was last seen."""

    mentored: bool | None
    days: float
    happened: bool


def first_of_each(facts: Iterable[Fact], kind: FactKind, pathway: str) -> dict[str, Fact]:
    """Return the first fact of each person."""
    return {member: of[0] for member, of in _of_each(facts, kind, pathway).items()}


def find_pairs(facts: Sequence[Fact], pathway: str) -> tuple[list[Pair], int]:
    """Return who was assessed before and after, and how many only before.

    The last assessment until the start counts as before, or else one of the first week. The first one from
    mastery on, at most 90 days later, counts as after. Without one, or without mastery, the first one on the
    way counts, because leaving out those who did not get there would flatter the result. Both use the same
    instrument in the same version, on the same scale.
    """
    matched = _matched(facts, pathway)
    pairs = [_pair(start, *pair) for start, pair in matched if pair is not None]
    return pairs, len(matched) - len(pairs)


def find_kept(facts: Sequence[Fact], pathway: str, cut: datetime) -> list[Kept]:
    """Return, for each pair (`find_pairs`), the first repetition of the same assessment 30 to 365 days
    later.
    """
    post = _of_each(facts, FactKind.POST, pathway)
    found = []
    for start, pair in _matched(facts, pathway):
        if pair is None:
            continue
        second = pair[1]
        again = (
            one.score
            for one in post[start.membership_id]
            if LATER_FROM <= one.occurred_at - second.occurred_at <= LATER_UNTIL
            and _kind(one) == _kind(second)
        )
        is_due = second.occurred_at + LATER_FROM <= cut
        found.append(Kept(_pair(start, *pair), next(again, None), is_due))
    return found


def find_stays(
    facts: Sequence[Fact], pathway: str, ends: Mapping[str, Sequence[datetime]], cut: datetime
) -> list[Span]:
    """Return the time from the start of a pathway until each person left; those still
    there were seen until the cut.
    """
    found = []
    for member, start in first_of_each(facts, FactKind.STARTED, pathway).items():
        left = next((end for end in ends.get(member, ()) if end > start.occurred_at), None)
        found.append(Span(start.mentored, ((left or cut) - start.occurred_at) / DAY, left is not None))
    return found


def most_used(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs on the most used scale; versions of an assessment are never pooled."""
    by_scale: defaultdict[Scale, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_scale[pair.scale].append(pair)
    return max(by_scale.values(), key=len, default=[])


def find_spans(
    facts: Sequence[Fact], pathway: str, ends: Mapping[str, Sequence[datetime]], cut: datetime
) -> list[Span]:
    """Return the time from start to mastery.

    Args:
        ends: When each person left, in order. Those who left, or are not there yet at the cut, were seen
            until then.
    """
    mastered = _of_each(facts, FactKind.MASTERED, pathway)
    found = []
    for member, start in first_of_each(facts, FactKind.STARTED, pathway).items():
        began = start.occurred_at
        seen = min([cut, *(end for end in ends.get(member, ()) if end > began)])
        reached = _reached(mastered[member], start)
        happened = reached is not None and reached <= seen
        until = reached if reached is not None and happened else seen
        found.append(Span(start.mentored, (until - began) / DAY, happened))
    return found


def find_counts(
    facts: Sequence[Fact],
    pathway: str,
    signal: str = "",
    *,
    project: str = "",
    within: timedelta | None = None,
) -> list[Person]:
    """Return the counts of those who have signals both before and after the start of a pathway.

    Args:
        signal: "" for any.
        project: "" for any.
        within: Only up to this long after the start.
    """
    starts = first_of_each(facts, FactKind.STARTED, pathway)
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for one in facts:
        start = starts.get(one.membership_id)
        if start is None or one.kind is not FactKind.SIGNAL or signal not in ("", one.about):
            continue
        if project not in ("", one.project):
            continue
        since = one.occurred_at - start.occurred_at
        if within is not None and since > within:
            continue
        place = 0 if since < timedelta(0) else 2
        sums[one.membership_id][place] += one.count or 0.0
        sums[one.membership_id][place + 1] += one.exposure or 0.0
    return [Person(*values) for _, values in sorted(sums.items()) if values[1] > 0 and values[3] > 0]


def _matched(facts: Sequence[Fact], pathway: str) -> list[tuple[Fact, tuple[Fact, Fact] | None]]:
    """Return the start of each person assessed before, with the pair if there is one."""
    mastered = _of_each(facts, FactKind.MASTERED, pathway)
    pre, post = _of_each(facts, FactKind.PRE, pathway), _of_each(facts, FactKind.POST, pathway)
    found = []
    for member, start in first_of_each(facts, FactKind.STARTED, pathway).items():
        before = _before(pre[member], start.occurred_at)
        if before:
            after = _later(post[member], start, _reached(mastered[member], start))
            found.append((start, _matching(before, after)))
    return found


def _pair(start: Fact, first: Fact, second: Fact) -> Pair:
    return Pair(start.mentored, first.score or 0.0, second.score or 0.0, _scale(first))


def _before(pre: Sequence[Fact], start: datetime) -> list[Fact]:
    """Return candidates, best first."""
    until = [one for one in pre if one.occurred_at <= start]
    return until[::-1] or [one for one in pre if one.occurred_at <= start + FIRST_WEEK]


def _reached(mastered: Iterable[Fact], start: Fact) -> datetime | None:
    """Return when they first got there after they began."""
    return next((one.occurred_at for one in mastered if one.occurred_at >= start.occurred_at), None)


def _later(post: Sequence[Fact], start: Fact, end: datetime | None) -> list[Fact]:
    """Return candidates, best first."""
    began = [one for one in post if one.occurred_at >= start.occurred_at]
    if end is None:
        return began
    after = [one for one in began if end <= one.occurred_at <= end + AFTER_WITHIN]
    return after + [one for one in began if one.occurred_at < end]


def _matching(before: Sequence[Fact], after: Sequence[Fact]) -> tuple[Fact, Fact] | None:
    for second in after:
        for first in before:
            if first.occurred_at <= second.occurred_at and _kind(first) == _kind(second):
                return first, second
    return None


def _scale(fact: Fact) -> Scale:
    return fact.instrument, fact.maximum


def _kind(fact: Fact) -> tuple[Scale, str]:
    return _scale(fact), fact.competency


def _of_each(facts: Iterable[Fact], kind: FactKind, pathway: str) -> defaultdict[str, list[Fact]]:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for one in facts:
        if one.kind is kind and one.about == pathway:
            found[one.membership_id].append(one)
    return found

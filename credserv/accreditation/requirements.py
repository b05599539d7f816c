"""Evaluate what a programme asks over the facts about a person: each requirement
met or open, with its numbers.

Pure, with two times: `at` is the instant judged, `known` the instant whose knowledge counts. What was
reported after `known` does not count, nor does what happened after `at`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.months import add_months
from credserv.accreditation.programme import Ask, Requirement, Unit, Window

COUNTS = ""
HELD_BEFORE = "held-before"  # a lapsed accreditation, which counts where it need not be in force


@dataclass(frozen=True)
class Fact:
    """Something known of a person.

    Attributes:
        kind: What requirements count.
        at: When it happened.
        known: When it became known here.
        why: COUNTS, or the code of why it does not count.
        who: The endorser, assessor, mentee or rater, or whoever declares it.
        amount: Minutes, per cent or months, by kind.
        level: Of an observation or accreditation.
        category: Of development or practice; what is declared; a client; the name of an accreditation.
        source: Its reference or id.
    """

    kind: str
    at: datetime
    known: datetime
    why: str = COUNTS
    who: str = ""
    amount: float = 0
    level: int = 0
    category: str = ""
    competency: str = ""
    source: str = ""


@dataclass(frozen=True)
class Count:
    """How much of an ask was counted.

    Attributes:
        have: As far as it was counted.
    """

    unit: Unit
    have: float
    need: int
    category: str = ""

    @property
    def is_met(self) -> bool:
        return self.have >= self.need


@dataclass(frozen=True)
class Finding:
    """A requirement as it stands.

    Attributes:
        counts: One for each ask.
        parts: How many parts of the term have met it, and how many have to.
        is_declared: Whether a person declared it met.
        left_out: Why known facts do not count, and how often.
        facts: Those that count.
        routes: For `any_of`, the findings of each route.
    """

    requirement: Requirement
    is_met: bool
    counts: tuple[Count, ...] = ()
    parts: tuple[int, int] | None = None
    is_declared: bool = False
    left_out: tuple[tuple[str, int], ...] = ()
    facts: tuple[Fact, ...] = ()
    routes: tuple[tuple[Finding, ...], ...] = ()


def evaluate(
    requirements: Sequence[Requirement],
    facts: Sequence[Fact],
    *,
    at: datetime,
    known: datetime,
    term_from: datetime | None = None,
) -> tuple[Finding, ...]:
    """Return the findings, in the order of the requirements.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
        term_from: When the running term began; None for a first grant.
    """
    seen = [fact for fact in facts if fact.at <= at and fact.known <= known]
    return tuple(_find(one, seen, at, term_from) for one in requirements)


def is_grantable(findings: Sequence[Finding]) -> bool:
    """Return whether everything is met.

    Without any requirement it is not, because there is no grant without evidence.
    """
    return bool(findings) and all(one.is_met for one in findings)


def open_ones(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are not met."""
    return tuple(one for one in findings if not one.is_met)


def _find(
    requirement: Requirement, facts: Sequence[Fact], at: datetime, term_from: datetime | None
) -> Finding:
    if requirement.routes:
        found = tuple(
            tuple(_find(one, facts, at, term_from) for one in route) for route in requirement.routes
        )
        is_met = any(all(one.is_met for one in route) for route in found)
        return Finding(requirement, is_met, routes=found)
    inside = [fact for fact in facts if fact.kind == requirement.counted and _is_asked(requirement, fact)]
    begin = _begin(requirement.window, at, term_from)
    good = [fact for fact in inside if _counts(requirement, fact)]
    counting = [fact for fact in good if begin is None or fact.at >= begin]
    left_out = Counter(fact.why for fact in inside if not _counts(requirement, fact)).items()
    counts = tuple(_count(ask, counting, at) for ask in requirement.asks)
    is_met = bool(counts) and all(one.is_met for one in counts)
    parts = None
    if requirement.window.per_months:
        parts = _parts(requirement, counting, at, term_from)
        is_met = parts[0] >= parts[1]
    is_declared = requirement.by_person and _is_declared(requirement, facts, begin)
    if requirement.by_person:
        is_met = is_declared and (is_met or not counts)
    return Finding(requirement, is_met, counts, parts, is_declared, tuple(sorted(left_out)), tuple(counting))


def _is_asked(requirement: Requirement, fact: Fact) -> bool:
    """Return whether a fact is what is asked; another instrument or a lower level is not."""
    if requirement.kind == "accreditation":
        named = {ask.category for ask in requirement.asks} - {""}
        return fact.category in named if named else fact.level >= requirement.level
    if requirement.kind == "observation" and fact.level < requirement.level:
        return False
    is_other = requirement.instrument and fact.category and fact.category != requirement.instrument
    return not (requirement.kind in ("assessment", "observation") and is_other)


def _counts(requirement: Requirement, fact: Fact) -> bool:
    return fact.why == COUNTS or (fact.why == HELD_BEFORE and not requirement.in_force)


def _begin(window: Window, at: datetime, term_from: datetime | None) -> datetime | None:
    """Return from when on things count; None for no limit."""
    if window.in_term:
        return term_from
    if window.within_months:
        return add_months(at, -window.within_months)
    if window.per_months:
        return term_from or add_months(at, -window.per_months)
    return None


def _count(ask: Ask, facts: Sequence[Fact], at: datetime) -> Count:
    """Count the facts in the ask's unit."""
    of = [fact for fact in facts if not ask.category or fact.category == ask.category]
    return Count(ask.unit, _MEASURES[ask.unit](ask, of, at), ask.need, ask.category)


def _minutes(ask: Ask, facts: Sequence[Fact], _at: datetime) -> float:
    caps = dict(ask.caps)
    by_category: dict[str, float] = {}
    for fact in facts:
        by_category[fact.category] = by_category.get(fact.category, 0) + fact.amount
    return sum(min(amount, caps.get(name, amount)) for name, amount in by_category.items())


def _span(_ask: Ask, facts: Sequence[Fact], _at: datetime) -> float:
    if not facts:
        return 0
    return _whole_months(min(fact.at for fact in facts), max(fact.at for fact in facts))


def _months(_ask: Ask, facts: Sequence[Fact], at: datetime) -> float:
    """Return months as declared or held up to now; below 0 if there is nothing, so that asking
    for 0 months requires one fact.
    """
    held = [_whole_months(fact.at, at) if fact.kind == "accreditation" else fact.amount for fact in facts]
    return max(held, default=-1)


_MEASURES = {
    Unit.PIECES: lambda _ask, facts, _at: float(len(facts)),
    Unit.PEOPLE: lambda _ask, facts, _at: float(len({fact.who for fact in facts})),
    Unit.PERCENT: lambda _ask, facts, _at: max((fact.amount for fact in facts), default=-1.0),
    Unit.MINUTES: _minutes,
    Unit.MONTHS: _months,
    Unit.SPAN: _span,
}


def _whole_months(begin: datetime, end: datetime) -> int:
    months = (end.year - begin.year) * 12 + end.month - begin.month
    return months if add_months(begin, months) <= end else months - 1


def _parts(
    requirement: Requirement, facts: Sequence[Fact], at: datetime, term_from: datetime | None
) -> tuple[int, int]:
    """Return how many past parts of the term have met it; before one has passed, the first counts."""
    step = requirement.window.per_months or 1
    start = term_from or add_months(at, -step)
    over = max(1, _whole_months(start, at) // step)
    met = 0
    for number in range(over):
        low, high = add_months(start, number * step), add_months(start, (number + 1) * step)
        of = [fact for fact in facts if low <= fact.at < high or (number == over - 1 and fact.at == at)]
        met += all(_count(ask, of, at).is_met for ask in requirement.asks)
    return met, over


def _is_declared(requirement: Requirement, facts: Sequence[Fact], begin: datetime | None) -> bool:
    return any(
        fact.kind == "declaration"
        and fact.category == requirement.kind
        and fact.why == COUNTS
        and (begin is None or fact.at >= begin)
        for fact in facts
    )


# How a report names an open requirement, in the order of the checks.
_VERDICTS = (
    ("assessment", "assessment"),
    ("endorsements", "endorsements"),
    ("observation", "observed-level"),
)
GRANTABLE = "grantable"


def verdict(findings: Sequence[Finding]) -> str:
    """Return the first open one: assessment, endorsements, observed level, then everything else by kind."""
    unmet = [one.requirement.kind for one in open_ones(findings)]
    for kind, told in _VERDICTS:
        if kind in unmet:
            return told
    if unmet:
        return unmet[0]
    return GRANTABLE if findings else "nothing-asked"

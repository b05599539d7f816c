"""What stands of everything said about one activity, after applying whatever takes something back.

Observations count in the order of (occurred_at, event_id), whatever order they arrived in. Within one attempt
the last one stands. Another attempt takes nothing back from it, unless it names no attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from credserv.mastery.facts import Fact
from credserv.records.observations import Kind, Observation

# What takes each kind back. Somebody who failed after completing it has not passed either.
_TAKES_BACK = {
    Kind.COMPLETED: (Kind.FAILED, Kind.UNCOMPLETED, Kind.REVOKED),
    Kind.PASSED: (Kind.FAILED, Kind.UNCOMPLETED, Kind.REVOKED),
    Kind.MASTERED: (Kind.FAILED, Kind.UNCOMPLETED, Kind.REVOKED),
    Kind.GRADED: (Kind.REVOKED,),
    Kind.PROGRESS: (Kind.UNCOMPLETED, Kind.REVOKED),
    Kind.OBSERVED: (Kind.REVOKED,),
}

Sign = Callable[[Fact], bool | None]


@dataclass(frozen=True)
class Attempt:
    """An attempt.

    Attributes:
        first: Its first observation.
        last: What stands of it.
    """

    first: Fact
    last: Fact


@dataclass(frozen=True)
class Standing:
    """What stands.

    Attributes:
        held: Attempts of which something stands, earliest first.
        taken_back: What took back others.
        is_unclear: Whether something depends on the order while its time is not known.
    """

    held: tuple[Attempt, ...] = ()
    taken_back: tuple[Fact, ...] = ()
    is_unclear: bool = False


def kind_sign(kind: Kind) -> Sign:
    """Return True for what shows this kind, False for what takes it back, None
    for what says nothing about it.
    """
    takes_back = _TAKES_BACK[kind]

    def sign(fact: Fact) -> bool | None:
        seen = fact.observation
        if seen.kind in takes_back or _says_no(kind, seen):
            return False
        return True if seen.kind is kind or _says_yes(kind, seen) else None

    return sign


def _says_no(kind: Kind, seen: Observation) -> bool:
    if kind is Kind.COMPLETED and seen.completion is False:
        return True
    judged = (Kind.COMPLETED, Kind.PASSED, Kind.MASTERED)
    return seen.success is False and (kind in judged or (kind is seen.kind is Kind.OBSERVED))


def _says_yes(kind: Kind, seen: Observation) -> bool:
    """Return whether a statement of another kind says so in passing, like xAPI's `passed` with
    `completion`.
    """
    if seen.kind in (Kind.PROGRESS, Kind.IDENTITY, Kind.UNCOMPLETED, Kind.REVOKED):
        return False
    if kind is Kind.COMPLETED:
        return seen.completion is True
    return kind is Kind.PASSED and seen.success is True


def by_attempt(fact: Fact) -> Hashable | None:
    """Return the attempt; each installation numbers attempts separately."""
    attempt = fact.observation.attempt
    return None if attempt is None else (fact.namespace, attempt)


def by_asserter(fact: Fact) -> Hashable | None:
    """Return who said it."""
    return fact.asserter


def find_standing(
    facts: Iterable[Fact], sign: Sign, *, group: Callable[[Fact], Hashable | None] = by_attempt
) -> Standing:
    """Return what stands.

    Args:
        facts: About one activity, sorted as by `facts_in_force`.
    """
    signed = [(fact, value) for fact in facts if (value := sign(fact)) is not None]
    held: dict[Hashable | None, Attempt] = {}
    taken_back: dict[Hashable | None, Fact] = {}
    for fact, shows in signed:
        name = group(fact)
        if shows:
            known = held.get(name)
            held[name] = Attempt(fact if known is None else known.first, fact)
            taken_back.pop(name, None)
            continue
        for other in [known for known in held if name is None or known in (None, name)]:
            del held[other]
        taken_back[name] = fact
    undated = any(fact.observation.occurred_at is None for fact, _ in signed)
    return Standing(
        tuple(sorted(held.values(), key=lambda attempt: attempt.first.order)),
        tuple(taken_back.values()),
        undated and len({shows for _, shows in signed}) > 1,
    )

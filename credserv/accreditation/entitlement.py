"""Who is entitled to endorse or assess: by an accreditation that is valid at the time, or as a founder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.accreditation.standing import History, State, standing


class NotEntitled(StrEnum):
    """Why somebody is not entitled, in the order of the checks."""

    NOT_ACCREDITED = "not-accredited"
    OUT_OF_SCOPE = "out-of-scope"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    REVOKED_FROM_BEFORE = "revoked-from-before"  # found out later; as known then, it was valid


_DEPTH = list(NotEntitled)


@dataclass(frozen=True)
class Wanted:
    """What a role requires: a level, and the states in which an accreditation counts."""

    competency: str
    level: int
    states: Collection[State]


@dataclass(frozen=True)
class Held:
    """An accreditation of somebody.

    Attributes:
        level: Of its programme; 1 if it has none.
    """

    history: History
    competencies: Collection[str]
    level: int = 1


@dataclass(frozen=True)
class Founder:
    """An appointment that counts without an accreditation, in [appointed_at, until)."""

    appointed_at: datetime
    until: datetime
    competencies: Collection[str]


def judge_entitlement(
    held: Sequence[Held], founders: Sequence[Founder], wanted: Wanted, *, at: datetime, known: datetime
) -> NotEntitled | None:
    """Return None if somebody is entitled at an instant, as known at another; else
    the reason closest to counting.
    """
    reasons = [_by_founder(one, wanted, at, known) for one in founders]
    reasons += [_by_accreditation(one, wanted, at, known) for one in held]
    if None in reasons:
        return None
    told = [reason for reason in reasons if reason is not None]
    return max(told, key=_DEPTH.index, default=NotEntitled.NOT_ACCREDITED)


def _by_founder(one: Founder, wanted: Wanted, at: datetime, known: datetime) -> NotEntitled | None:
    if one.appointed_at > known or not one.appointed_at <= at < one.until:
        return NotEntitled.NOT_ACCREDITED
    return None if wanted.competency in one.competencies else NotEntitled.OUT_OF_SCOPE


def _by_accreditation(one: Held, wanted: Wanted, at: datetime, known: datetime) -> NotEntitled | None:
    stands = standing(one.history, at, known)
    if stands.term is None:
        return NotEntitled.NOT_ACCREDITED
    if one.level < wanted.level or wanted.competency not in one.competencies:
        return NotEntitled.OUT_OF_SCOPE
    if stands.state in wanted.states:
        return None
    revoked = one.history.revocation
    if stands.state is State.REVOKED and revoked is not None:
        is_later = revoked.decided_at > at
        return NotEntitled.REVOKED_FROM_BEFORE if is_later else NotEntitled.REVOKED
    return NotEntitled.SUSPENDED if stands.state is State.SUSPENDED else NotEntitled.LAPSED

"""The standing of an accreditation: in which state, since when, and whether it is in force.

There are two times. `at` is the instant judged, `known` the instant whose knowledge counts. A retroactive
revocation changes what was, and is not known before it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """The state; the value is what people, programs and reports read."""

    LIVE = "live"
    DUE = "due"
    GRACE = "grace"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    NOT_YET = "not-yet"


IN_FORCE = frozenset({State.LIVE, State.DUE, State.GRACE})


@dataclass(frozen=True)
class Term:
    """A term: [valid_from, term_end), then in grace until grace_end.

    `valid_from` is the instant of the decision, so the time between a lapse and a late renewal stays a gap.

    Attributes:
        notice: How long before term_end the renewal is due.
    """

    number: int
    valid_from: datetime
    term_end: datetime
    grace_end: datetime
    decided_at: datetime
    notice: timedelta

    @property
    def due_from(self) -> datetime:
        return self.term_end - self.notice


@dataclass(frozen=True)
class Hold:
    """A suspension. It does not stop the term's clock.

    Attributes:
        ends_at: When it was restored; None while it lasts.
    """

    begins_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Revocation:
    """A revocation.

    Attributes:
        effective_from: At or before decided_at.
        overturned_at: When an appeal was upheld.
    """

    effective_from: datetime
    decided_at: datetime
    overturned_at: datetime | None = None

    def holds_from(self, known: datetime) -> datetime:
        """Return from when it holds.

        An overturned one ended the badge when it was decided, and changes nothing before.
        """
        is_overturned = self.overturned_at is not None and self.overturned_at <= known
        return self.decided_at if is_overturned else self.effective_from


@dataclass(frozen=True)
class History:
    """The history of an accreditation.

    Attributes:
        terms: By number.
    """

    terms: tuple[Term, ...]
    holds: tuple[Hold, ...] = ()
    revocation: Revocation | None = None


@dataclass(frozen=True)
class Standing:
    """A standing.

    Attributes:
        since: When the state began; None if there is none yet.
        term: The term that counts; None if there is none yet.
    """

    state: State
    since: datetime | None
    term: Term | None = None

    @property
    def in_force(self) -> bool:
        return self.state in IN_FORCE


def standing(history: History, at: datetime, known: datetime) -> Standing:
    """Return the standing at an instant, as known at another."""
    begun = [term for term in history.terms if term.decided_at <= known and term.valid_from <= at]
    term = max(begun, key=lambda one: (one.valid_from, one.number), default=None)
    revoked = history.revocation
    if revoked is not None and revoked.decided_at <= known and revoked.holds_from(known) <= at:
        return Standing(State.REVOKED, revoked.holds_from(known), term)
    hold = _hold(history, at, known)
    if hold is not None:
        return Standing(State.SUSPENDED, hold.begins_at, term)
    if term is None:
        return Standing(State.NOT_YET, None)
    state, begins = _by_dates(term, at)
    if state is State.LAPSED:
        return Standing(state, begins, term)
    restored = [hold.ends_at for hold in history.holds if _has_ended(hold, at, known) and hold.ends_at]
    return Standing(state, max([begins, term.valid_from, *restored]), term)


def _by_dates(term: Term, at: datetime) -> tuple[State, datetime]:
    if at >= term.grace_end:
        return State.LAPSED, term.grace_end
    if at >= term.term_end:
        return State.GRACE, term.term_end
    if at >= term.due_from:
        return State.DUE, term.due_from
    return State.LIVE, term.valid_from


def _hold(history: History, at: datetime, known: datetime) -> Hold | None:
    for hold in history.holds:
        if hold.begins_at <= min(at, known) and not _has_ended(hold, at, known):
            return hold
    return None


def _has_ended(hold: Hold, at: datetime, known: datetime) -> bool:
    return hold.ends_at is not None and hold.ends_at <= min(at, known)

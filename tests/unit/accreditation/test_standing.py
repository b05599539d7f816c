"""How an accreditation stands, by the vectors, and what they leave open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.accreditation.entitlement import Founder, Held, NotEntitled, Wanted, judge_entitlement
from credserv.accreditation.months import add_months
from credserv.accreditation.standing import IN_FORCE, History, Hold, Revocation, State, Term, standing
from tests.testkit.shared import shared_path

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared_path("accreditation/standing-vectors.json").read_text())
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told() -> History:
    known = vectors()
    notice = timedelta(days=known["rule"]["notice_days"])
    terms, begun, holds, revoked = [], [], [], None
    for one in known["history"]:
        at = instant(one["at"])
        if one["what"] == "suspended":
            begun.append(at)
        elif one["what"] == "restored":
            holds.append(Hold(begun.pop(), at))
        elif one["what"] == "revoked":
            revoked = Revocation(instant(one["effective_from"]), at)
        else:
            ends = (instant(one["term_end"]), instant(one["grace_end"]))
            terms.append(Term(len(terms) + 1, at, *ends, decided_at=at, notice=notice))
    return History(tuple(terms), tuple(holds), revoked)


def test_month_ends() -> None:
    for begin, months, end in vectors()["month_ends"]:
        assert add_months(instant(begin), months) == instant(end)


def test_states_and_since_at_each_instant() -> None:
    history = told()
    for at, state, since, in_force, *known in vectors()["states"]:
        when = instant(at)
        as_of = NEVER if "2027-09-01" in str(known) else when
        found = standing(history, when, as_of)
        assert (found.state, found.in_force) == (state, in_force), at
        assert found.since == (None if since is None else instant(since)), at


def test_the_gap_before_a_late_renewal_never_becomes_live() -> None:
    in_gap = instant("2027-04-15T00:00:00Z")
    assert standing(told(), in_gap, instant("2027-06-01T00:00:00Z")).state is State.LAPSED


def test_a_short_term_is_live_before_its_notice_begins() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    end = begin + timedelta(days=60)
    term = Term(1, begin, end, end + timedelta(days=30), begin, timedelta(days=14))
    assert standing(History((term,)), begin, begin).state is State.LIVE
    assert standing(History((term,)), end - timedelta(days=14), end).state is State.DUE


FEEDBACK = Wanted("feedback", 1, IN_FORCE)


@pytest.mark.parametrize(
    ("at", "known", "reason"),
    [
        ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z", NotEntitled.NOT_ACCREDITED),
        ("2025-02-01T00:00:00Z", "2025-02-01T00:00:00Z", None),
        ("2025-06-15T00:00:00Z", "2025-06-15T00:00:00Z", NotEntitled.SUSPENDED),
        ("2027-04-15T00:00:00Z", "2027-06-01T00:00:00Z", NotEntitled.LAPSED),
        ("2027-07-01T00:00:00Z", "2027-07-01T00:00:00Z", None),
        ("2027-07-01T00:00:00Z", "2027-09-01T00:00:00Z", NotEntitled.REVOKED_FROM_BEFORE),
        ("2027-10-01T00:00:00Z", "2027-10-01T00:00:00Z", NotEntitled.REVOKED),
    ],
)
def test_who_is_entitled(at: str, known: str, reason: NotEntitled | None) -> None:
    held = [Held(told(), ("feedback",))]
    assert judge_entitlement(held, [], FEEDBACK, at=instant(at), known=instant(known)) is reason


def test_entitlement_is_judged_by_scope_before_state() -> None:
    suspended = instant("2025-06-15T00:00:00Z")
    other = Wanted("planning", 1, IN_FORCE)
    held = [Held(told(), ("feedback",))]
    assert judge_entitlement(held, [], other, at=suspended, known=suspended) is NotEntitled.OUT_OF_SCOPE
    higher = Wanted("feedback", 2, IN_FORCE)
    assert judge_entitlement(held, [], higher, at=suspended, known=suspended) is NotEntitled.OUT_OF_SCOPE


def test_a_founder_counts_until_their_date() -> None:
    begin, until = instant("2026-01-01T00:00:00Z"), instant("2026-07-01T00:00:00Z")
    founder = [Founder(begin, until, ("feedback",))]
    assert judge_entitlement([], founder, FEEDBACK, at=begin, known=begin) is None
    ended = judge_entitlement([], founder, FEEDBACK, at=until, known=until)
    assert ended is NotEntitled.NOT_ACCREDITED

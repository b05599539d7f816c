"""Which assessments of one person are a pair, and which time is counted until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.outcomes.pairing import find_counts, find_pairs, find_spans, most_used
from credserv.records.outcomes import Fact, FactKind

START = datetime(2026, 1, 1, tzinfo=UTC)
PRE, POST, STARTED, MASTERED = FactKind.PRE, FactKind.POST, FactKind.STARTED, FactKind.MASTERED


def fact(day: float, kind: FactKind, score: float | None = None, **more: Any) -> Fact:
    at = START + timedelta(days=day)
    known: dict[str, Any] = {"maximum": None if score is None else 100.0, "about": "onboarding"} | more
    return Fact(f"{day}{kind}{more}", "ada", kind, occurred_at=at, received_at=at, score=score, **known)


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([(-9, PRE, 30), (-1, PRE, 40), (61, POST, 70), (80, POST, 90)], (40, 70)),
        ([(-1, PRE, 40), (20, POST, 50), (61, POST, 70)], (40, 70)),  # on the way, and from mastery on
        ([(-1, PRE, 40), (59, POST, 60)], (40, 60)),
        ([(-1, PRE, 40), (150, POST, 70)], (40, 70)),
        ([(-1, PRE, 40), (151, POST, 70)], None),  # 91 days after mastery
        ([(3, PRE, 45), (61, POST, 70)], (45, 70)),  # in the first week
        ([(8, PRE, 45), (61, POST, 70)], None),
        ([(61, POST, 70)], None),
    ],
)
def test_pairs(tests: list[tuple[float, FactKind, float]], expected: tuple[float, float] | None) -> None:
    facts = [fact(0, STARTED, mentored=True), fact(60, MASTERED), *(fact(*one) for one in tests)]
    pairs, alone = find_pairs(sorted(facts, key=lambda one: one.occurred_at), "onboarding")
    assert [(one.pre, one.post) for one in pairs] == ([] if expected is None else [expected])
    has_baseline = any(kind is PRE and day <= 7 for day, kind, _ in tests)
    assert alone == (1 if expected is None and has_baseline else 0)


def test_who_did_not_get_there_is_not_left_out() -> None:
    facts = [fact(-1, PRE, 40), fact(0, STARTED), fact(200, POST, 41)]
    assert [(one.pre, one.post) for one in find_pairs(facts, "onboarding")[0]] == [(40, 41)]


def test_two_versions_and_two_scales_are_never_pooled() -> None:
    facts = [fact(-1, PRE, 40, instrument="v1"), fact(0, STARTED), fact(9, POST, 41, instrument="v2")]
    assert find_pairs(facts, "onboarding") == ([], 1)
    facts = [fact(-1, PRE, 40), fact(0, STARTED), fact(9, POST, 41, maximum=50.0)]
    assert find_pairs(facts, "onboarding") == ([], 1)
    assert most_used([]) == []


def test_leaving_and_the_cut_end_what_is_seen() -> None:
    facts = [fact(0, STARTED), fact(60, MASTERED)]

    def seen(cut: float, *left: float) -> tuple[float, bool]:
        ends = {"ada": [START + timedelta(days=day) for day in left]}
        (span,) = find_spans(facts, "onboarding", ends, START + timedelta(days=cut))
        return span.days, span.happened

    assert seen(100) == (60, True)
    assert seen(60) == (60, True)
    assert seen(50) == (50, False)
    assert seen(100, 30) == (30, False)
    assert seen(100, -5, 80) == (60, True)


def test_counts_need_both_sides() -> None:
    signals = [
        fact(day, FactKind.SIGNAL, about="errors", count=float(count), exposure=10.0)
        for day, count in ((-20, 4), (-10, 2), (10, 1), (50, 1))
    ]
    facts = [*signals[:2], fact(0, STARTED), *signals[2:]]
    (one,) = find_counts(facts, "onboarding", "errors")
    assert (one.count_before, one.exposure_before, one.count_after, one.exposure_after) == (6, 20, 2, 20)
    (one,) = find_counts(facts, "onboarding", within=timedelta(days=30))
    assert one.count_after == 1
    assert find_counts(facts[2:], "onboarding") == []
    assert find_counts(facts, "onboarding", "complaints") == []

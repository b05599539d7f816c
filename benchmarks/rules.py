"""What one observation costs in rules: by achievements with one, and by observations of the person.

.venv/bin/python -m benchmarks.rules
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from credserv.mastery.facts import Fact
from credserv.mastery.index import CurrentRule, RuleIndex
from credserv.mastery.judging import judge_rule
from credserv.mastery.reading import parse_rule
from credserv.mastery.rule import Rule
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation

_ACHIEVEMENTS = (1, 10, 100, 1_000)
_OBSERVATIONS = (1, 100, 10_000)
_ROUNDS = 5
_NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RulePoint:
    """reading: CPU milliseconds to read all rules once. judging: to find those that one observation touches,
    and judge them by all of the person's."""

    achievements: int
    observations: int
    reading: float
    judging: float


def measure_rules() -> Sequence[RulePoint]:
    return [_measure(rules, facts) for rules in _ACHIEVEMENTS for facts in _OBSERVATIONS]


def _measure(achievements: int, observations: int) -> RulePoint:
    began = time.process_time()
    index = RuleIndex(CurrentRule(1, _rule(number)) for number in range(achievements))
    reading = time.process_time() - began
    facts = [_fact(number, achievements) for number in range(observations)]
    taken = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for current in index.touching(facts[-1]):
            judge_rule(current.rule, facts, (), _NOW)
        taken.append(time.process_time() - began)
    return RulePoint(achievements, observations, reading * 1_000, min(taken) * 1_000)


def _rule(number: int) -> Rule:
    """Of a course, its quiz, and somebody's word."""
    course = {"observed": {"kind": "completed", "activity": f"course-{number}", "within_days": 3_650}}
    quiz = {"result": {"activity": f"quiz-{number}", "of": "scaled", "at_least": 0.8}}
    word = {"observed": {"kind": "observed", "by_role": "assessor"}}
    when = {"all": [course, {"any": [quiz, word]}]}
    return parse_rule({"when": when}, achievement=f"achievement-{number}")


def _fact(number: int, achievements: int) -> Fact:
    """Of one course after another, each time its quiz and its completion."""
    course, is_quiz = divmod(number, 2)
    name = f"{'quiz' if is_quiz else 'course'}-{course % achievements}"
    seen = Observation(
        str(number),
        "sample",
        Kind.GRADED if is_quiz else Kind.COMPLETED,
        (),
        (ActivityReference(ActivityKind.COURSE, name),),
        _NOW - timedelta(minutes=number),
        scaled=Decimal("0.9") if is_quiz else None,
    )
    return Fact(str(number), seen, "campus", "campus")


if __name__ == "__main__":
    for point in measure_rules():
        print(
            f"{point.achievements:>6} achievements {point.observations:>6} observations "
            f"{point.reading:8.1f} ms to read all rules once {point.judging:8.2f} ms for one observation"
        )

"""Judge a source's mapping over everything one person did: what they have earned by it now.

Of the observations of a course, in order, the last one that decides counts. One that reaches a threshold
earns the achievement; one that takes it back (not passed, a completion or award undone, a grade lowered
below) does not; one that lacks a required score changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from credserv.records.observations import Kind, Observation
from credserv.records.observed import ObservationRecord, in_force
from credserv.sources.mapping import EventMapping, ResultDraft, Rule, draft_results

_MOST_CREDIT = Decimal("1.1")
_TAKES_BACK = frozenset((Kind.FAILED, Kind.UNCOMPLETED, Kind.REVOKED))
_RATES = frozenset((Kind.GRADED, Kind.MASTERED))  # the current grade, so that a lower one takes back
_SAYS_NOTHING = frozenset((Kind.IDENTITY, Kind.PROGRESS, Kind.OBSERVED))


@dataclass(frozen=True)
class Mapped:
    """The judgement on one person and one achievement.

    Attributes:
        is_met: None if nothing was decided.
        record, rule: what decided it.
        results: those it gives.
    """

    achievement_key: str
    is_met: bool | None = None
    record: ObservationRecord | None = None
    rule: Rule | None = None
    results: tuple[ResultDraft, ...] = ()


def keys_touched(mapping: EventMapping, observation: Observation) -> tuple[str, ...]:
    """Return the achievements whose rules use it, in rule order."""
    touched = (rule.achievement_key for rule in mapping.rules if _concerns(rule, observation))
    return tuple(dict.fromkeys(touched))


def judge_mapping(mapping: EventMapping, achievement_key: str, set_: Sequence[ObservationRecord]) -> Mapped:
    """Judge what one person did in the mapping's source (`set_`).

    Of several courses that earn it, one suffices.
    """
    by_course: dict[str, Mapped] = {}
    standing = in_force(set_)
    voided = sorted((one for one in set_ if one not in standing), key=lambda one: one.order)
    for record in (*voided, *standing):
        rules = [rule for rule in mapping.rules if _concerns(rule, record.observation)]
        if rules:
            course = record.observation.activities[0].value
            before = by_course.get(course, Mapped(achievement_key))
            by_course[course] = (
                Mapped(achievement_key, False, record) if record in voided else _step(before, record, rules)
            )
    decided = sorted(by_course.values(), key=_weight)
    return decided[-1] if decided else Mapped(achievement_key)


def _weight(verdict: Mapped) -> tuple[bool, bool, tuple[datetime, str]]:
    """Sort met before not met before undecided, and by the latest of each."""
    order = (datetime.min.replace(tzinfo=UTC), "") if verdict.record is None else verdict.record.order
    return verdict.is_met is True, verdict.is_met is False, order


def score_of(observation: Observation) -> Decimal | None:
    """Return a score from 0 to 1: as sent, else computed from raw and maximum.

    A little extra credit counts as 1.
    """
    score = observation.scaled
    if score is None and observation.raw is not None and observation.max is not None:
        low = observation.min or Decimal(0)
        score = None if observation.max <= low else (observation.raw - low) / (observation.max - low)
    if score is None or not score.is_finite() or not 0 <= score <= _MOST_CREDIT:
        return None
    return min(score, Decimal(1))


def _step(before: Mapped, record: ObservationRecord, rules: Sequence[Rule]) -> Mapped:
    own = [rule for rule in rules if rule.achievement_key == before.achievement_key]
    if not own:
        return before
    observation = record.observation
    if takes_back(observation):
        return Mapped(before.achievement_key, False, record, own[0])
    score = score_of(observation)
    first = next((rule for rule in rules if _is_reached(rule, observation, score)), None)
    if first is not None and first.achievement_key == before.achievement_key:
        results = () if score is None else draft_results(first, float(score))
        return Mapped(before.achievement_key, True, record, first, results)
    if observation.kind in _RATES and score is not None:
        return Mapped(before.achievement_key, False, record, own[0])
    return before


def takes_back(observation: Observation) -> bool:
    """Return whether it says that somebody has not, or no longer, done it."""
    return (
        observation.kind in _TAKES_BACK or observation.success is False or observation.completion is False
    ) and observation.kind not in _SAYS_NOTHING


def may_take_back(observation: Observation) -> bool:
    """Return whether it may undo what was earned: it takes back, or is a grade, which may be lower."""
    return takes_back(observation) or observation.kind in _RATES


def _is_reached(rule: Rule, observation: Observation, score: Decimal | None) -> bool:
    if rule.minimum_score is not None:
        return score is not None and score >= Decimal(repr(rule.minimum_score))
    return observation.kind is not Kind.GRADED or observation.success is True


def _concerns(rule: Rule, observation: Observation) -> bool:
    """Return whether a rule is about the same. What takes back concerns every rule for that."""
    if not observation.activities or observation.kind in _SAYS_NOTHING:
        return False
    is_of_event = rule.event in (observation.event_type, observation.kind.value)
    return rule.is_of_course(observation.activities[0].value) and (is_of_event or takes_back(observation))

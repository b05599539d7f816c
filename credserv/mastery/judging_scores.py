"""Leaves that require scores: `result` and `gain`. Numbers are exact, and odd values decide nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from credserv.mastery.facts import Fact
from credserv.mastery.known import MET, Judged, Known, choose, say_day
from credserv.mastery.measures import Score, read_level, read_plain_number, read_score, write_number
from credserv.mastery.rule import Gain, Measure, Scored
from credserv.mastery.standing import Attempt, Sign, Standing
from credserv.mastery.verdict import Answer, Found, LeafVerdict
from credserv.records.observations import Kind

# A part says nothing of the whole, and a grade that was taken back is no grade.
_NO_RESULT = (Kind.PROGRESS, Kind.IDENTITY, Kind.UNCOMPLETED, Kind.REVOKED)


def judge_scored(leaf: Scored, known: Known) -> LeafVerdict:
    """Judge a score. Somebody who was told that they failed has not reached it, whatever the score says."""
    standing = known.standing(
        leaf.activity, lambda fact: False if _is_against(fact) else _tells(fact, leaf.of)
    )
    least = leaf.at_least[1:] if isinstance(leaf.at_least, str) else _write(leaf.at_least, leaf.of)
    wanted = f"reach {least} in {leaf.activity}"
    judged = [((_find(leaf, one.last),), _judge_scored(leaf, one.last)) for one in standing.held]
    verdict = choose(leaf, judged, standing, wanted)
    if verdict.answer is Answer.UNKNOWN and not verdict.found and known.of(leaf.activity):
        return LeafVerdict(
            leaf, Answer.UNKNOWN, missing=f"{wanted}: what is known of it carries no {leaf.of}"
        )
    return verdict


def judge_gain(leaf: Gain, known: Known) -> LeafVerdict:
    """Judge the gain from the first standing attempt at `pre` to any later one at `post`.

    Failing does no harm here.
    """
    sign = _unrevoked(leaf)
    before, after = known.standing(leaf.pre, sign), known.standing(leaf.post, sign)
    wanted = f"gain {_write(leaf.at_least, leaf.of)} from {leaf.pre} to {leaf.post}"
    if any(one.first.observation.occurred_at is None for one in (*before.held, *after.held)):
        return LeafVerdict(leaf, Answer.UNKNOWN, missing=f"{wanted}: it is not known when the results were")
    if before.is_unclear or not before.held:
        return choose(leaf, (), before, f"{wanted}: a first result in {leaf.pre}")
    pre = before.held[0]
    later = tuple(one for one in after.held if _is_after(one, pre))
    judged = [
        (
            (_find(leaf, pre.last, is_before=True), _find(leaf, one.last)),
            _judge_gain(leaf, pre.last, one.last),
        )
        for one in later
    ]
    return choose(leaf, judged, Standing(later, after.taken_back, after.is_unclear), wanted)


def _is_against(fact: Fact) -> bool:
    return fact.observation.kind in (Kind.FAILED, Kind.REVOKED) or fact.observation.success is False


def _unrevoked(leaf: Gain) -> Sign:
    return lambda fact: False if fact.observation.kind is Kind.REVOKED else _tells(fact, leaf.of)


def _is_after(post: Attempt, pre: Attempt) -> bool:
    return post.first.order[0] > pre.first.order[0]


def _tells(fact: Fact, of: Measure) -> bool | None:
    seen = fact.observation
    if seen.kind in _NO_RESULT:
        return None
    told = seen.level if of is Measure.LEVEL else read_score(seen, of)
    return None if told is None else True


def _judge_scored(leaf: Scored, fact: Fact) -> Judged:
    if isinstance(leaf.at_least, str):
        return _judge_level(leaf, leaf.at_least, fact)
    if leaf.of is Measure.LEVEL:
        number = read_plain_number(fact.observation.level or "")
        score = None if number is None else Score(number)
    else:
        score = _score(leaf, fact)
    if score is None:
        return Answer.UNKNOWN, f"the level {say_day(fact)} is no number"
    if score.is_odd:
        return Answer.UNKNOWN, f"the score {say_day(fact)} is outside of its own bounds"
    if score.value >= Fraction(leaf.at_least):
        return MET
    return Answer.NOT_MET, f"it was {_write(score.value, leaf.of)} {say_day(fact)}"


def _judge_level(leaf: Scored, least: str, fact: Fact) -> Judged:
    scale = leaf.scale
    reached = None if scale is None else read_level(fact.observation, scale)
    needed = None if scale is None else scale.rank(least)
    if reached is None or needed is None:
        return Answer.UNKNOWN, f"the level {say_day(fact)} is none of this rule"
    return MET if reached >= needed else (Answer.NOT_MET, f"the level {say_day(fact)} is below it")


def _judge_gain(leaf: Gain, before: Fact, after: Fact) -> Judged:
    low, high = _score(leaf, before), _score(leaf, after)
    if low is None or high is None or low.is_odd or high.is_odd:
        return Answer.UNKNOWN, "a score is outside of its own bounds"
    if leaf.of is Measure.RAW and not low.is_on_scale_of(high):
        return Answer.UNKNOWN, "the two are not known to be on one scale (the same lowest and highest score)"
    gained = high.value - low.value
    if gained >= Fraction(leaf.at_least):
        return MET
    return Answer.NOT_MET, f"it was {_write(gained, leaf.of)} {say_day(after)}"


def _score(leaf: Scored | Gain, fact: Fact) -> Score | None:
    score = read_score(fact.observation, leaf.of)
    return score.capped() if score is not None and leaf.caps else score


def _find(leaf: Scored | Gain, fact: Fact, *, is_before: bool = False) -> Found:
    if leaf.of is Measure.LEVEL:
        rank = None if leaf.scale is None else read_level(fact.observation, leaf.scale)
        return Found(
            fact.id, level=None if leaf.scale is None or rank is None else leaf.scale.levels[rank].id
        )
    score = _score(leaf, fact)
    level = (
        None if score is None or leaf.scale is None or leaf.of is Measure.RAW else leaf.scale.at(score.value)
    )
    return Found(fact.id, score=score, level=level, is_before=is_before)


def _write(value: Fraction | Decimal, of: Measure) -> str:
    exact = Fraction(value)
    return f"{write_number(exact * 100)} %" if of is Measure.SCALED else write_number(exact)

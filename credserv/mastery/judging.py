"""Judge a rule by what is known of a person: a function of the set of facts, whatever order they came in.

Three-valued (Kleene): met, not met, unknown. What was never said is unknown. Issued credentials are judged
again with `now` at the instant of their award, so that time alone takes nothing away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from credserv.mastery.facts import Fact, PriorCredential, facts_in_force
from credserv.mastery.judging_credentials import judge_held
from credserv.mastery.judging_scores import judge_gain, judge_scored
from credserv.mastery.judging_statements import judge_covered, judge_endorsed, judge_observed
from credserv.mastery.known import Known
from credserv.mastery.rule import (
    AnyLeaf,
    Condition,
    Covered,
    Endorsed,
    Gain,
    Held,
    NOf,
    Observed,
    Rule,
    Scored,
)
from credserv.mastery.verdict import Answer, LeafVerdict, Verdict


def judge_rule(
    rule: Rule, facts: Iterable[Fact], credentials: Sequence[PriorCredential], now: datetime
) -> Verdict:
    """Judge a rule.

    Args:
        facts: Everything known of the person, or everything about the rule's activities and whatever takes
            that back.
        credentials: What they hold.
        now: An aware datetime.
    """
    known = Known.build(facts_in_force(facts), credentials, now)
    leaves: list[LeafVerdict] = []
    answer, missing = _judge(rule.when, known, leaves)
    return Verdict(answer, tuple(leaves), missing)


def _judge(condition: Condition, known: Known, leaves: list[LeafVerdict]) -> tuple[Answer, tuple[str, ...]]:
    if isinstance(condition, NOf):
        return _judge_group(condition, [_judge(one, known, leaves) for one in condition.of])
    leaf = _judge_leaf(condition, known)
    leaves.append(leaf)
    return leaf.answer, (leaf.missing,) if leaf.missing else ()


def _judge_leaf(leaf: AnyLeaf, known: Known) -> LeafVerdict:
    match leaf:
        case Observed():
            return judge_observed(leaf, known)
        case Scored():
            return judge_scored(leaf, known)
        case Gain():
            return judge_gain(leaf, known)
        case Held():
            return judge_held(leaf, known)
        case Endorsed():
            return judge_endorsed(leaf, known)
        case Covered():
            return judge_covered(leaf, known)


def _judge_group(
    group: NOf, answers: Sequence[tuple[Answer, tuple[str, ...]]]
) -> tuple[Answer, tuple[str, ...]]:
    met = sum(answer is Answer.MET for answer, _ in answers)
    may_come = sum(answer is Answer.UNKNOWN for answer, _ in answers)
    if met >= group.n:
        return Answer.MET, ()
    answer = Answer.UNKNOWN if met + may_come >= group.n else Answer.NOT_MET
    left = [missing for one, missing in answers if one is not Answer.MET]
    if group.n - met == len(left):
        return answer, tuple(text for missing in left for text in missing)
    count = "one" if group.n - met == 1 else str(group.n - met)
    return answer, (f"{count} of: " + " / ".join("; ".join(missing) for missing in left),)

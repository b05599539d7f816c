"""Leaves that require statements by people: `observed`, `endorsements` and `coverage`."""

from __future__ import annotations

from datetime import timedelta

from credserv.mastery.facts import Fact
from credserv.mastery.known import MET, Judged, Known, choose, say_by, say_day
from credserv.mastery.measures import read_level
from credserv.mastery.rule import By, Covered, Endorsed, Observed, fold_word
from credserv.mastery.standing import Sign, by_asserter, kind_sign
from credserv.mastery.verdict import Answer, Found, LeafVerdict
from credserv.records.observations import Kind

_DOING = {
    Kind.COMPLETED: "complete",
    Kind.PASSED: "pass",
    Kind.MASTERED: "master",
    Kind.GRADED: "be graded in",
    Kind.PROGRESS: "begin",
    Kind.OBSERVED: "be observed in",
}


def judge_observed(leaf: Observed, known: Known) -> LeafVerdict:
    """Judge an observation."""
    standing = known.standing(leaf.activity, _heard(leaf.kind, leaf.by_role))
    wanted = f"{_DOING[leaf.kind]} {leaf.activity}{say_by(leaf.by_role)}"
    if leaf.level_at_least is not None:
        wanted += f" at the level {leaf.level_at_least[1:]} or above"
    judged = [((_find(leaf, one.last),), _judge_fact(leaf, one.last, known)) for one in standing.held]
    return choose(leaf, judged, standing, wanted)


def judge_endorsed(leaf: Endorsed, known: Known) -> LeafVerdict:
    """Count endorsements. An unknown person may be one who was counted already."""
    heard = _heard(Kind.OBSERVED, leaf.by)
    standing = known.standing(
        leaf.activity,
        lambda fact: None if fact.asserter is None and heard(fact) else heard(fact),
        by_asserter,
    )
    met = [one.last for one in standing.held if _judge_fact(leaf, one.last, known) == MET]
    found = tuple(_find(leaf, fact) for fact in sorted(met, key=lambda fact: fact.order))
    if len(met) >= leaf.count and not standing.is_unclear:
        return LeafVerdict(leaf, Answer.MET, found)
    left = leaf.count - len(met)
    who = "one more person" if left == 1 else f"{left} more people"
    role = "" if leaf.by is None else f" ({leaf.by})"
    missing = f"be endorsed in {leaf.activity} by {who}{role}"
    if standing.is_unclear:
        missing = f"be endorsed in {leaf.activity}: something was taken back, and it is not known when"
    return LeafVerdict(leaf, Answer.UNKNOWN, found, missing=missing)


def judge_covered(leaf: Covered, known: Known) -> LeafVerdict:
    """Judge the coverage of contexts.

    A context is covered by one sufficient statement that stands: each person's last one in it. Statements
    without a context, or in one that is not listed, cover nothing.
    """
    named = {fold_word(one): one for one in leaf.contexts}
    heard = _heard(Kind.OBSERVED, leaf.by)

    def context(fact: Fact) -> str | None:
        said = fact.observation.context
        return None if said is None else fold_word(said)

    def sign(fact: Fact) -> bool | None:
        takes_back = fact.observation.kind in (Kind.UNCOMPLETED, Kind.REVOKED)
        return heard(fact) if takes_back or context(fact) in named else None

    def group(fact: Fact) -> tuple[str, str | None] | None:
        said = context(fact)
        return None if said is None else (said, fact.asserter)

    standing = known.standing(leaf.activity, sign, group)
    covered: dict[str, Fact] = {}
    for one in standing.held:
        if _judge_fact(leaf, one.last, known) == MET:
            covered.setdefault(context(one.last) or "", one.last)
    found = tuple(_find(leaf, fact) for fact in sorted(covered.values(), key=lambda fact: fact.order))
    if len(covered) >= leaf.count and not standing.is_unclear:
        return LeafVerdict(leaf, Answer.MET, found)
    left = leaf.count - len(covered)
    open_ones = " / ".join(f"“{name}”" for folded, name in named.items() if folded not in covered)
    wanted = "one more of these contexts" if left == 1 else f"{left} more of these contexts"
    told = f"{len(covered)} of {len(leaf.contexts)} covered"
    missing = f"be observed in {leaf.activity}{say_by(leaf.by)} in {wanted}: {open_ones} ({told})"
    if standing.is_unclear:
        missing = f"be observed in {leaf.activity}: something was taken back, and it is not known when"
    return LeafVerdict(leaf, Answer.UNKNOWN, found, missing=missing)


def _heard(kind: Kind, by: By | None) -> Sign:
    """Return what counts for a kind: statements only by those who are asked, and never about oneself.

    Whatever a system takes back is taken back.
    """
    shows = kind_sign(kind)

    def sign(fact: Fact) -> bool | None:
        seen = fact.observation
        is_word = kind is Kind.OBSERVED or by is not None
        if not is_word or seen.kind in (Kind.UNCOMPLETED, Kind.REVOKED):
            return shows(fact)
        if fact.is_self or (by is not None and by not in (fact.by_roles or ())):
            return None
        return shows(fact)

    return sign


def _judge_fact(leaf: Observed | Endorsed | Covered, fact: Fact, known: Known) -> Judged:
    """Return whether it is recent enough, and its level high enough."""
    when = fact.observation.occurred_at
    if leaf.within_days is not None:
        if when is None:
            return Answer.UNKNOWN, "when that was is not known"
        if when < known.now - timedelta(days=leaf.within_days):
            return Answer.NOT_MET, f"the last time was {say_day(fact)}, more than {leaf.within_days} days ago"
    if leaf.level_at_least is None or leaf.scale is None:
        return MET
    least = leaf.scale.rank(leaf.level_at_least)
    reached = read_level(fact.observation, leaf.scale)
    if reached is None or least is None:
        return Answer.UNKNOWN, f"what was said {say_day(fact)} tells no level of this rule"
    return MET if reached >= least else (Answer.NOT_MET, f"the level {say_day(fact)} is below it")


def _find(leaf: Observed | Endorsed | Covered, fact: Fact) -> Found:
    rank = None if leaf.scale is None else read_level(fact.observation, leaf.scale)
    level = None if leaf.scale is None or rank is None else leaf.scale.levels[rank].id
    return Found(fact.id, level=level, context=fact.observation.context)

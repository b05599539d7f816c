"""What a credential says of how it was earned: its Results (OB 3.0), and as Evidence each leaf that was met,
with its observation and the rule's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.mastery.facts import ASSESSED_HERE, Fact
from credserv.mastery.index import CurrentRule
from credserv.mastery.measures import Score, write_number
from credserv.mastery.rule import Covered, Endorsed, Gain, Held, Measure, Observed, Scored
from credserv.mastery.targets import fragment_of
from credserv.mastery.verdict import Answer, Found, LeafVerdict, Verdict
from credserv.openbadges.results import undefined_faults

_MAX_NAME = 200


def build_results(verdict: Verdict, achievement: JsonObject) -> tuple[JsonObject, ...]:
    """Build OB `Result` objects with absolute ids, leaving out what the achievement does not define.

    For a gain, the first is the result before and the second the one after.

    Args:
        achievement: Of the version that is issued.
    """
    described = {fragment_of(item): item for item in achievement.get("resultDescription", ())}
    built: list[JsonObject] = []
    for leaf in _met(verdict):
        description = described.get(leaf.leaf.description or "")
        if description is None and leaf.leaf.scale is not None and any(one.level for one in leaf.found):
            description = described.get(leaf.leaf.scale.description)
        if description is None:
            continue
        for found in leaf.found:
            result = _build_result(leaf, found, description)
            if len(result) > 3 and result not in built and not undefined_faults(achievement, [result]):
                built.append(result)
    return tuple(built)


def build_evidence(
    verdict: Verdict, facts: Mapping[str, Fact], current: CurrentRule
) -> tuple[JsonObject, ...]:
    """Build OB `Evidence` objects.

    Args:
        facts: By id, at least those of the verdict.
    """
    built: list[JsonObject] = []
    for leaf in _met(verdict):
        name = name_leaf(leaf)
        built += [_of_fact(name, facts[one]) for one in leaf.observations]
        built += [
            {"id": one, "type": ["Evidence"], "name": name, "genre": "Credential"} for one in leaf.credentials
        ]
    rule = f"Awarded by version {current.version} of the rule of “{current.rule.achievement}”."
    built.append({"type": ["Evidence"], "name": "Rule", "narrative": rule, "genre": "Rule"})
    return tuple(dict(one) for one in _distinct(built))


def _met(verdict: Verdict) -> Iterator[LeafVerdict]:
    return (leaf for leaf in verdict.leaves if leaf.answer is Answer.MET)


def _distinct(items: Sequence[JsonObject]) -> list[JsonObject]:
    return [item for at, item in enumerate(items) if item not in items[:at]]


def _build_result(leaf: LeafVerdict, found: Found, description: JsonObject) -> dict[str, Any]:
    result: dict[str, Any] = {
        "type": ["Result"],
        "resultDescription": description["id"],
        "status": "Completed",
    }
    value = _write_value(leaf, found.score, description)
    if value is not None:
        result["value"] = value
    # What somebody could do before is not a level that the credential attests.
    if found.level is not None and not found.is_before:
        result["achievedLevel"] = str(description["id"]).partition("#")[0] + found.level
    return result


def _write_value(leaf: LeafVerdict, score: Score | None, description: JsonObject) -> str | None:
    if score is None:
        return None
    of = leaf.leaf.of if isinstance(leaf.leaf, Scored | Gain) else Measure.SCALED
    if description.get("resultType") != "Percent":
        return write_number(score.value)
    share = score.value if of is Measure.SCALED else _share(score)
    return None if share is None else write_number(share * 100, decimals=2)


def _share(score: Score) -> Fraction | None:
    if score.low is None or score.high is None or score.high <= score.low:
        return None
    return (score.value - score.low) / (score.high - score.low)


def name_leaf(leaf: LeafVerdict) -> str:
    """Return what a leaf requires, in a few words."""
    match leaf.leaf:
        case Observed(kind=kind, activity=activity):
            return cut(f"{kind.value.capitalize()}: {activity}", _MAX_NAME)
        case Scored(activity=activity):
            return cut(f"Result: {activity}", _MAX_NAME)
        case Gain(pre=pre, post=post):
            return cut(f"Gain: from {pre} to {post}", _MAX_NAME)
        case Endorsed(activity=activity):
            return cut(f"Endorsed: {activity}", _MAX_NAME)
        case Covered(activity=activity):
            covered = sum(is_covered for _, is_covered in leaf.contexts)
            return cut(f"Seen in {covered} of {len(leaf.contexts)} contexts: {activity}", _MAX_NAME)
        case Held():
            return "Credential held before"


def _of_fact(name: str, fact: Fact) -> JsonObject:
    seen = fact.observation
    about = seen.activities[0] if seen.activities else None
    what = "" if about is None else f" of “{cut(about.name or about.value, _MAX_NAME)}”"
    when = "" if seen.occurred_at is None else f" on {format_instant(seen.occurred_at)}"
    if fact.source == ASSESSED_HERE:
        where = "" if seen.context is None else f" in the context “{seen.context}”"
        told = f"{seen.kind.value}{what}{where}{when}, recorded here by a person who was signed in."
    else:
        signed = (
            "The message was signed." if fact.is_signed else "Unsigned source: nobody signed the message."
        )
        told = f"{seen.kind.value}{what}{when}, as told by the source {fact.source}. {signed}"
    return {
        "type": ["Evidence"],
        "name": name,
        "narrative": told[:1].upper() + told[1:],
        "genre": "Observation",
    }

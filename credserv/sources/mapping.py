"""Which completion earns which achievement: the rules of a source, checked when saved.

    {"rules": [{"event": "course.completed", "course": "course-v1:Example+MENTOR101+2026",
                "achievement": "mentor-foundation", "minimum_score": 0.6,
                "result": {"description": "#mastery", "value": "score_percent",
                           "levels": [{"from": 0.6, "level": "#developing"},
                                      {"from": 0.8, "level": "#proficient"}]}}]}

`course` is exact, or ends in `*` for all that begin so. Of the rules for an event and its course, the first
whose `minimum_score` is reached decides. `value` says how the score is written into the credential:
`score_percent` (87), `score` (0.87), or null for the level alone. `#mastery` and the levels are ids in the
achievement; `result` may also be a list, for several of its results.

A learner who has not passed, or is below every threshold, is *ignored* with a reason. An event without a
rule, or without a score its rules require, is a MappingError and waits for an administrator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from credserv.ground.errors import Fault, MappingError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_fragment, is_slug
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.sources.completion import Completion

VALUES = ("score_percent", "score")
_RULE = ("event", "course", "achievement", "minimum_score", "result")
_MAX_RULES = 500


@dataclass(frozen=True)
class ResultDraft:
    """One `Result` before the achievement's version is known: ids are fragments (`#mastery`)."""

    description: str
    value: str | None
    level: str | None

    def build(self, achievement_id: str) -> dict[str, Any]:
        """Return the `Result`. `achievement_id` is absolute, of the version issued."""
        result = {"type": ["Result"], "resultDescription": achievement_id + self.description}
        if self.level is not None:
            result["achievedLevel"] = achievement_id + self.level
        if self.value is not None:
            result["value"] = self.value
        return result


@dataclass(frozen=True)
class ResultRule:
    """How a rule writes a result. `levels`: (from, fragment), highest first."""

    description: str
    value: str | None
    levels: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Rule:
    event: str
    course: str
    achievement_key: str
    minimum_score: float | None
    results: tuple[ResultRule, ...]

    def is_for(self, completion: Completion) -> bool:
        return self.event == completion.event_type and self.is_of_course(completion.course_id)

    def is_of_course(self, course_id: str) -> bool:
        prefix, star, _ = self.course.partition("*")
        return course_id.startswith(prefix) if star else course_id == self.course


@dataclass(frozen=True)
class EventMapping:
    """The rules of one source, in the order they are tried."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Decision:
    """A decision. Without `achievement_key` nothing is due, and `reason` says why."""

    achievement_key: str | None
    results: tuple[ResultDraft, ...]
    reason: str


# --- deciding -----------------------------------------------------------------------------------


def decide(mapping: EventMapping, completion: Completion) -> Decision:
    """Decide on a completion.

    Raises MappingError when no rule is for this event, or its rules need a score it lacks.
    """
    rules = [rule for rule in mapping.rules if rule.is_for(completion)]
    if not rules:
        raise MappingError(
            f"no rule of this source is for {completion.event_type!r} of course {completion.course_id!r}"
        )
    if completion.passed is False:
        return Decision(None, (), "the learner has not passed")
    score = completion.score
    for rule in rules:
        if rule.minimum_score is None or (score is not None and score >= rule.minimum_score):
            return Decision(rule.achievement_key, draft_results(rule, score), "")
    lowest = min(rule.minimum_score or 0.0 for rule in rules)
    if score is None:
        why = completion.remark or "the event carries no score"
        raise MappingError(f"a score of at least {lowest:g} is asked for, and {why}")
    return Decision(None, (), f"the score {score:g} is below the {lowest:g} that is asked for")


def draft_results(rule: Rule, score: float | None) -> tuple[ResultDraft, ...]:
    """Return what the rule writes for a score. A result with neither score nor level is left out."""
    if score is None:
        return ()
    drafts = [_draft_result(result, score) for result in rule.results]
    return tuple(draft for draft in drafts if draft.value is not None or draft.level is not None)


def _draft_result(result: ResultRule, score: float) -> ResultDraft:
    level = next((level for start, level in result.levels if score >= start), None)
    return ResultDraft(result.description, _format_score(score, result.value), level)


def _format_score(score: float, form: str | None) -> str | None:
    """Format `0.87` as 87 or 0.87: at most two decimals of a percent, truncated, no exponent."""
    if form is None:
        return None
    exact = Decimal(repr(score))
    percent = int(exact * 10_000) / Decimal(100)
    return f"{(percent if form == 'score_percent' else percent / 100).normalize():f}"


# --- reading ------------------------------------------------------------------------------------


def parse_mapping(mapping: JsonObject) -> EventMapping:
    """Parse a mapping. Raises SchemaFaultsError with every fault and its place."""
    faults = FaultList()
    reader = ObjectReader(mapping, "", faults, members=("rules",))
    readers = reader.read_objects("rules", members=_RULE, required=True, max_items=_MAX_RULES)
    rules = [_read_rule(rule) for rule in readers]
    _refuse_unreachable(rules, faults)
    faults.require("the mapping")
    return EventMapping(tuple(rules))


def check_targets(
    mapping: EventMapping, achievement: Callable[[str], JsonObject | None]
) -> tuple[Fault, ...]:
    """Return faults for what the rules name but the achievements lack.

    Args:
        achievement: returns the newest Achievement by key, with absolute or fragment ids; None when there is
            none.
    """
    faults = FaultList()
    for index, rule in enumerate(mapping.rules):
        place = pointer("", "rules", index)
        found = achievement(rule.achievement_key)
        if found is None:
            faults.add(pointer(place, "achievement"), f"there is no achievement {rule.achievement_key!r}")
        else:
            for result in rule.results:
                _check_result_target(result, found, pointer(place, "result"), faults)
    return faults.faults


def _check_result_target(result: ResultRule, achievement: JsonObject, place: str, faults: FaultList) -> None:
    described = {
        _fragment(item.get("id", "")): {_fragment(level.get("id", "")) for level in _levels(item)}
        for item in achievement.get("resultDescription", ())
    }
    if result.description not in described:
        faults.add(place, f"the achievement has no result description {result.description!r}")
        return
    for _, level in result.levels:
        if level not in described[result.description]:
            faults.add(place, f"{result.description!r} has no level {level!r}")


def _levels(description: JsonObject) -> tuple[JsonObject, ...]:
    return tuple(description.get("rubricCriterionLevel", ()))


def _fragment(identifier: str) -> str:
    return "#" + identifier.rpartition("#")[2]


def _read_rule(reader: ObjectReader) -> Rule:
    key = reader.read_text("achievement", required=True, max_chars=64)
    if key is not None and not is_slug(key):
        reader.fault("achievement", "an achievement's key: a-z, 0-9 and - within")
    course = reader.read_text("course", required=True, max_chars=500)
    if course is not None and "*" in course[:-1]:
        reader.fault("course", "the * may only stand at the end")
    return Rule(
        event=reader.read_text("event", required=True, max_chars=100) or "",
        course=course or "",
        achievement_key=key or "",
        minimum_score=reader.read_fraction("minimum_score"),
        results=_read_results(reader),
    )


def _read_results(rule: ObjectReader) -> tuple[ResultRule, ...]:
    members = ("description", "value", "levels")
    if isinstance(rule.read("result"), list):
        readers = rule.read_objects("result", members=members)
    else:
        single = rule.read_object("result", members=members)
        readers = (single,) if single is not None else ()
    results = tuple(_read_result(reader) for reader in readers)
    if len({result.description for result in results}) < len(results):
        rule.fault("result", "two results have the same description")
    return results


def _read_result(reader: ObjectReader) -> ResultRule:
    value = reader.read_text("value")
    if value is not None and value not in VALUES:
        reader.fault("value", f"one of {', '.join(VALUES)}, or null")
    levels = [_read_level(level) for level in reader.read_objects("levels", members=("from", "level"))]
    if len({start for start, _ in levels}) < len(levels):
        reader.fault("levels", "two levels begin at the same score")
    if reader.is_object and reader.read("value") is None and not reader.read("levels"):
        reader.faults.add(reader.place, "needs a value, levels, or both")
    return ResultRule(_read_fragment(reader, "description"), value, tuple(sorted(levels, reverse=True)))


def _read_level(reader: ObjectReader) -> tuple[float, str]:
    return reader.read_fraction("from", required=True) or 0.0, _read_fragment(reader, "level")


def _read_fragment(reader: ObjectReader, name: str) -> str:
    text = reader.read_text(name, required=True)
    if text is not None and not is_fragment(text):
        reader.fault(name, "an id within the achievement: # and a name, as in #mastery")
    return text or ""


def _refuse_unreachable(rules: list[Rule], faults: FaultList) -> None:
    """Refuse a rule that an earlier one always beats: the order is wrong, and it would silently never
    apply."""
    lowest: dict[tuple[str, str], float] = {}
    for index, rule in enumerate(rules):
        case = (rule.event, rule.course)
        minimum = rule.minimum_score or 0.0
        if all(case) and minimum >= lowest.get(case, 2.0):
            faults.add(pointer("", "rules", index), "is never reached: an earlier rule takes all its events")
        lowest[case] = min(minimum, lowest.get(case, 2.0))

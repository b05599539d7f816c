"""The rules of a source: what they decide, and that a wrong mapping is told whole, at its places."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import MappingError, SchemaFaultsError
from credserv.sources.completion import Completion
from credserv.sources.mapping import Decision, ResultDraft, check_targets, decide, parse_mapping

COURSE = "course-v1:Example+MENTOR101+2026"
DONE = Completion(
    event_type="course.completed",
    email="pat@example.org",
    did=None,
    name=None,
    course_id=COURSE,
    completed_at=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    passed=True,
    score=0.87,
)
LEVELS = [{"from": 0.6, "level": "#ready"}, {"from": 0.8, "level": "#proficient"}]
RULE: dict[str, Any] = {
    "event": "course.completed",
    "course": COURSE,
    "achievement": "mentor-foundation",
    "minimum_score": 0.6,
    "result": {"description": "#mastery", "value": "score_percent", "levels": LEVELS},
}


def mapping(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"rules": list(rules)}


def decision(completion: Completion, *rules: dict[str, Any]) -> Decision:
    return decide(parse_mapping(mapping(*rules)), completion)


def faults(document: Any) -> list[str]:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_mapping(document)
    return [fault.place for fault in caught.value.faults]


# --- deciding -----------------------------------------------------------------------------------


def test_a_completion_earns_its_achievement_with_value_and_level() -> None:
    drafts = (ResultDraft("#mastery", "87", "#proficient"),)
    assert decision(DONE, RULE) == Decision("mentor-foundation", drafts, "")


def test_the_draft_becomes_a_result_of_the_version_that_is_issued() -> None:
    url = "https://host.example/achievements/mentor-foundation/versions/3"
    assert ResultDraft("#mastery", "87", "#proficient").build(url) == {
        "type": ["Result"],
        "resultDescription": f"{url}#mastery",
        "achievedLevel": f"{url}#proficient",
        "value": "87",
    }
    assert set(ResultDraft("#mastery", None, "#ready").build(url)) == {
        "type",
        "resultDescription",
        "achievedLevel",
    }
    assert set(ResultDraft("#mastery", "1", None).build(url)) == {"type", "resultDescription", "value"}


@pytest.mark.parametrize(
    ("score", "level"), [(0.6, "#ready"), (0.79, "#ready"), (0.8, "#proficient"), (1.0, "#proficient")]
)
def test_the_highest_level_whose_threshold_is_reached(score: float, level: str) -> None:
    (draft,) = decision(replace(DONE, score=score), RULE).results
    assert draft.level == level


def test_levels_may_be_written_in_any_order() -> None:
    rule = {**RULE, "result": {"description": "#mastery", "levels": LEVELS[::-1]}}
    assert decision(DONE, rule).results == (ResultDraft("#mastery", None, "#proficient"),)


@pytest.mark.parametrize(
    ("score", "percent", "plain"),
    [
        (0.87, "87", "0.87"),
        (1.0, "100", "1"),
        (1, "100", "1"),
        (0.6, "60", "0.6"),
        (0.8751, "87.51", "0.8751"),
        (0.99999, "99.99", "0.9999"),
        (0.1 + 0.2 + 0.55, "85", "0.85"),
        (2 / 3 + 0.1, "76.66", "0.7666"),
    ],
)
def test_scores_are_written_plainly_and_never_rounded_up(score: float, percent: str, plain: str) -> None:
    for form, text in (("score_percent", percent), ("score", plain)):
        rule = {**RULE, "minimum_score": 0, "result": {"description": "#score", "value": form}}
        assert decision(replace(DONE, score=score), rule).results == (ResultDraft("#score", text, None),)


@given(st.floats(0, 1))
def test_any_score_is_written_without_exponent_and_not_above_itself(score: float) -> None:
    rule = {**RULE, "minimum_score": 0, "result": {"description": "#score", "value": "score_percent"}}
    (draft,) = decision(replace(DONE, score=score), rule).results
    assert draft.value is not None
    assert set(draft.value) <= set("0123456789.")
    assert score * 100 - 0.011 <= float(draft.value) <= score * 100 + 1e-9


def test_several_results_of_one_rule() -> None:
    results = [
        {"description": "#mastery", "levels": LEVELS},
        {"description": "#score", "value": "score_percent"},
    ]
    assert decision(DONE, {**RULE, "result": results}).results == (
        ResultDraft("#mastery", None, "#proficient"),
        ResultDraft("#score", "87", None),
    )


def test_a_result_that_would_say_nothing_is_left_out() -> None:
    rule = {**RULE, "minimum_score": 0, "result": {"description": "#mastery", "levels": LEVELS}}
    assert decision(replace(DONE, score=0.1), rule).results == ()
    assert decision(replace(DONE, score=None), {**RULE, "minimum_score": None}).results == ()


def test_a_rule_without_result_issues_without_results() -> None:
    rule = {key: RULE[key] for key in ("event", "course", "achievement")}
    for score in (None, 0.1):
        assert decision(replace(DONE, score=score, passed=None), rule) == Decision(
            "mentor-foundation", (), ""
        )


def test_not_passed_is_ignored_whatever_the_score() -> None:
    made = decision(replace(DONE, passed=False, score=1.0), RULE)
    assert made.achievement_key is None
    assert made.reason == "the learner has not passed"


def test_below_the_threshold_is_ignored_and_says_so() -> None:
    made = decision(replace(DONE, score=0.59), RULE)
    assert made == Decision(None, (), "the score 0.59 is below the 0.6 that is asked for")


def test_the_threshold_itself_is_reached() -> None:
    assert decision(replace(DONE, score=0.6), RULE).achievement_key == "mentor-foundation"
    assert decision(replace(DONE, score=0), {**RULE, "minimum_score": 0}).achievement_key


def test_two_thresholds_for_one_course() -> None:
    higher = {**RULE, "achievement": "mentor-practitioner", "minimum_score": 0.85}
    assert decision(DONE, higher, RULE).achievement_key == "mentor-practitioner"
    assert decision(replace(DONE, score=0.84), higher, RULE).achievement_key == "mentor-foundation"
    assert "below the 0.6" in decision(replace(DONE, score=0.5), higher, RULE).reason


def test_a_star_stands_for_every_course_that_begins_so() -> None:
    rule = {**RULE, "course": "course-v1:Example+MENTOR101+*"}
    assert decision(DONE, rule).achievement_key
    assert decision(replace(DONE, course_id="course-v1:Example+MENTOR101+2031"), rule).achievement_key
    with pytest.raises(MappingError):
        decision(replace(DONE, course_id="course-v1:Example+MENTOR102+2026"), rule)
    assert decision(replace(DONE, course_id="anything"), {**RULE, "course": "*"}).achievement_key


@pytest.mark.parametrize("change", [{"event_type": "course.started"}, {"course_id": COURSE + "x"}])
def test_an_event_that_no_rule_is_for_waits_for_an_administrator(change: dict[str, Any]) -> None:
    for passed in (True, False):
        with pytest.raises(MappingError, match="no rule"):
            decision(replace(DONE, passed=passed, **change), RULE)


def test_a_missing_score_that_a_rule_asks_for_is_not_a_failed_learner() -> None:
    with pytest.raises(MappingError, match=r"at least 0\.6"):
        decision(replace(DONE, score=None), RULE)
    assert decision(replace(DONE, score=None, passed=False), RULE).achievement_key is None


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"event": ...}, "/rules/0/event"),
        ({"event": 3}, "/rules/0/event"),
        ({"course": ...}, "/rules/0/course"),
        ({"course": "a*b"}, "/rules/0/course"),
        ({"course": "**"}, "/rules/0/course"),
        ({"achievement": ...}, "/rules/0/achievement"),
        ({"achievement": "Mentor Foundation"}, "/rules/0/achievement"),
        ({"achievement": "mentor-"}, "/rules/0/achievement"),
        ({"minimum_score": 60}, "/rules/0/minimum_score"),
        ({"minimum_score": "0.6"}, "/rules/0/minimum_score"),
        ({"minimum_score": True}, "/rules/0/minimum_score"),
        ({"minimumScore": 0.6}, "/rules/0/minimumScore"),
        ({"result": "#mastery"}, "/rules/0/result"),
        ({"result": []}, "/rules/0/result"),
        ({"result": {"description": "#mastery"}}, "/rules/0/result"),
        ({"result": {"value": "score"}}, "/rules/0/result/description"),
        ({"result": {"description": "mastery", "value": "score"}}, "/rules/0/result/description"),
        ({"result": {"description": "#mastery", "value": "percent"}}, "/rules/0/result/value"),
        ({"result": {"description": "#m", "levels": [{"from": 0.5}]}}, "/rules/0/result/levels/0/level"),
        ({"result": {"description": "#m", "levels": [{"level": "#x"}]}}, "/rules/0/result/levels/0/from"),
        ({"result": {"description": "#m", "levels": [LEVELS[0], LEVELS[0]]}}, "/rules/0/result/levels"),
        ({"result": [{"description": "#m", "value": "score"}] * 2}, "/rules/0/result"),
    ],
)
def test_each_fault_of_a_rule_is_told_at_its_place(change: dict[str, Any], place: str) -> None:
    rule = {key: value for key, value in {**RULE, **change}.items() if value is not ...}
    assert faults(mapping(rule)) == [place]


def test_all_faults_of_all_rules_are_told_in_one_answer() -> None:
    document = {"rules": [{"event": "e"}, {**RULE, "minimum_score": 2}, 7], "rule": []}
    assert faults(document) == [
        "/rule",
        "/rules/2",
        "/rules/0/achievement",
        "/rules/0/course",
        "/rules/1/minimum_score",
    ]


@pytest.mark.parametrize("document", [None, [], "x", {}, {"rules": None}, {"rules": []}, {"rules": {}}])
def test_a_mapping_without_rules_is_a_fault(document: Any) -> None:
    assert faults(document)


def test_too_many_rules() -> None:
    assert faults(mapping(*([RULE] * 501))) == ["/rules"]


@pytest.mark.parametrize("later", [0.6, 0.9, 0.60001])
def test_a_rule_that_an_earlier_one_always_beats_is_told(later: float) -> None:
    assert faults(mapping(RULE, {**RULE, "minimum_score": later})) == ["/rules/1"]


def test_a_lower_threshold_later_is_fine() -> None:
    parse_mapping(mapping(RULE, {**RULE, "minimum_score": 0.3}, {**RULE, "minimum_score": None}))


ACHIEVEMENT = {
    "id": "https://host.example/achievements/mentor-foundation/versions/1",
    "resultDescription": [
        {
            "id": "https://host.example/achievements/mentor-foundation/versions/1#mastery",
            "rubricCriterionLevel": [
                {"id": "https://host.example/achievements/mentor-foundation/versions/1#ready"},
                {"id": "https://host.example/achievements/mentor-foundation/versions/1#proficient"},
            ],
        },
        {"id": "#score"},
    ],
}


def test_targets_that_are_there() -> None:
    results = [RULE["result"], {"description": "#score", "value": "score"}]
    assert check_targets(parse_mapping(mapping({**RULE, "result": results})), lambda key: ACHIEVEMENT) == ()


def test_targets_that_are_not_there() -> None:
    levels = [*LEVELS, {"from": 0.9, "level": "#expert"}]
    parsed = parse_mapping(
        mapping(
            {**RULE, "achievement": "unknown"},
            {**RULE, "event": "b", "result": {"description": "#other", "value": "score"}},
            {**RULE, "event": "c", "result": {"description": "#mastery", "levels": levels}},
            {**RULE, "event": "d", "result": {"description": "#score", "levels": LEVELS[:1]}},
        )
    )
    found = check_targets(parsed, lambda key: None if key == "unknown" else ACHIEVEMENT)
    assert [fault.place for fault in found] == [
        "/rules/0/achievement",
        "/rules/1/result",
        "/rules/2/result",
        "/rules/3/result",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RULE, "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_mapping_or_has_faults(value: Any) -> None:
    for document in (value, {"rules": value}, {"rules": [value]}, mapping({**RULE, "result": value})):
        try:
            parsed = parse_mapping(document)
        except SchemaFaultsError:
            assert faults(document)
        else:
            assert parsed.rules


SCORES = st.none() | st.floats(0, 1)


@given(
    minimums=st.lists(st.floats(0, 1), min_size=1, max_size=4, unique=True).map(
        lambda m: sorted(m, reverse=True)
    ),
    score=SCORES,
    passed=st.sampled_from([None, True, False]),
)
def test_whoever_gets_something_has_passed_and_reached_a_threshold(
    minimums: list[float], score: float | None, passed: bool | None
) -> None:
    rules = [{**RULE, "achievement": f"a{n}", "minimum_score": m} for n, m in enumerate(minimums)]
    completion = replace(DONE, score=score, passed=passed)
    try:
        made = decision(completion, *rules)
    except MappingError:
        assert score is None
        assert passed is not False
        return
    reached = [n for n, m in enumerate(minimums) if score is not None and score >= m]
    earned = f"a{reached[0]}" if reached and passed is not False else None
    assert made.achievement_key == earned
    assert bool(made.reason) == (earned is None)

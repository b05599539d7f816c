"""What a source is to be asked for, what Canvas and Moodle answer, and what is read of that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.records.observations import Kind
from credserv.sources.adapter import Message
from credserv.sources.adapters import ADAPTERS
from credserv.sources.pulling import (
    canvas,
    canvas_grades,
    canvas_outcomes,
    moodle,
    moodle_badges,
    moodle_grades,
)
from credserv.sources.pulling.answers import write_answer
from credserv.sources.pulling.settings import OUTCOMES, PulledSystem, read_pull

HOST = "https://school.example"
DONE = {"requirement_count": 2, "requirement_completed_count": 2, "completed_at": "2026-03-01T10:00:00Z"}


def test_what_is_to_be_asked_for_is_read() -> None:
    found = read_pull("canvas", {"pull": {"from": f"{HOST}/", "courses": ["565"], "every_hours": 12}})
    assert found is not None
    assert (found.place, found.address, found.courses) == (PulledSystem.CANVAS, HOST, ("565",))
    assert found.every == timedelta(hours=12)
    folder = read_pull("csv", {"pull": {"from": "folder"}})
    assert folder is not None
    assert folder.place is PulledSystem.FOLDER
    platform = {"lti": {"token_endpoint": f"{HOST}/token"}}
    assert read_pull("lti", platform) is not None
    assert [read_pull(one, {}) for one in ADAPTERS] == [None] * len(ADAPTERS)
    assert read_pull("lti", {"lti": {}}) is None


@pytest.mark.parametrize(
    ("dialect", "told", "place"),
    [
        ("canvas", {"from": "http://school.example"}, "/pull/from"),
        ("canvas", {"from": "folder"}, "/pull/from"),
        ("canvas", {"from": "https://u:p@school.example"}, "/pull/from"),
        ("canvas", {"from": "https://school.example?a=b"}, "/pull/from"),
        ("moodle", {}, "/pull/from"),
        ("moodle", {"from": HOST, "courses": [5]}, "/pull/courses"),
        ("moodle", {"from": HOST, "courses": ["../admin"]}, "/pull/courses"),
        ("canvas", {"from": HOST, "badges": True}, "/pull/badges"),
        ("moodle", {"from": HOST, "outcomes": True}, "/pull/outcomes"),
        ("csv", {"from": HOST, "grades": True}, "/pull/grades"),
        ("csv", {"from": HOST, "every_hours": 0}, "/pull/every_hours"),
        ("csv", {"from": HOST, "every_hours": True}, "/pull/every_hours"),
        ("csv", {"from": HOST, "password": "x"}, "/pull/password"),
        ("xapi", {"from": HOST}, "/pull"),
        ("lti", {"from": HOST}, "/pull/from"),
    ],
)
def test_what_cannot_be_asked_for_is_told_with_its_place(
    dialect: str, told: dict[str, Any], place: str
) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        read_pull(dialect, {"pull": told})
    assert [fault.place for fault in caught.value.faults] == [place]


def read(system: PulledSystem, entries: list[Any]) -> Any:
    body = write_answer(system, HOST, "565", entries)
    return ADAPTERS[system.value].read(Message(body), {})


@pytest.mark.parametrize(
    "progress",
    [
        {},
        None,
        {"error": {"message": "no progress available"}},
        {**DONE, "completed_at": None},
        {**DONE, "requirement_completed_count": 1},
        {**DONE, "requirement_count": 0, "requirement_completed_count": 0},
        {**DONE, "requirement_count": None},
        {**DONE, "requirement_count": True, "requirement_completed_count": True},
    ],
)
def test_canvas_says_nothing_of_who_has_not_completed_it(progress: Any) -> None:
    found = read(PulledSystem.CANVAS, [{"id": 1, "progress": progress}])
    assert found.observations == ()
    assert len(found.passed_over) == 1


def test_canvas_says_who_has_completed_it() -> None:
    found = read(PulledSystem.CANVAS, [{"id": 2, "display_name": "Pat", "progress": DONE}, 7]).observations
    (one,) = found
    assert (one.kind, one.people[0].value, one.activities[0].value) == (Kind.COMPLETED, "2", "565")
    assert one.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (one.raw, one.scaled, one.success) == (None, None, None)


def test_an_answer_that_is_no_list_of_learners_is_told() -> None:
    for body in (b"{}", b"[1]", b"<html>", b'{"errors": [{"message": "user not authorised"}]}'):
        with pytest.raises(InputError):
            canvas.read_page(body, 1_000)
    for body in (b"{}", b"[1]", b'[{"name": "x"}]', b'{"exception": "e", "errorcode": "invalidtoken"}'):
        with pytest.raises(InputError):
            moodle.read_learners(body, 1_000)
    refused = json.dumps({"exception": "e", "errorcode": "nocriteriaset", "message": "No criteria"})
    with pytest.raises(InputError, match="Moodle says: No criteria"):
        moodle.read_completion(refused.encode(), 1_000)
    assert moodle.read_completion(b'{"exception": "e", "errorcode": "usernotenroled"}', 1_000) is None


@pytest.mark.parametrize(
    ("aggregation", "times", "expected"),
    [
        (1, [1_000_000_000, 1_100_000_000], 1_100_000_000),
        (2, [1_000_000_000, 1_100_000_000], 1_000_000_000),
        (1, [1_000_000_000, None], None),
        (1, [], None),
    ],
)
def test_moodle_tells_of_a_course_by_its_criteria(
    aggregation: int, times: list[int | None], expected: int | None
) -> None:
    rows = [{"complete": True, "timecompleted": time} for time in times]
    rows.append({"complete": False, "timecompleted": 1_200_000_000})
    status = {"completed": True, "aggregation": aggregation, "completions": rows}
    user = {"id": 7, "username": "pat", "email": "pat@example.org"}
    (one,) = read(PulledSystem.MOODLE, [{"user": user, "completionstatus": status}]).observations
    assert one.occurred_at == (None if expected is None else datetime.fromtimestamp(expected, UTC))
    assert [person.value for person in one.people] == ["7", "pat", "pat@example.org"]


@pytest.mark.parametrize("completed", [False, None, 1, "true"])
def test_moodle_says_nothing_of_who_has_not_completed_it(completed: Any) -> None:
    status = {"completed": completed, "aggregation": 1, "completions": []}
    found = read(PulledSystem.MOODLE, [{"user": {"id": 7}, "completionstatus": status}])
    assert found.observations == ()


@pytest.mark.parametrize(
    ("changed", "is_gone"),
    [
        ({"score": None, "grade": None}, True),
        ({"score": None, "grade": "A"}, False),
        ({"grade": None}, False),  # the score was not said
        ({"score": None, "grade": None, "workflow_state": "pending_review"}, False),
        ({}, False),
    ],
)
def test_a_grade_of_canvas_is_gone_where_it_says_so(changed: dict[str, Any], is_gone: bool) -> None:
    assert canvas_grades.is_gone({"grade": {"workflow_state": "graded", **changed}}) is is_gone


@pytest.mark.parametrize(
    ("item", "is_gone"),
    [
        ({"graderaw": None}, True),
        ({"graderaw": None, "gradeishidden": True}, False),
        ({"graderaw": None, "gradeneedsupdate": True}, False),
        ({"graderaw": 0}, False),
        ({}, False),
    ],
)
def test_a_grade_of_moodle_is_gone_where_it_is_neither_hidden_nor_worked_out(
    item: dict[str, Any], is_gone: bool
) -> None:
    assert moodle_grades.is_gone({"grade": item}) is is_gone


def test_a_result_of_an_outcome_without_a_verdict_is_a_score_and_one_without_either_is_none() -> None:
    result = {"links": {"user": "3", "learning_outcome": "97", "alignment": "quizzes:quiz_4"}, "score": 2}
    body = write_answer(PulledSystem.CANVAS, HOST, "565", [{"result": result}, {"result": {}}], of=OUTCOMES)
    found = ADAPTERS["canvas"].read(Message(body), {})
    assert [(one.kind, one.raw, one.success) for one in found.observations] == [(Kind.GRADED, 2, None)]
    assert [one.value for one in found.observations[0].activities] == ["97", "565"]
    with pytest.raises(InputError):
        canvas_outcomes.read_page(b"[]", 99)
    with pytest.raises(InputError):
        moodle_badges.read_badges(b"[]", 99)


def test_the_token_of_moodle_is_in_the_form_alone() -> None:
    form = parse_qs(moodle.learners_form("t-1", "2", 100).decode())
    assert form["wstoken"] == ["t-1"]
    assert form["options[0][value]"] == ["100"]
    assert "t-1" not in moodle.service_url(HOST)

"""Canvas Live Events: who the learner is and is not, and what each event says."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from credserv.ground.errors import InputError
from tests.testkit.reading import activities, only, people, read, said, sample

ACTOR = ("21070000000000123", "inewton@example.com", "456-T45", "21070000000000987", "oxana@example.com")


def event(name: str, body: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    root = {"root_account_uuid": "uuid", "root_account_id": "21070000000000001", "user_id": "9"}
    time = {"event_name": name, "event_time": "2026-11-01T10:00:00Z"}
    return {"metadata": {**root, **time, **metadata}, "body": body}


# --- courses --------------------------------------------------------------------------------------


def test_a_completed_course() -> None:
    found = only("canvas", "course_completed.json")
    assert (found.kind, found.name) == ("completed", "Isaac Newton")
    assert people(found) == [("lms-id", "123"), ("email", "inewton@example.com")]
    assert activities(found) == [("course", "565")]
    assert found.occurred_at == datetime(2019, 11, 5, 13, 38, 0, 218_000, tzinfo=UTC)
    assert said(found) == {}


@pytest.mark.parametrize(
    "progress",
    [
        {"completed_at": None, "requirement_count": 6, "requirement_completed_count": 6},
        {"completed_at": "2026-11-01T10:00:00Z", "requirement_count": 6, "requirement_completed_count": 5},
        {"completed_at": "2026-11-01T10:00:00Z", "requirement_count": 6},
        {"completed_at": "2026-11-01T10:00:00Z"},
        {},
    ],
)
def test_a_course_of_which_something_is_missing_is_not_completed(progress: dict[str, Any]) -> None:
    body = {"user": {"id": "1"}, "course": {"id": "2"}, "progress": progress}
    found = only("canvas", event("course_completed", body))
    assert (found.kind, said(found)) == ("progress", {})


def test_progress_is_no_completion() -> None:
    assert only("canvas", "course_progress.json").kind == "progress"


def test_a_course_grade_is_the_students_and_not_the_teachers() -> None:
    found = only("canvas", "course_grade_change.json")
    assert (found.kind, people(found), activities(found)) == ("graded", [("lms-id", "2")], [("course", "2")])
    assert said(found) == {"raw": Decimal("12.5")}


# --- grades ---------------------------------------------------------------------------------------


def test_a_grade_above_its_maximum_is_kept_and_told() -> None:
    found = only("canvas", "grade_change.json")
    assert found.kind == "graded"
    assert people(found) == [
        ("lms-id", "21070000000000048"),
        ("lms-id", "48"),
        ("sis-id", "ABC.123"),
    ]
    assert activities(found)[0] == ("assessment", "355")
    assert (found.raw, found.max, found.scaled) == (5, 1, None)
    assert found.flags == ("the score is above the maximum",)
    assert found.asserted_by is not None
    assert found.asserted_by.value == "21070000000000987"


@pytest.mark.parametrize("name", ["grade_change", "grade_override"])
def test_an_overridden_course_grade_is_one_whatever_it_is_called(name: str) -> None:
    """Canvas's own sample of `grade_override` says `grade_change`."""
    body = {
        "score_id": "43",
        "user_id": "45",
        "course_id": "46",
        "override_score": 90,
        "old_override_score": 85,
    }
    found = only("canvas", event(name, body))
    assert (people(found), activities(found), found.raw) == ([("lms-id", "45")], [("course", "46")], 90)


def test_an_override_that_is_taken_away_says_no_score() -> None:
    body = {"user_id": "45", "course_id": "46", "override_score": None, "old_override_score": 85}
    assert only("canvas", event("grade_override", body)).raw is None


def test_a_score_without_its_assignment_is_none_of_the_course() -> None:
    changed = sample("canvas", "grade_change.json")
    del changed["body"]["assignment_id"]
    assert activities(only("canvas", changed)) == []


def test_a_quiz_that_grades_itself_is_asserted_by_nobody() -> None:
    changed = sample("canvas", "grade_change.json")
    changed["body"]["grader_id"] = "-22"
    assert only("canvas", changed).asserted_by is None


def submitted(**changed: Any) -> dict[str, Any]:
    """As Canvas documents `submission_updated`; the actor is the teacher."""
    body = {
        "assignment_id": "21070000000000396",
        "attempt": 1,
        "body": "user: 47, quiz: 78, score: 0.0, time: 2018-10-09 21:29:57 +0000",
        "grade": "S",
        "graded_at": "2018-10-09T21:29:57Z",
        "score": 99.5,
        "submission_id": "21070000000011176",
        "submitted_at": "2018-10-09T21:29:57Z",
        "updated_at": "2018-10-10T21:29:57Z",
        "user_id": "21070000000000047",
        "workflow_state": "submitted",
    }
    context = {"context_type": "Course", "context_id": "21070000000000565"}
    return event("submission_updated", {**body, **changed}, **context)


def test_what_was_handed_in_is_a_grade_once_it_is_graded() -> None:
    found = only("canvas", submitted())
    assert (found.kind, people(found)) == ("graded", [("lms-id", "21070000000000047"), ("lms-id", "47")])
    assert [activities(found)[at] for at in (0, 2)] == [("assessment", "396"), ("course", "565")]
    wanted = {"raw": Decimal("99.5"), "level": "S", "attempt": "21070000000011176"}
    assert (said(found), found.occurred_at) == (wanted, datetime(2018, 10, 9, 21, 29, 57, tzinfo=UTC))


@pytest.mark.parametrize(
    "changed",
    [
        {"graded_at": None},
        {"score": None, "grade": None},
        {"workflow_state": "pending_review"},
        {"workflow_state": "unsubmitted"},
    ],
)
def test_what_is_not_graded_yet_says_nothing(changed: dict[str, Any]) -> None:
    assert read("canvas", submitted(**changed)).observations == ()


def test_a_grade_that_is_taken_away_is_taken_back() -> None:
    changed = sample("canvas", "grade_change.json")
    before = only("canvas", changed)
    changed["body"] |= {"score": None, "grade": None, "old_score": 5}
    found = only("canvas", changed)
    assert (found.kind, found.raw, found.attempt) == ("revoked", None, before.attempt)
    del changed["body"]["score"]  # not said is not gone
    assert only("canvas", changed).kind == "graded"


# --- outcomes -------------------------------------------------------------------------------------


def test_mastery_is_what_canvas_says_it_is() -> None:
    found = only("canvas", "learning_outcome_result_created.json")
    assert (found.kind, people(found)) == ("mastered", [("uuid", "elXwFPr6uKGaiVxchQSsqV6YZy5HBtlq8O2vqMXM")])
    assert activities(found)[0] == ("outcome", "1")
    assert said(found) == {"raw": 5, "max": 5, "scaled": 1, "success": True, "attempt": "1"}


@pytest.mark.parametrize(
    ("mastery", "kind", "success"),
    [(False, "failed", False), (None, "graded", None), ("true", "graded", None)],
)
def test_what_is_not_said_to_be_mastered_is_not(mastery: Any, kind: str, success: bool | None) -> None:
    changed = sample("canvas", "learning_outcome_result_updated.json")
    changed["body"]["mastery"] = mastery
    found = only("canvas", changed)
    assert (found.kind, found.success) == (kind, success)


def test_a_share_of_nothing_is_no_share() -> None:
    changed = sample("canvas", "learning_outcome_result_updated.json")
    changed["body"] |= {"possible": 0, "score": 0}
    found = only("canvas", changed)
    assert (found.raw, found.max, found.scaled) == (0, 0, None)
    assert "a share of nothing" in found.flags[0]


# --- people ---------------------------------------------------------------------------------------


def test_an_account_is_the_new_users_and_not_the_administrators() -> None:
    found = only("canvas", "user_created.json")
    assert found.kind == "identity"
    assert people(found) == [
        ("lms-id", "21070000000025999"),
        ("lms-id", "25999"),
        ("uuid", "kDfqdZrVWAxrI6RmFBNqipEGKozQR0sYolwPfsvM"),
        ("username", "test"),
        ("sis-id", "456-T45"),
    ]


def test_a_login_that_looks_like_an_address_is_a_login() -> None:
    found = only("canvas", event("user_updated", {"user_id": "5", "user_login": "ann@example.org"}))
    assert people(found) == [("lms-id", "5"), ("username", "ann@example.org")]


def test_local_and_global_ids_of_one_user_meet() -> None:
    """And one of another shard is nobody of ours."""
    short = only("canvas", event("course_grade_change", {"user_id": "48", "course_id": "2"}))
    body = {"user_id": "21070000000000048", "course_id": "21070000000000002"}
    long = only("canvas", event("course_grade_change", body))
    assert ("lms-id", "48") in people(short)
    assert ("lms-id", "48") in people(long)
    assert short.activities[0] == long.activities[0]
    assert short.event_id == long.event_id
    foreign = only("canvas", event("course_grade_change", {"user_id": "99990000000000048", "course_id": "2"}))
    assert people(foreign) == [("lms-id", "99990000000000048")]


# --- what says nothing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"submission_id": "1", "user_id": "47", "score": 99.5, "grade": "S", "workflow_state": "submitted"},
        {
            "enrollment_id": "1",
            "user_id": "2",
            "state": "completed",
            "state_started_at": "2018-11-05 05:38:00 -0800",
        },
        {},
    ],
)
@pytest.mark.parametrize(
    "name", ["submission_updated", "enrollment_state_created", "module_item_created", "x"]
)
def test_other_events_say_nothing(name: str, body: dict[str, Any]) -> None:
    reading = read("canvas", event(name, body))
    assert (reading.observations, reading.unread) == ((), ())
    assert reading.passed_over[0].why.startswith(name)


def test_an_event_without_a_name_says_nothing() -> None:
    assert read("canvas", {"metadata": {}, "body": {}}).observations == ()


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"{}", b'{"metadata": 1, "body": {}}', b"a.b.c", b"1.2.3"]
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read("canvas", body)


# --- forms of delivery ----------------------------------------------------------------------------


def test_a_signed_event_is_read_from_its_token() -> None:
    claims = base64.urlsafe_b64encode(json.dumps(sample("canvas", "course_completed.json")).encode()).rstrip(
        b"="
    )
    token = b"eyJhbGciOiJSUzI1NiJ9." + claims + b".c2lnbmF0dXJl"
    assert only("canvas", token) == only("canvas", "course_completed.json")


def test_events_of_one_list_are_read_one_by_one() -> None:
    grade, course = sample("canvas", "grade_change.json"), sample("canvas", "course_completed.json")
    together = read("canvas", [grade, {"neither": 1}, course])
    assert together.observations == (only("canvas", grade), only("canvas", course))
    assert [one.place for one in together.unread] == ["/1"]


def test_the_caliper_of_canvas_names_users_by_number() -> None:
    found = only("canvas", "caliper-grade_change.json")
    assert people(found) == [("lms-id", "21070000000000048"), ("sis-id", "ABC.123")]
    assert (found.raw, found.max) == (5, 1)
    assert found.event_id == "urn:uuid:319f0132-0584-4efd-9489-4959b7101731"
    assert found.asserted_by is not None
    assert found.asserted_by.value == "21070000000000987"


def test_a_time_that_is_none_is_told() -> None:
    """Canvas's own sample of `user_updated` has `019-11-01T19:11:01.163Z`."""
    reading = read("canvas", event("user_updated", {"user_id": "5", "updated_at": "019-11-01T19:11:01.163Z"}))
    assert reading.observations[0].occurred_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert [one.place for one in reading.unread] == ["/body/updated_at"]


@pytest.mark.parametrize("actor", ACTOR)
def test_nobody_is_the_learner_for_having_sent_the_request(actor: str) -> None:
    for name in ("course_grade_change.json", "grade_change.json", "learning_outcome_result_created.json"):
        changed = sample("canvas", name)
        changed["metadata"] |= {"user_id": actor, "user_login": actor, "user_sis_id": actor}
        assert actor not in [value for _, value in people(only("canvas", changed))]

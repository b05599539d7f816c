"""Moodle's events: the learner is `relateduserid`, and only completing completes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from credserv.ground.errors import InputError
from credserv.sources.adapter import Message, Outcome
from credserv.sources.adapters import ADAPTERS
from tests.testkit.reading import activities, as_bytes, only, people, read, said, sample, without_each
from tests.testkit.shared import shared_path


def event(name: str, **members: Any) -> dict[str, Any]:
    whose = {"userid": "2", "relateduserid": "7", "courseid": "5", "contextinstanceid": "31", "objectid": "9"}
    return {"eventname": name, "timecreated": 1763712000, "host": "lms.example.org", **whose, **members}


def test_a_completed_course_is_the_learners_and_not_the_one_who_ran_cron() -> None:
    found = only("moodle", "local_webhooks-course_completed.DERIVED.json")
    assert (found.kind, people(found), activities(found)) == (
        "completed",
        [("lms-id", "7")],
        [("course", "2")],
    )
    assert found.occurred_at == datetime(2025, 11, 21, 8, tzinfo=UTC)
    assert said(found) == {}


def test_nobody_completes_for_another() -> None:
    changed = sample("moodle", "local_webhooks-course_completed.DERIVED.json")
    del changed["relateduserid"]
    found = only("moodle", changed)
    assert (people(found), found.flags) == ([], ("it names no learner",))


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", ""])
def test_json_is_read_under_any_content_type(content_type: str) -> None:
    body = as_bytes("moodle", "local_webhooks-course_completed.DERIVED.json")
    reading = ADAPTERS["moodle"].read(Message(body, {"content-type": content_type}), {})
    assert len(reading.observations) == 1


def test_a_form_of_a_relay_is_read() -> None:
    fields = {
        "eventname": r"\core\event\course_completed",
        "relateduserid": "7",
        "courseid": "2",
        "userid": "3",
    }
    found = only("moodle", urlencode(fields).encode())
    assert (people(found), activities(found)) == ([("lms-id", "7")], [("course", "2")])


def test_a_rating_says_its_value_and_who_rated() -> None:
    """`objectid` is the row of one person's rating, not the competency."""
    found = only("moodle", "local_webhooks-competency_rated.DERIVED.json")
    assert (found.kind, people(found)) == ("graded", [("lms-id", "7")])
    assert activities(found) == [("activity", "competency_usercomp/9")]
    assert (found.raw, found.level) == (3, "3")
    assert found.asserted_by is not None
    assert found.asserted_by.value == "2"


def test_a_rating_in_a_course_names_its_competency() -> None:
    name = r"\core\event\competency_user_competency_rated_in_course"
    found = only("moodle", event(name, other={"competencyid": "12", "grade": "2"}))
    assert activities(found) == [("outcome", "12"), ("course", "5")]


@pytest.mark.parametrize(
    ("state", "kind"), [(0, "uncompleted"), (1, "completed"), (2, "passed"), (3, "failed"), ("2", "passed")]
)
def test_an_activity_is_what_its_state_says(state: Any, kind: str) -> None:
    name = r"\core\event\course_module_completion_updated"
    found = only("moodle", event(name, other={"completionstate": state}))
    assert (found.kind, activities(found)) == (kind, [("module", "31"), ("course", "5")])


@pytest.mark.parametrize("other", [{}, None, {"completionstate": None}, {"completionstate": 7}, "a:0:{}"])
def test_an_activity_whose_state_is_not_said_is_nothing(other: Any) -> None:
    name = r"\core\event\course_module_completion_updated"
    assert read("moodle", event(name, other=other)).observations == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("logstore-course_module_completion_update.event.json", "passed"),
        (
            "logstore-core-course_module_completion_update-uncompleting_existing_module.event.json",
            "uncompleted",
        ),
        ("logstore-badge_awarded.event.json", "completed"),
        ("logstore-core-badge_revoked-user_forfeited_badge.event.json", "revoked"),
        ("logstore-course_completed.event.json", "completed"),
        ("logstore-core-user_created-existing_user_created.event.json", "identity"),
    ],
)
def test_rows_of_the_log(name: str, kind: str) -> None:
    """Their `other` is a text of PHP's."""
    found = only("moodle", name)
    assert (found.kind, people(found)) == (kind, [("lms-id", str(sample("moodle", name)["relateduserid"]))])


def test_other_is_read_alike_as_php_as_json_and_as_an_object() -> None:
    name = r"\core\event\course_module_completion_updated"
    php = 'a:2:{s:13:"relateduserid";i:7;s:15:"completionstate";i:1;}'
    plain = {"relateduserid": 7, "completionstate": 1}
    found = [only("moodle", event(name, other=other)) for other in (php, json.dumps(plain), plain)]
    assert found[0] == found[1] == found[2]


def test_an_object_of_php_is_not_made() -> None:
    name = r"\core\event\course_module_completion_updated"
    reading = read("moodle", event(name, other='O:8:"stdClass":1:{s:15:"completionstate";i:1;}'))
    assert reading.observations == ()
    assert reading.unread[0].place == "/other"


@pytest.mark.parametrize(
    "name",
    [
        r"\core\event\course_completion_updated",
        r"\core\event\course_viewed",
        r"\core\event\course_module_updated",
        r"\core\event\user_enrolment_created",
        r"\mod_quiz\event\attempt_submitted",
        r"\core\event\competency_viewed",
        r"\local_something\event\anything",
        "",
    ],
)
def test_other_events_say_nothing(name: str) -> None:
    """`course_completion_updated` is the completion settings being edited."""
    reading = read("moodle", event(name, other={"completionstate": 1}))
    assert (reading.observations, reading.unread) == ((), ())


def test_a_scorm_status_that_the_event_does_not_carry_is_not_guessed() -> None:
    assert (
        read(
            "moodle", "logstore-mod_scorm-status_submitted-existing_status_submitted.event.json"
        ).observations
        == ()
    )


def test_a_scorm_package_reports_for_whoever_runs_it() -> None:
    other = {"attemptid": 1, "cmielement": "cmi.core.lesson_status", "cmivalue": "passed"}
    found = only("moodle", event(r"\mod_scorm\event\status_submitted", other=other, relateduserid=None))
    assert (found.kind, people(found), found.attempt) == ("passed", [("lms-id", "2")], "1")


def test_a_grade_is_the_learners_and_its_maximum_is_not_known() -> None:
    other = {"itemid": "55", "finalgrade": "87.50000", "overridden": False}
    found = only("moodle", event(r"\core\event\user_graded", other=other))
    assert (people(found), activities(found)[0]) == ([("lms-id", "7")], ("assessment", "55"))
    assert (str(found.raw), found.max, found.scaled) == ("87.50000", None, None)


def test_what_the_log_expander_puts_beside_is_the_learners_only_where_it_is_theirs() -> None:
    """And the grades in its records are none of the event's."""
    found = only("moodle", "log-expander-CourseCompleted.json")
    assert people(found) == [("lms-id", "1"), ("username", "test_username")]
    assert (activities(found), said(found)) == ([("course", "1")], {})
    changed = sample("moodle", "log-expander-CourseCompleted.json")
    changed["relateduser"]["id"] = 2
    assert people(only("moodle", changed)) == [("lms-id", "1")]


@pytest.mark.parametrize("nobody", ["0", 0, "-1", -20])
def test_the_system_is_nobody(nobody: Any) -> None:
    found = only("moodle", event(r"\core\event\course_completed", relateduserid=nobody))
    assert people(found) == []


def test_statements_of_its_xapi_store_are_xapi() -> None:
    body = shared_path("payloads/xapi/moodle-course_completed.statements.json").read_bytes()
    assert read("moodle", body) == ADAPTERS["xapi"].read(Message(body), {})
    answer = ADAPTERS["moodle"].answer(Message(body), read("moodle", body), Outcome.TAKEN)
    assert (answer.status, len(answer.body)) == (200, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"", b"x=1", b"[1]", b'{"event": {}}', b'{"eventname": null}', b"\xff\xfe"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read("moodle", body)


def test_a_graded_assignment_says_its_grade_only_where_the_record_is_beside_it() -> None:
    event_alone = event(r"\mod_assign\event\submission_graded")
    found = only("moodle", event_alone)
    assert (found.kind, people(found), activities(found)[0]) == (
        "graded",
        [("lms-id", "7")],
        ("module", "31"),
    )
    assert (found.raw, found.max) == (None, None)
    records = {
        "grade": {"userid": "7", "grade": "2"},
        "grade_items": {"grademax": "5.00000", "grademin": "0.00000"},
    }
    expanded = {"info": {}, "event": event_alone, **records}
    found = only("moodle", expanded)
    assert (found.raw, found.min, found.max, found.scaled) == (2, 0, 5, None)
    expanded["grade"]["userid"] = "8"  # somebody else's
    assert only("moodle", expanded).raw is None


def attempt(**changed: Any) -> dict[str, Any]:
    """As the log expander writes it: the event, with the records that it names."""
    record = {"id": "9", "quiz": "4", "userid": "7", "state": "finished", "sumgrades": "8.00000", **changed}
    quiz = {"id": "4", "sumgrades": "10.00000", "grade": "100.00000"}
    submitted = event(r"\mod_quiz\event\attempt_submitted", other={"submitterid": 7, "quizid": 4})
    return {"info": {}, "event": submitted, "attempt": record, "module": quiz}


def test_an_attempt_at_a_quiz_says_its_points_where_its_record_is_beside_it() -> None:
    found = only("moodle", attempt())
    assert (found.kind, people(found), activities(found)[0]) == (
        "graded",
        [("lms-id", "7")],
        ("module", "31"),
    )
    assert said(found) == {"raw": 8, "max": 10, "attempt": "9"}


@pytest.mark.parametrize(
    "changed", [{"sumgrades": None}, {"state": "inprogress"}, {"userid": "8"}, {"id": "10"}, {"quiz": None}]
)
def test_an_attempt_that_is_open_or_not_theirs_says_nothing(changed: dict[str, Any]) -> None:
    assert read("moodle", attempt(**changed)).observations == ()


def h5p(verb: str, result: Any, thing: str = "https://lms.example.org/xapi/activity/31") -> dict[str, Any]:
    statement = {
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"objectType": "Activity", "id": thing},
        "result": result,
    }
    return event(
        r"\mod_h5pactivity\event\statement_received", relateduserid=None, objectid="4", other=statement
    )


def test_a_statement_of_h5p_says_what_it_says_of_whoever_did_it() -> None:
    score = {"min": 0, "max": 4, "raw": 3, "scaled": 0.75}
    found = only("moodle", h5p("completed", {"score": score, "completion": True, "success": True}))
    assert (found.kind, people(found)) == ("completed", [("lms-id", "2")])
    assert activities(found) == [("module", "31"), ("course", "5")]
    assert said(found) == {**score, "scaled": Decimal("0.75"), "completion": True, "success": True}
    assert only("moodle", h5p("answered", {"score": score})).kind == "graded"
    assert only("moodle", h5p("completed", {"completion": False})).kind == "progress"


def test_a_question_of_h5p_is_not_the_activity() -> None:
    thing = "https://lms.example.org/xapi/activity/31?subContentId=ab-1"
    result = {"score": {"min": 0, "max": 1, "raw": 1, "scaled": 1}, "completion": True}
    assert read("moodle", h5p("answered", result, thing)).observations == ()
    assert read("moodle", h5p("attempted", None)).observations == ()


def test_a_deleted_grade_is_taken_back() -> None:
    other = {"itemid": "55", "overridden": False, "finalgrade": "87.50000"}
    found = only("moodle", event(r"\core\event\grade_deleted", other=other))
    assert (found.kind, activities(found)[0], found.raw) == ("revoked", ("assessment", "55"), None)


@pytest.mark.parametrize("whole", [attempt(), h5p("completed", {"score": {"raw": 3, "max": 4}})])
def test_a_record_that_lacks_a_member_says_no_more(whole: dict[str, Any]) -> None:
    numbers = {getattr(only("moodle", whole), name) for name in ("raw", "min", "max", "scaled")}
    for place, changed in without_each(whole):
        try:
            found = read("moodle", changed).observations
        except InputError:
            continue
        for one in found:
            assert {getattr(one, name) for name in ("raw", "min", "max", "scaled")} <= numbers | {None}, place
            assert {value for _, value in people(one)} <= {"7", "2"}, place

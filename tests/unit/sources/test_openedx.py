"""Open edX: webhooks as JSON and as a form, of any version, and the tracking log."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from credserv.ground.errors import InputError
from tests.testkit.reading import activities, only, people, read, said, sample

USER = {"id": 42, "is_active": True, "pii": {"username": "jdoe", "email": "jdoe@example.org", "name": "Jane"}}
STAFF = {"id": 1, "pii": {"username": "staff", "email": "staff@example.org", "name": "Staff"}}
COURSE = {"course_key": "course-v1:A+B+C", "display_name": "A course"}
JANE = [("lms-id", "42"), ("username", "jdoe"), ("email", "jdoe@example.org")]


def event(event_type: str, name: str = "openedx_events.learning.data.Any", **data: Any) -> dict[str, Any]:
    metadata = {
        "event_type": f"org.openedx.learning.{event_type}",
        "id": "one",
        "time": "2026-11-21 09:00:00+00:00",
    }
    return {name: data, "event_metadata": metadata}


def test_a_certificate() -> None:
    found = only("openedx", "webhook-CERTIFICATE_CREATED.GENERATED.json")
    assert (found.kind, people(found)) == ("completed", JANE)
    assert activities(found) == [("course", "course-v1:Example+MENTOR101+2026")]
    assert found.occurred_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert found.event_id == "3f1d2c1e-c6e7-11f0-8a4b-0242ac140007"
    assert said(found) == {"scaled": Decimal("0.91")}


def test_the_form_says_what_the_json_says() -> None:
    """None is nothing, True is true, and `_` parts names and stands in them."""
    found = only("openedx", "webhook-CERTIFICATE_CREATED.form.txt")
    assert people(found) == [
        ("lms-id", "4211"),
        ("username", "sam.example"),
        ("email", "Sam.Example@example.org"),
    ]
    assert (found.activities[0].value, found.activities[0].name) == (
        "course-v1:Example+MENTOR102+2026",
        "Mentoring in practice",
    )
    assert (found.kind, found.scaled, found.name) == ("completed", Decimal("0.81"), "Sam Example")
    assert found.occurred_at == datetime(2026, 11, 20, 9, 3, 5, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(("sent", "kind"), [("True", "passed"), ("False", "failed")])
def test_a_truth_of_a_form(sent: str, kind: str) -> None:
    prefix = "openedx_events.learning.data.CoursePassingStatusData_"
    fields = {
        f"{prefix}is_passing": sent,
        f"{prefix}user_id": "5",
        f"{prefix}user_pii_email": "None",
        f"{prefix}course_course_key": "c",
        "event_metadata_event_type": "org.openedx.learning.course.passing.status.updated.v1",
        "event_metadata_id": "x",
    }
    found = only("openedx", urlencode(fields).encode())
    assert (found.kind, people(found), activities(found)) == (kind, [("lms-id", "5")], [("course", "c")])
    del fields[f"{prefix}is_passing"]
    assert read("openedx", urlencode(fields).encode()).observations == ()


def test_passing_and_no_longer_passing() -> None:
    passed = only("openedx", "webhook-COURSE_PASSING_STATUS_UPDATED.GENERATED.json")
    failed = only("openedx", "webhook-COURSE_PASSING_STATUS_UPDATED.not-passing.json")
    assert (passed.kind, passed.success) == ("passed", True)
    assert (failed.kind, failed.success) == ("failed", False)


def test_a_certificate_that_is_taken_back() -> None:
    found = only("openedx", "webhook-CERTIFICATE_REVOKED.json")
    assert (found.kind, said(found)) == ("revoked", {})


@pytest.mark.parametrize(
    ("event_type", "status", "kind"),
    [
        ("certificate.created.v1", "downloadable", "completed"),
        ("certificate.created.v1", "unverified", None),
        ("certificate.changed.v1", "downloadable", "completed"),
        ("certificate.changed.v1", "notpassing", "revoked"),
        ("certificate.changed.v1", "generating", None),
        ("certificate.changed.v1", None, None),
        ("certificate.revoked.v1", "downloadable", "revoked"),
    ],
)
def test_a_certificate_counts_when_it_can_be_had(
    event_type: str, status: str | None, kind: str | None
) -> None:
    found = read("openedx", event(event_type, user=USER, course=COURSE, current_status=status)).observations
    assert [one.kind.value for one in found] == ([kind] if kind else [])


def test_an_exam_is_the_students_and_not_the_one_who_asked() -> None:
    exam = {
        "student_user": USER,
        "requesting_user": STAFF,
        "course_key": "c",
        "usage_key": "block",
        "exam_name": "E",
    }
    found = only("openedx", event("exam.attempt.verified.v1", **exam))
    assert (found.kind, people(found), found.name) == ("completed", JANE, "Jane")
    assert activities(found) == [("assessment", "block"), ("course", "c")]
    assert found.asserted_by is not None
    assert found.asserted_by.value == "1"
    del exam["student_user"]
    assert people(only("openedx", event("exam.attempt.verified.v1", **exam))) == []


@pytest.mark.parametrize(
    ("event_type", "data", "kind", "about"),
    [
        (
            "program.certificate.awarded.v1",
            {"program": {"uuid": "p", "title": "P"}},
            "completed",
            ("program", "p"),
        ),
        ("program.certificate.revoked.v1", {"program": {"uuid": "p"}}, "revoked", ("program", "p")),
        (
            "badge.awarded.v1",
            {"uuid": "x", "template": {"uuid": "t", "name": "T"}},
            "completed",
            ("badge", "t"),
        ),
        ("badge.revoked.v1", {"uuid": "x", "template": {"uuid": "t"}}, "revoked", ("badge", "t")),
        (
            "ccx.course.passing.status.updated.v1",
            {"is_passing": True, "course": {"ccx_course_key": "ccx"}},
            "passed",
            ("course", "ccx"),
        ),
    ],
)
def test_other_awards(event_type: str, data: dict[str, Any], kind: str, about: tuple[str, str]) -> None:
    found = only("openedx", event(event_type, user=USER, **data))
    assert (found.kind, people(found), activities(found)[0]) == (kind, JANE, about)


def test_a_grade_summary_names_the_learner_by_number_alone() -> None:
    data = {
        "user_id": 42,
        "course": COURSE,
        "percent_grade": 0.805,
        "letter_grade": "B",
        "passed_timestamp": None,
    }
    found = only("openedx", event("course.persistent_grade_summary.changed.v1", **data))
    assert (found.kind, people(found)) == ("graded", [("lms-id", "42")])
    assert said(found) == {"scaled": Decimal("0.805"), "level": "B"}


def test_the_name_of_the_class_and_the_version_of_the_library_tell_nothing() -> None:
    """`openedx-events` 10 and 11 differ in both; an event bus names the member alone."""
    data = {"user": USER, "course": COURSE, "current_status": "downloadable"}
    found = [
        only("openedx", event("certificate.created.v1", name, **data))
        for name in (
            "openedx_events.learning.data.CertificateData",
            "openedx_events.v11.Certificate",
            "certificate",
        )
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "event_type",
    ["course.enrollment.created.v1", "auth.session.login.completed.v1", "exam.attempt.submitted.v1", ""],
)
def test_other_events_say_nothing(event_type: str) -> None:
    reading = read("openedx", event(event_type, user=USER, course=COURSE))
    assert (reading.observations, reading.unread) == ((), ())


# --- the tracking log -----------------------------------------------------------------------------


def tracked(name: str, **data: Any) -> dict[str, Any]:
    context = {"user_id": 1, "username": "staff", "course_id": "c"}
    return {"name": name, "context": context, "data": data, "timestamp": "2026-07-15T06:36:01.917775+00:00"}


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("tracking-edx.course.grade.now_passed.json", "passed"),
        ("tracking-edx.course.grade.passed.first_time.json", "passed"),
        ("tracking-edx.grades.problem.submitted.json", "graded"),
        ("tracking-edx.grades.course.grade_calculated_letter_grade.json", "graded"),
    ],
)
def test_events_of_the_log(file: str, kind: str) -> None:
    found = only("openedx", file)
    assert (found.kind, people(found)[0]) == (kind, ("lms-id", "3"))


def test_whoever_made_the_request_is_not_the_learner() -> None:
    found = only("openedx", tracked("edx.course.grade.now_passed", user_id=4, course_id="c"))
    assert people(found) == [("lms-id", "4")]
    assert people(only("openedx", tracked("edx.course.grade.now_passed", course_id="c"))) == []


def test_a_zero_is_a_score() -> None:
    found = only("openedx", "tracking-edx.grades.problem.submitted.json")
    assert said(found) == {"raw": 0, "max": 1}


@pytest.mark.parametrize(
    ("percent", "kind"), [(0.8, "progress"), (1.0, "completed"), (1, "completed"), (0, "progress")]
)
def test_completion_is_a_whole_one(percent: float, kind: str) -> None:
    """The aggregator's *completion* comes with 0.8 too."""
    name = "edx.completion_aggregator.completion.course"
    found = only("openedx", tracked(name, user_id=4, course_id="c", block_id="b", percent=percent))
    assert (found.kind, activities(found), said(found)) == (kind, [("course", "c")], {})


def test_lines_of_the_log_are_read_one_by_one() -> None:
    one = sample("openedx", "tracking-edx.course.grade.now_passed.json")
    import json

    lines = b"\n".join(json.dumps(item).encode() for item in (one, tracked("edx.ui.lms.link_clicked"), one))
    reading = read("openedx", lines)
    assert len(reading.observations) == 2
    assert [item.place for item in reading.passed_over] == ["line 2"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"event_metadata": 1}', b"event_metadata", b"event_metadata_x=1", b"\xff"]
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read("openedx", body)


def flattened(value: Any, above: str = "") -> dict[str, str]:
    """As `openedx-webhooks` makes a form of an event: all names above joined by `_`, Python's own words."""
    if not isinstance(value, dict):
        return {above: str(value)}
    names = {f"{above}_{name}" if above else name: item for name, item in value.items()}
    return {key: text for name, item in names.items() for key, text in flattened(item, name).items()}


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        (
            "exam.attempt.verified.v1",
            {"student_user": USER, "requesting_user": STAFF, "course_key": "c", "usage_key": "b"},
        ),
        (
            "course.persistent_grade_summary.changed.v1",
            {"user_id": 42, "course": COURSE, "percent_grade": 0.5},
        ),
        (
            "program.certificate.awarded.v1",
            {"user": USER, "program": {"uuid": "p", "title": "P"}, "uuid": "x"},
        ),
        ("badge.revoked.v1", {"user": USER, "uuid": "x", "template": {"uuid": "t", "name": "T"}}),
        (
            "ccx.course.passing.status.updated.v1",
            {"user": USER, "is_passing": False, "course": {"ccx_course_key": "k"}},
        ),
        (
            "certificate.revoked.v1",
            {"user": USER, "course": COURSE, "current_status": "unavailable", "grade": ""},
        ),
        ("student.registration.completed.v1", USER),
        ("course.enrollment.created.v1", {"user": USER, "course": COURSE, "mode": "audit"}),
    ],
)
def test_every_event_says_the_same_as_a_form(event_type: str, data: dict[str, Any]) -> None:
    sent = event(event_type, "openedx_events.learning.data.SomeData", **data)
    assert read("openedx", urlencode(flattened(sent)).encode()) == read("openedx", sent)

"""Webhook profiles: payloads of any shape, read by where their source says that things are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.sources.adapter import Message, Reading
from credserv.sources.adapters import ADAPTERS
from credserv.sources.profile import parse_profile
from tests.testkit.reading import activities, people, said, without_each

DOCEBO: dict[str, Any] = {
    "unfold": ["/payloads/*", "/payload"],
    "fields": {
        "event_type": {"pointer": "/event", "of": "message"},
        "event_id": {"pointer": "/message_id", "of": "message"},
        "kind": {
            "pointer": "/event",
            "of": "message",
            "values": {"course.enrollment.completed": "completed"},
        },
        "lms-id": "/user_id",
        "username": "/username",
        "course": "/course_id",
        "occurred_at": "/completion_date",
    },
}


def docebo(*users: int, event: str = "course.enrollment.completed") -> dict[str, Any]:
    parts = [
        {"fired_at": "2026-11-21 09:00:00", "user_id": user, "username": f"u{user}", "course_id": 7,
         "completion_date": "2026-11-21 09:00:00+00:00", "status": "completed"}
        for user in users
    ]  # fmt: skip
    grouped = {"payloads": parts} if len(parts) > 1 else {"payload": parts[0]}
    return {"event": event, "fired_by_batch_action": True, "message_id": "wh-1", **grouped}


GITHUB: dict[str, Any] = {
    "fields": {
        "event_type": {"header": "X-GitHub-Event"},
        "event_id": {"header": "X-GitHub-Delivery"},
        "kind": {"pointer": "/pull_request/merged", "values": {"true": "observed"}},
        "username": {"pointer": "/pull_request/user/login", "as": "lower"},
        "activity": "/repository/full_name",
        "occurred_at": "/pull_request/merged_at",
    }
}
MERGED = {
    "action": "closed",
    "sender": {"login": "Maintainer"},
    "pull_request": {"merged": True, "merged_at": "2026-11-21T09:00:00Z", "user": {"login": "Octocat"}},
    "repository": {"full_name": "example/tools"},
}

TOTARA: dict[str, Any] = {
    "fields": {
        "event_type": "/event_name",
        "event_id": "/uuid",
        "kind": {
            "pointer": "/event_name",
            "values": {"course_completed": "completed", "program_completed": "completed"},
        },
        "employee-number": "/data/user/idnumber",
        "lms-id": "/data/user/id",
        "course": "/data/course/id",
        "program": "/data/program/id",
        "title": "/data/course/fullname",
        "occurred_at": {"pointer": "/time", "as": "epoch"},
        "scaled": {"pointer": "/data/grade", "as": "percent"},
        "success": {"pointer": "/data/outcome", "values": {"pass": True, "fail": False}},
    }
}
COMPLETED = {
    "event_name": "course_completed",
    "uuid": "t-1",
    "time": 1763715600,
    "data": {
        "user": {"id": 5, "idnumber": "E5"},
        "course": {"id": 9, "fullname": "Safety"},
        "grade": "87.5",
        "outcome": "pass",
    },
}


def read(profile: dict[str, Any], message: Any, headers: dict[str, str] | None = None) -> Reading:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return ADAPTERS["generic"].read(Message(body, headers or {}), profile)


def changed(**data: Any) -> dict[str, Any]:
    return {**COMPLETED, "data": {**COMPLETED["data"], **data}}  # type: ignore[dict-item]


# --- Docebo: up to 25 events in one body ----------------------------------------------------------


def test_25_events_of_one_body_are_25_observations() -> None:
    found = read(DOCEBO, docebo(*range(1, 26))).observations
    assert [people(one)[0] for one in found] == [("lms-id", str(user)) for user in range(1, 26)]
    assert {one.kind.value for one in found} == {"completed"}
    assert len({one.event_id for one in found}) == 25


def test_events_that_are_grouped_otherwise_are_the_same() -> None:
    together = read(DOCEBO, docebo(1, 2, 3)).observations
    apart = read(DOCEBO, docebo(3, 2)).observations
    assert {one.event_id for one in apart} == {one.event_id for one in together[1:]}


def test_one_event_alone_has_the_id_of_its_message() -> None:
    (found,) = read(DOCEBO, docebo(4)).observations
    assert (found.event_id, found.event_type) == ("wh-1", "course.enrollment.completed")


def test_an_event_that_the_profile_does_not_mean_says_nothing() -> None:
    """`course.enrollment.updated` comes beside the completion."""
    reading = read(DOCEBO, docebo(1, 2, event="course.enrollment.updated"))
    assert (reading.observations, reading.unread) == ((), ())
    assert len(reading.passed_over) == 2
    assert read(DOCEBO, {"event": "x"}).passed_over[0].place == ""


# --- GitHub: headers, a login without an address --------------------------------------------------


@pytest.mark.parametrize("as_form", [False, True])
def test_a_merged_pull_request_is_its_authors(as_form: bool) -> None:
    body = urlencode({"payload": json.dumps(MERGED)}).encode() if as_form else json.dumps(MERGED).encode()
    (found,) = read(GITHUB, body, {"x-github-event": "pull_request", "x-github-delivery": "d-1"}).observations
    assert (found.kind, found.event_type, found.event_id) == ("observed", "pull_request", "d-1")
    assert (people(found), activities(found)) == ([("username", "octocat")], [("activity", "example/tools")])


def test_one_that_was_closed_says_nothing() -> None:
    closed = {**MERGED, "pull_request": {"merged": False, "user": {"login": "Octocat"}}}
    assert read(GITHUB, closed).observations == ()
    assert read(GITHUB, {"zen": "Keep it logically awesome."}).observations == ()


# --- Totara ---------------------------------------------------------------------------------------


def test_functions() -> None:
    (found,) = read(TOTARA, COMPLETED).observations
    assert people(found) == [("employee-number", "E5"), ("lms-id", "5")]
    assert (activities(found), found.activities[0].name) == ([("course", "9")], "Safety")
    assert found.occurred_at == datetime(2025, 11, 21, 9, tzinfo=UTC)
    assert said(found) == {"scaled": Decimal("0.875"), "success": True}


def test_who_has_not_passed_has_failed() -> None:
    (found,) = read(TOTARA, changed(outcome="fail")).observations
    assert (found.kind, found.success) == ("failed", False)


def test_a_value_without_a_meaning_is_absent() -> None:
    (found,) = read(TOTARA, changed(outcome="maybe", grade="A")).observations
    assert (found.kind, said(found)) == ("completed", {})


@pytest.mark.parametrize(
    ("part", "kind"),
    [("{}", None), ('{"state": null}', None), ('{"state": true}', "passed"), ('{"state": 0.5}', "failed")],
)
def test_what_is_sent_is_looked_up_as_json_writes_it_and_what_is_absent_means_nothing(
    part: str, kind: str | None
) -> None:
    meant = {"null": "completed", "true": "passed", "0.5": "failed"}
    profile = {"fields": {"kind": {"pointer": "/state", "values": meant}}}
    found = ADAPTERS["generic"].read(Message(part.encode()), profile).observations
    assert [one.kind for one in found] == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    ("of", "whole", "scaled"),
    [(17, 20, "0.85"), (2, 3, "0.6666666666666666666666666666"), (1, 0, None), (1, None, None)],
)
def test_a_ratio_is_cut_and_never_rounded_up(of: int, whole: int | None, scaled: str | None) -> None:
    fields = {"kind": {"const": "graded"}, "scaled": {"pointer": "/points", "as": "ratio", "by": "/of"}}
    (found,) = read({"fields": fields}, {"points": of, "of": whole}).observations
    assert found.scaled == (None if scaled is None else Decimal(scaled))


def test_what_is_of_another_type_is_told_with_its_place() -> None:
    reading = read(TOTARA, {**COMPLETED, "data": {**changed(user={"id": [5], "idnumber": {"x": 1}})["data"]}})
    assert people(reading.observations[0]) == []
    assert [one.place for one in reading.unread] == ["/data/user/idnumber", "/data/user/id"]


@pytest.mark.parametrize(
    ("profile", "message"), [(DOCEBO, docebo(1, 2)), (TOTARA, COMPLETED), (GITHUB, MERGED)]
)
def test_a_member_that_is_missing_adds_nothing(profile: dict[str, Any], message: Any) -> None:
    whole = read(profile, message).observations
    names = {one for found in whole for one in people(found)}
    for place, without in without_each(message):
        for found in read(profile, without).observations:
            assert set(people(found)) <= names, place
            assert {found.scaled, found.success} <= {None, whole[0].scaled, whole[0].success}, place


# --- profiles -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"fields": {"nobody": "/a"}}, "/fields/nobody"),
        ({"fields": {"email": "a"}}, "/fields/email/pointer"),
        ({"fields": {"email": {}}}, "/fields/email"),
        ({"fields": {"email": {"pointer": "/a", "const": "x"}}}, "/fields/email"),
        ({"fields": {"raw": {"pointer": "/a", "as": "eval"}}}, "/fields/raw/as"),
        ({"fields": {"raw": {"pointer": "/a", "as": "ratio"}}}, "/fields/raw/by"),
        ({"fields": {"raw": {"pointer": "/a", "by": "/b"}}}, "/fields/raw/by"),
        ({"fields": {"kind": "/a"}}, "/fields/kind"),
        ({"fields": {"kind": {"pointer": "/a", "values": {"x": "mastery"}}}}, "/fields/kind"),
        ({"fields": {"email": {"pointer": "/a", "of": "all"}}}, "/fields/email/of"),
        ({"fields": {"email": {"pointer": "/a", "more": 1}}}, "/fields/email/more"),
        ({"unfold": "payloads", "fields": {"email": "/a"}}, "/unfold"),
        ({"fields": {"email": 5}}, "/fields/email"),
        ({"fields": 5}, "/fields"),
    ],
)
def test_a_profile_that_is_none_is_told(options: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_profile(options)
    assert place in [fault.place for fault in caught.value.faults]


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff\xff", b"5", b'"x"'])
def test_what_is_neither_json_nor_a_form_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read(TOTARA, body)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user_id", "payloads", "event", "time", "data", "user", "id"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    for profile in (DOCEBO, TOTARA, GITHUB):
        try:
            read(profile, value)
        except InputError:
            continue

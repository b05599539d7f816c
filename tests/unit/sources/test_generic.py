"""The generic dialect: the published sample, and every fault with its place."""

import copy
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.ground.names import is_did, is_email
from credserv.sources.adapter import Message, Outcome, Reading
from credserv.sources.adapters import ADAPTERS
from credserv.sources.completion import Completion
from credserv.sources.generic import parse_event
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.reading import activities, people, said
from tests.testkit.shared import shared_path

EVENT: dict[str, Any] = {
    "type": "course.completed",
    "timestamp": "2026-11-21T09:00:00+01:00",
    "data": {
        "learner": {"email": "pat@example.org", "did": "did:key:z6MkabcDEF", "name": "Pat Doe"},
        "course": {"id": "course-v1:Example+MENTOR101+2026", "name": "Mentoring 101"},
        "result": {"score": 0.87, "passed": True},
    },
}


def altered(pointer: str, value: Any) -> dict[str, Any]:
    """EVENT with one place set; the value `...` takes it out."""
    event = copy.deepcopy(EVENT)
    *path, last = pointer.split("/")[1:]
    target = event
    for key in path:
        target = target[key]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return event


def places(event: Any) -> list[str]:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_event(event)
    return [fault.place for fault in caught.value.faults]


def test_a_whole_event() -> None:
    assert parse_event(EVENT) == Completion(
        event_type="course.completed",
        email="pat@example.org",
        did="did:key:z6MkabcDEF",
        name="Pat Doe",
        course_id="course-v1:Example+MENTOR101+2026",
        completed_at=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
        passed=True,
        score=0.87,
    )


def test_the_published_sample() -> None:
    event = json.loads(shared_path("payloads/standard-webhooks/body.json").read_bytes())
    completion = parse_event(event)
    assert (completion.email, completion.did, completion.score) == ("pat@example.org", None, 0.87)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/data/learner/email", ...),
        ("/data/learner/did", ...),
        ("/data/learner/name", None),
        ("/data/course/name", ...),
        ("/data/result", ...),
        ("/data/result/score", 0),
        ("/data/result/score", 1),
        ("/data/result/passed", False),
        ("/data/learner/email", " pat@example.org\n"),
        ("/data/course/id", 7),
        ("/timestamp", "2026-11-21T24:00:00Z"),
        ("/timestamp", "2026-11-21 09:00:00+0100"),
        ("/timestamp", "2026-11-21t09:00:00z"),
        ("/tenant", "the sender's own"),
    ],
)
def test_what_may_be_left_out_or_added(pointer: str, value: Any) -> None:
    parse_event(altered(pointer, value))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/type", ...),
        ("/type", ""),
        ("/type", 7),
        ("/type", "x" * 101),
        ("/timestamp", ...),
        ("/timestamp", "2026-11-21"),
        ("/timestamp", "2026-11-21T09:00:00"),
        ("/timestamp", 1763715600),
        ("/data", ...),
        ("/data", []),
        ("/data/learner", ...),
        ("/data/learner", "pat@example.org"),
        ("/data/learner/email", 7),
        ("/data/learner/email", "pat"),
        ("/data/learner/did", "key:z6Mk"),
        ("/data/course", ...),
        ("/data/course/id", ...),
        ("/data/course/id", " "),
        ("/data/result", True),
        ("/data/result/score", "0.87"),
        ("/data/result/score", True),
        ("/data/result/passed", "false"),
        ("/data/result/passed", 0),
        ("/data/result/pased", False),
        ("/data/results", {"passed": False}),
        ("/data/a~b", 1),
    ],
)
def test_each_fault_is_told_at_its_place(pointer: str, value: Any) -> None:
    assert places(altered(pointer, value)) == [pointer.replace("~", "~0")]


@pytest.mark.parametrize(
    ("pointer", "value", "member", "read"),
    [
        ("/data/learner/name", "", "name", None),
        ("/data/learner/name", "x" * 5_000, "name", "x" * 200),
        ("/data/learner/name", 7, "name", None),
        ("/data/learner/name", "Pat\u0000 Doe", "name", "Pat Doe"),
        ("/data/learner/language", {"is": ["en"]}, "name", "Pat Doe"),
        ("/data/course/name", "x" * 5_000, "passed", True),
        ("/data/course/name", None, "passed", True),
        ("/data/course/teacher", ["Kim"], "passed", True),
        ("/data/result/score", 1.05, "score", 1.0),
        ("/data/result/score", 1.2, "score", None),
        ("/data/result/score", 87, "score", None),
        ("/data/result/score", -0.01, "score", None),
        ("/data/result/score", float("nan"), "score", None),
    ],
)
def test_found_b3_what_decides_nothing_is_no_fault(pointer: str, value: Any, member: str, read: Any) -> None:
    assert getattr(parse_event(altered(pointer, value)), member) == read


def test_all_faults_are_told_in_one_answer() -> None:
    event = {"type": "", "timestamp": "soon", "data": {"learner": {}, "course": {}, "result": {"score": "2"}}}
    assert places(event) == ["/type", "/timestamp", "/data/learner", "/data/course/id", "/data/result/score"]


@pytest.mark.parametrize("event", [None, [], "text", 3, {}, {"data": None}])
def test_what_is_no_event_is_a_fault_and_never_an_accident(event: Any) -> None:
    assert places(event)


@pytest.mark.parametrize(
    "text",
    [
        "pat@example.org",
        "p@localhost",
        "first.last+tag@sub.example.co.uk",
        "jürgen@müller.example",
        "o'hara@x.ie",
    ],
)
def test_plain_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "pat@",
        "@example.org",
        "pat@@example.org",
        "pat@example..org",
        "pat@.example.org",
        "pat@example.org.",
        "pat@-example.org",
        "pat@example-.org",
        "pat doe@example.org",
        "Pat <pat@example.org>",
        "pat@example.org,eve@example.org",
        "pat@example.org;eve@example.org",
        "pat@example.org\r\nBcc: eve@example.org",
        "pat@example.org\n",
        "\u0000pat@example.org",
        '"pat"@example.org',
        "pat@[127.0.0.1]",
        "pat@exa_mple!.org",
        "x" * 65 + "@example.org",
        "pat@" + "x." * 130 + "org",
    ],
)
def test_attack_63_what_could_split_a_mail_header_or_name_two_people(text: str) -> None:
    assert not is_email(text)


def test_attack_41_long_addresses_and_dids_cost_no_time() -> None:
    start = time.perf_counter()
    for text in (
        "a" * 100_000 + "@",
        "a@" + "a." * 50_000,
        "a@" + "a" * 100_000 + "!",
        "did:x:" + ":" * 100_000,
    ):
        assert not is_email(text)
        assert not is_did(text)
    assert time.perf_counter() - start < HANGS_AFTER


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)
POINTERS = [
    "/type",
    "/timestamp",
    "/data",
    "/data/learner",
    "/data/learner/email",
    "/data/course",
    "/data/result",
]


@given(pointer=st.sampled_from(POINTERS), value=JSON)
def test_any_json_at_any_place_gives_a_completion_or_faults(pointer: str, value: Any) -> None:
    event = altered(pointer, value)
    try:
        completion = parse_event(event)
    except SchemaFaultsError:
        assert places(event)
        return
    assert completion.email or completion.did
    assert completion.score is None or 0 <= completion.score <= 1
    assert completion.completed_at.tzinfo is UTC


# --- as observations ------------------------------------------------------------------------------


def observed(event: Any, **headers: str) -> Reading:
    return ADAPTERS["generic"].read(Message(json.dumps(event).encode(), headers), {})


def test_a_whole_event_as_an_observation() -> None:
    (found,) = observed(EVENT).observations
    assert (found.kind, found.name) == ("completed", "Pat Doe")
    assert people(found) == [("email", "pat@example.org"), ("did", "did:key:z6MkabcDEF")]
    assert activities(found) == [("course", "course-v1:Example+MENTOR101+2026")]
    assert said(found) == {"scaled": Decimal("0.87"), "success": True}


def test_an_event_is_named_by_its_delivery_or_by_what_it_says() -> None:
    (sent,) = observed(EVENT, **{"webhook-id": "msg_1"}).observations
    assert sent.event_id == "msg_1"
    again, other = (
        observed(EVENT).observations[0],
        observed(altered("/data/result/score", 0.5)).observations[0],
    )
    assert (
        again.event_id == observed(dict(reversed(EVENT.items()))).observations[0].event_id != other.event_id
    )


def test_an_id_of_the_system_is_enough_and_a_score_past_one_is_kept() -> None:
    event = altered("/data/learner", {"id": 7, "employee_number": "E7"})
    event["data"]["result"] = {"score": 1.2}
    (found,) = observed(event).observations
    assert people(found) == [("lms-id", "7"), ("employee-number", "E7")]
    assert (found.scaled, found.flags) == (Decimal("1.2"), ("the scaled score is not between -1 and 1",))


@pytest.mark.parametrize(
    "result", [{"pased": False}, {"passed": "false"}, {"passed": None, "score": "x"}, [1], "no"]
)
def test_a_result_that_is_not_understood_is_not_read_by_halves(result: Any) -> None:
    """A misspelt `passed` must not read as *passed*."""
    reading = observed(altered("/data/result", result))
    assert reading.observations == ()
    assert reading.unread


@pytest.mark.parametrize(
    ("event_type", "result", "kind"),
    [
        ("course.completed", {"passed": False}, "failed"),
        ("course.completed", ..., "completed"),
        ("quiz.graded", {"raw": 1, "max": 2}, "graded"),
        ("anything", {"passed": True}, "passed"),
        ("anything", {"score": 0.5}, "graded"),
        ("anything", ..., None),
        ("user.updated", {}, None),
        ("badge.revoked", ..., "revoked"),
    ],
)
def test_what_a_type_says(event_type: str, result: Any, kind: str | None) -> None:
    event = altered("/data/result", result)
    event["type"] = event_type
    assert [one.kind.value for one in observed(event).observations] == ([kind] if kind else [])


@pytest.mark.parametrize("event", [{}, {"type": "x"}, {"data": {}}, {"type": 1, "data": {}}, [], 5])
def test_what_is_no_event_of_this_dialect(event: Any) -> None:
    with pytest.raises(InputError):
        observed(event)


def test_an_event_that_is_not_read_is_a_success_to_its_sender() -> None:
    answer = ADAPTERS["generic"].answer
    assert [answer(Message(b""), None, outcome).status for outcome in Outcome] == [200, 202, 200, 200]

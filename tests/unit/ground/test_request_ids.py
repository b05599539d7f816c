"""Which ids of requests are taken over from others."""

from __future__ import annotations

import pytest

from credserv.ground.request_ids import current_request, read_request_id, within_request

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"  # the example of W3C Trace Context
NAMED = "9a1e8e0c-3f4d-4c5a-9b8d-2f6a7c1e0d3b"


@pytest.mark.parametrize(
    ("named", "traceparent", "taken"),
    [
        (NAMED, "", NAMED),
        (NAMED.upper(), PARENT, NAMED),
        (TRACE, "", TRACE),
        ("", PARENT, TRACE),
        ("", f"cc-{TRACE}-b7ad6b7169203331-01-what-comes", TRACE),
        ("pat.doe@example.org", PARENT, TRACE),
    ],
)
def test_an_id_is_taken_over(named: str, traceparent: str, taken: str) -> None:
    assert read_request_id(named, traceparent) == taken


@pytest.mark.parametrize(
    "named",
    [
        "",
        "pat.doe@example.org",
        "Pat Doe",
        NAMED + "\n",
        f"{NAMED}, {NAMED}",
        "0" * 32,
        TRACE[:-1],
        "x" * 9_999,
        NAMED.replace("-", "", 1),
        "\uff10" * 32,
    ],
)
def test_attack_112_nothing_else_becomes_one(named: str) -> None:
    assert read_request_id(named, "") in (None, NAMED if named.strip() == NAMED else None)


@pytest.mark.parametrize(
    "traceparent",
    [
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
        f"00-{TRACE}-b7ad6b7169203331",
        PARENT + "x" * 300,
    ],
)
def test_a_traceparent_that_is_none_says_nothing(traceparent: str) -> None:
    assert read_request_id("", traceparent) is None


def test_what_is_within_a_request_is_that_requests_alone() -> None:
    before = current_request.get()  # of a request of another test, which this thread answered
    with within_request(TRACE):
        assert current_request.get() == TRACE
        with within_request(""):
            assert current_request.get() == ""
        assert current_request.get() == TRACE
    assert current_request.get() == before

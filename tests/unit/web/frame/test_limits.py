"""Budgets: counted per purpose and client, refused with the seconds to wait."""

from __future__ import annotations

import socket
import time

import pytest
from werkzeug.exceptions import TooManyRequests

from credserv.web.frame.limits import Budgets
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.processes import free_port


def budgets() -> Budgets:
    return Budgets.open("memory://", {"verify": "2/minute", "api": "1/minute"})


def test_the_third_of_two_is_refused_with_the_time_to_wait() -> None:
    made = budgets()
    made.spend("verify", "192.0.2.1")
    made.spend("verify", "192.0.2.1")
    with pytest.raises(TooManyRequests) as caught:
        made.spend("verify", "192.0.2.1")
    waited = dict(caught.value.get_headers({"REQUEST_METHOD": "GET"}))["Retry-After"]
    assert 1 <= int(waited) <= 61


def test_attack_45_a_flood_on_one_purpose_leaves_the_others_alone() -> None:
    made = budgets()
    for _ in range(2):
        made.spend("verify", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        made.spend("verify", "192.0.2.1")
    made.spend("api", "192.0.2.1")


def test_another_client_has_a_budget_of_its_own() -> None:
    made = budgets()
    made.spend("api", "192.0.2.1")
    made.spend("api", "192.0.2.2")
    with pytest.raises(TooManyRequests):
        made.spend("api", "192.0.2.1")


def test_d2_while_the_shared_place_is_away_each_process_counts_by_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing listens at the address that the documents show: nobody gets a 500, and no flood comes in."""
    made = Budgets.open(f"redis://127.0.0.1:{free_port()}", {"verify": "2/minute"})
    made.spend("verify", "192.0.2.1")
    made.spend("verify", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        made.spend("verify", "192.0.2.1")
    assert [record.message for record in caplog.records] == [
        "rates are counted in this process alone: ConnectionError"
    ]


def test_d2_a_shared_place_that_never_answers_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = Budgets.open(f"redis://127.0.0.1:{silent.getsockname()[1]}", {"verify": "2/minute"})
        started = time.monotonic()
        made.spend("verify", "192.0.2.1")
        assert time.monotonic() - started < HANGS_AFTER

"""No flood of one kind stops the others: found.md F1b and O9, attacks 43 and 45."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager

import pytest

from credserv.web.frame import lanes
from credserv.web.frame.lanes import LONG_SECONDS, Lane, Turns, lanes_of
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.service import Service


@contextmanager
def _full(lane: Lane, places: int) -> Iterator[None]:
    with ExitStack() as held:
        for _ in range(places):
            lane.enter()
            held.callback(lane.leave)
        yield


def test_f1b_with_all_places_for_verifying_taken_everything_else_goes_on(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 0.01)
    service, credential_id = sqlite_service, sqlite_service.issue()
    document = service.client().get(f"/credentials/{credential_id}.json").data
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    with _full(lanes_of(service.app).verifying, service.settings.verifying_threads):
        refused = service.client().post("/api/v1/verify", data=document, content_type="application/vc")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.json["code"]
        assert service.send_event(email="kim@example.org").status_code == 201
        for address in (f"/status/{record.status_list_id}", "/wallet", "/verify", "/healthz", "/readyz"):
            assert service.client().get(address).status_code == 200, address
    again = service.client().post("/api/v1/verify", data=document, content_type="application/vc")
    assert again.json["verdict"] == "verified"


def test_o9_beyond_its_places_and_its_queue_a_lane_refuses_at_once(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it lives and is ready, it says all the same."""
    monkeypatch.setattr(lanes, "PATIENCE_SECONDS", 0.01)
    service = sqlite_service
    with _full(lanes_of(service.app).working, service.settings.web_threads):
        assert service.client().get("/verify").status_code == 503
        assert service.client().get("/healthz").status_code == 200
        assert service.client().get("/readyz").status_code == 200
    assert service.client().get("/verify").status_code == 200


def test_64_visitors_who_verify_at_once_are_all_answered(sqlite_service: Service) -> None:
    lane, together = lanes_of(sqlite_service.app).verifying, threading.Barrier(65)

    def visit() -> None:
        together.wait(HANGS_AFTER)
        lane.enter()
        lane.leave()

    with ThreadPoolExecutor(64) as pool:
        with _full(lane, sqlite_service.settings.verifying_threads):
            visits = [pool.submit(visit) for _ in range(64)]
            together.wait(HANGS_AFTER)
            wait(visits, timeout=0.5, return_when=FIRST_COMPLETED)  # all wait; whoever is refused ends
        for one in visits:
            one.result(HANGS_AFTER)


def test_who_waits_in_a_lane_gets_the_next_place() -> None:
    lane = Lane(places=1, waiting=1)
    lane.enter()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(lane.enter)
        assert not waiting.done()
        lane.leave()
        waiting.result(timeout=HANGS_AFTER)
    lane.leave()


def test_f1b_while_one_verification_takes_long_threads_take_shorter_turns() -> None:
    clock = iter((0.0, 0.01, LONG_SECONDS, LONG_SECONDS + 0.01, 0.2))
    turns, usual = Turns(lambda: next(clock)), lanes.USUAL_TURN
    sys.setswitchinterval(usual)  # a service of another test may be verifying
    turns.begin("dear")
    turns.begin("cheap")
    turns.choose()
    assert sys.getswitchinterval() == usual
    turns.end("cheap")
    turns.choose()
    assert sys.getswitchinterval() == pytest.approx(lanes.SHORT_TURN)
    turns.begin("another")
    turns.end("dear")
    turns.end("another")
    turns.choose()
    assert sys.getswitchinterval() == usual


def test_a_request_that_fails_gives_its_place_back(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    for _ in range(2 * sqlite_service.settings.web_threads):
        assert client.post("/api/v1/verify", data=b"{", content_type="application/vc").status_code == 400
        assert client.get("/status/nowhere").status_code == 404

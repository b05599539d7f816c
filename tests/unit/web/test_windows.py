"""Requests are counted in fixed windows, in memory, by no thread of their own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from credserv.web.frame import windows
from credserv.web.frame.windows import WindowStorage


class Time:
    """The clocks that windows read. ahead: of the date."""

    now = 1_000.0
    ahead = 0.0

    def time(self) -> float:
        return self.now + self.ahead

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(windows, "time", made)
    return made


def test_a_window_begins_with_its_first_request_and_ends_as_a_whole(clock: Time) -> None:
    storage = WindowStorage()
    assert [storage.incr("a", 60), storage.incr("a", 60, amount=5), storage.incr("b", 60)] == [1, 6, 1]
    assert (storage.get("a"), storage.get_expiry("a")) == (6, 1_060.0)
    clock.now += 59.9
    assert (storage.incr("a", 60), storage.get_expiry("a")) == (7, 1_060.0)
    clock.now += 0.1
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1
    storage.clear("a")
    assert (storage.get("a"), storage.get_expiry("a")) == (0, clock.now)


def test_attack_132_a_date_that_jumped_makes_no_window_last_for_weeks(clock: Time) -> None:
    storage = WindowStorage()
    clock.ahead = 30 * 86_400.0
    storage.incr("a", 60, amount=120)
    assert storage.get_expiry("a") == clock.time() + 60
    clock.ahead = 0.0
    assert storage.get_expiry("a") == clock.time() + 60
    clock.now += 60
    assert storage.get("a") == 0


def test_what_has_ended_is_not_kept(clock: Time) -> None:
    storage = WindowStorage()
    for number in range(windows._SWEEP_EVERY - 1):
        storage.incr(f"visitor {number}", 60)
    clock.now += 60
    storage.incr("another", 60)
    assert set(storage._windows) == {"another"}
    assert storage.reset() == 1
    assert storage.check()


def test_no_thread_is_started_and_none_is_miscounted() -> None:
    storage, before = WindowStorage(), threading.active_count()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: storage.incr("a", 600), range(4_000)))
    assert storage.get("a") == 4_000
    assert threading.active_count() == before

"""Gathering: a lone item starts at once, company is taken along, and a leader ends for itself alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from credserv.issuing.gather import PATIENCE_SECONDS, Gathering
from tests.testkit.bounds import HANGS_AFTER


class Desk:
    """Doubles numbers; the first lot waits until it is let go. lots: as they were done."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.began = threading.Event()
        self.go = threading.Event()

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.lots.append(list(items))
        self.began.set()
        assert self.go.wait(HANGS_AFTER)
        return [2 * item for item in items]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + HANGS_AFTER
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def hold(gathering: Gathering[int, int], desk: Desk, pool: ThreadPoolExecutor) -> Future[Sequence[int]]:
    """A lot of one that is at work until `desk.go`."""
    first = pool.submit(gathering.submit, [0])
    assert desk.began.wait(HANGS_AFTER)
    return first


def submit(
    gathering: Gathering[int, int], pool: ThreadPoolExecutor, items: Sequence[int]
) -> Future[Sequence[int]]:
    """Returns once it waits."""
    before = len(gathering._waiting)
    sent = pool.submit(gathering.submit, items)
    wait_until(lambda: len(gathering._waiting) > before)
    return sent


def test_a_lone_item_starts_at_once_also_after_a_lot_with_company() -> None:
    desk = Desk()
    gathering: Gathering[int, int] = Gathering(desk, most=100)
    with ThreadPoolExecutor(4) as pool:
        first = hold(gathering, desk, pool)
        others = [submit(gathering, pool, [number]) for number in (1, 2)]
        desk.go.set()
        assert [sent.result(HANGS_AFTER) for sent in (first, *others)] == [[0], [2], [4]]
    assert desk.lots == [[0], [1, 2]]
    assert min(_alone(gathering) for _ in range(20)) < PATIENCE_SECONDS[0], "waited each time"
    assert not gathering._is_led


def test_a_lot_that_is_full_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credserv.issuing.gather.PATIENCE_SECONDS", (10 * HANGS_AFTER, 10 * HANGS_AFTER))
    monkeypatch.setattr("credserv.issuing.gather._IDLE_SECONDS", 10 * HANGS_AFTER)
    desk = Desk()
    gathering: Gathering[int, int] = Gathering(desk, most=2)
    with ThreadPoolExecutor(4) as pool:
        first = hold(gathering, desk, pool)
        others = [submit(gathering, pool, [number, number]) for number in (1, 2)]
        desk.go.set()
        assert [sent.result(HANGS_AFTER) for sent in (first, *others)] == [[0], [2, 2], [4, 4]]
    assert desk.lots == [[0], [1, 1], [2, 2]]


def test_company_that_comes_ends_the_waiting_and_none_is_waited_for_after_a_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("credserv.issuing.gather.PATIENCE_SECONDS", (10 * HANGS_AFTER, 10 * HANGS_AFTER))
    monkeypatch.setattr("credserv.issuing.gather._IDLE_SECONDS", 10 * HANGS_AFTER)
    desk = Desk()
    gathering: Gathering[int, int] = Gathering(desk, most=100)
    with ThreadPoolExecutor(4) as pool:
        first = hold(gathering, desk, pool)
        others = [submit(gathering, pool, [number]) for number in (1, 2)]
        desk.go.set()
        assert first.result(HANGS_AFTER) == [0]
        time.sleep(0.02)  # who leads next waits for as many as there were: one more
        others.append(pool.submit(gathering.submit, [3]))
        assert [sent.result(HANGS_AFTER) for sent in others] == [[2], [4], [6]]
    assert desk.lots == [[0], [1, 2, 3]]
    gathering._ended = float("-inf")
    assert gathering.submit([5]) == [10]


def test_a_leader_waits_as_long_as_the_last_lot_took_within_bounds_and_company_is_forgotten_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One lot alone among many does not make the next ones small: half a lot costs almost a whole one."""
    monkeypatch.setattr("credserv.issuing.gather.PATIENCE_SECONDS", (0.0, 0.02))
    gathering: Gathering[int, int] = Gathering(lambda items: [2 * item for item in items], most=100)
    gathering._company = 3
    companies = []
    for _ in range(3):
        assert gathering.submit([5]) == [10]
        companies.append(gathering._company)
    assert companies == [2, 1, 1]
    assert gathering._patience < 0.02
    slow: Gathering[int, int] = Gathering(lambda items: (time.sleep(0.03), [0 for _ in items])[1], most=100)
    slow.submit([5])
    assert slow._patience == 0.02


def _alone(gathering: Gathering[int, int]) -> float:
    """Seconds that an item takes after nothing was at work for a while."""
    time.sleep(0.03)
    begun = time.perf_counter()
    assert gathering.submit([5]) == [10]
    return time.perf_counter() - begun


def test_who_comes_while_a_lot_is_at_work_makes_the_next_one_each_with_its_own_answers() -> None:
    desk = Desk()
    gathering: Gathering[int, int] = Gathering(desk, most=5)
    with ThreadPoolExecutor(8) as pool:
        first = hold(gathering, desk, pool)
        sent = [submit(gathering, pool, items) for items in ([1, 2], [3], [4, 5], [6, 7, 8])]
        desk.go.set()
        assert [one.result(HANGS_AFTER) for one in (first, *sent)] == [
            [0],
            [2, 4],
            [6],
            [8, 10],
            [12, 14, 16],
        ]
    assert desk.lots == [[0], [1, 2, 3, 4, 5], [6, 7, 8]], "what was sent together stays together"


class Ended(BaseException):
    """What ends a thread."""


def test_the_end_of_a_leader_hands_its_lot_on() -> None:
    desk = Desk()
    ended = []

    def run(items: Sequence[int]) -> Sequence[int]:
        if len(desk.lots) == 1 and not ended:
            ended.append(list(items))
            raise Ended
        return desk(items)

    gathering: Gathering[int, int] = Gathering(run, most=100)
    with ThreadPoolExecutor(8) as pool:
        first = hold(gathering, desk, pool)
        leader = submit(gathering, pool, [1])
        others = [submit(gathering, pool, [number]) for number in (2, 3)]
        desk.go.set()
        assert first.result(HANGS_AFTER) == [0]
        with pytest.raises(Ended):
            leader.result(HANGS_AFTER)
        assert [sent.result(HANGS_AFTER) for sent in others] == [[4], [6]]
    assert (ended, desk.lots) == ([[1, 2, 3]], [[0], [2, 3]])
    assert gathering.submit([7]) == [14]


def test_many_threads_get_their_own_answers_and_nobody_is_left_waiting() -> None:
    lots: list[int] = []

    def run(items: Sequence[int]) -> Sequence[int]:
        lots.append(len(items))
        time.sleep(0.0005)
        return [2 * item for item in items]

    gathering: Gathering[int, int] = Gathering(run, most=16)

    def work(thread: int) -> bool:
        numbers = range(thread * 1_000, thread * 1_000 + 40)
        return all(
            gathering.submit([number, number + 1]) == [2 * number, 2 * number + 2] for number in numbers
        )

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(work, range(12), timeout=60))
    assert sum(lots) == 12 * 40 * 2
    assert max(lots) <= 16
    assert len(lots) < 12 * 40, "nobody was taken along"

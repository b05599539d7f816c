"""What fetching remembers: recent answers, requests under way, and how often each host was asked.

All of it is bounded in entries, bytes and time, because strangers choose what is fetched.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from credserv.ground.errors import UnavailableError

Value = TypeVar("Value")

# On whose behalf the current thread fetches; "" for the service itself. Set in the web, which knows callers.
visitor: ContextVar[str] = ContextVar("visitor", default="")


@dataclass(frozen=True)
class _Kept(Generic[Value]):
    value: Value
    bytes: int
    until: float


class Cache(Generic[Value]):
    """The most recently used values, until they expire. Not locked: its owner locks."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self._kept: OrderedDict[Hashable, _Kept[Value]] = OrderedDict()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0

    def find(self, key: Hashable, now: float) -> Value | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if now >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.value

    def keep(self, key: Hashable, value: Value, *, size: int, until: float) -> None:
        self._drop(key)
        self._kept[key] = _Kept(value, size, until)
        self._bytes += size
        while len(self._kept) > self._max_entries or self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept.bytes


class Budget:
    """What one host may cost: requests in any 60 seconds, and requests under way at once.

    No visitor gets more than a third of the former, so that nobody uses up a host for everyone. Beyond
    `max_hosts`, those asked longest ago are forgotten.
    """

    def __init__(self, *, per_minute: int, at_once: int, max_hosts: int = 4_096) -> None:
        self._per_minute = per_minute
        self._at_once = at_once
        self._max_hosts = max_hosts
        self._asked: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def request(self, host: str, now: float) -> Iterator[None]:
        """Account for one request; raises UnavailableError when the host has had its share."""
        with self._lock:
            if self._under_way[host] >= self._at_once:
                raise UnavailableError("that host is slow and already being waited for; try again later")
            self._spend(host, now)
            self._under_way[host] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[host] -= 1
                self._under_way += Counter()  # drops the zeros

    def _spend(self, host: str, now: float) -> None:
        asked, who = self._asked.setdefault(host, deque()), visitor.get()
        self._asked.move_to_end(host)
        while asked and now - asked[0][0] >= 60:
            asked.popleft()
        share = self._per_minute if not who else max(1, self._per_minute // 3)
        if len(asked) >= self._per_minute or sum(one == who for _, one in asked) >= share:
            raise UnavailableError("that host was asked too often in the last minute; try again later")
        asked.append((now, who))
        while len(self._asked) > self._max_hosts:
            self._asked.popitem(last=False)


class WaitSlots:
    """How many callers may wait for outside hosts at once: in total, and per visitor.

    A caller without a slot is refused at once: slow hosts cost their own visitors, and never a thread that
    somebody else needs (attacks 43, 45, 54).
    """

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot for `visitor` during one wait; raises UnavailableError when there is none left."""
        who = visitor.get()
        with self._lock:
            crowded = bool(who) and self._taken[who] >= max(1, self._waiting // 2)
            if crowded or self._taken.total() >= self._waiting:
                raise UnavailableError(
                    "too busy to check this now: outside hosts are slow; try again in a moment"
                )
            self._taken[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[who] -= 1
                self._taken += Counter()  # drops the zeros


class SingleFlight(Generic[Value]):
    """Callers who ask for the same at the same time share one answer, good or bad."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Future[Value]] = {}
        self._lock = threading.Lock()

    def run(self, key: Hashable, ask: Callable[[], Value], *, wait_seconds: float) -> Value:
        """Return `ask()` of the first caller.

        Raises what it raised, or UnavailableError after `wait_seconds`.
        """
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not leads:
            return _awaited(flight, wait_seconds)
        try:
            value = ask()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(value)
            return value
        finally:
            with self._lock:
                del self._flights[key]


def _awaited(flight: Future[Value], wait_seconds: float) -> Value:
    try:
        error = flight.exception(timeout=wait_seconds)
    except TimeoutError as late:
        raise UnavailableError("the host did not answer in time") from late
    if isinstance(error, UnavailableError):
        raise type(error)(error.detail)  # each thread raises its own error object
    return flight.result()

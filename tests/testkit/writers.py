"""Work on one store by many at once: threads of this process, and processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TypeVar

from credserv.records.access import LinkPurpose
from credserv.records.credentials import IssueOrder
from credserv.records.sources import EventRecord
from credserv.store.frame.database import Database, open_engine
from credserv.store.frame.secrets import SecretBox
from credserv.store.store import Store
from tests.testkit import lots
from tests.testkit.forked import CONTEXT

T = TypeVar("T")
SHORT = 256  # entries of the status lists here, so that draws collide and lists fill up


def open_short(url: str) -> Store:
    """A store with short status lists."""
    return Store(Database(open_engine(url)), SecretBox(b"k" * 32), status_list_length=SHORT)


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Runs `work(0)`, `work(1)`, ... in `count` threads that start together."""
    barrier = Barrier(count)

    def wait_then_work(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_then_work, range(count)))


def in_processes(work: Callable[..., T], arguments: Sequence[tuple[object, ...]]) -> list[T]:
    """Runs `work` of this module once for each arguments, each in a process of its own."""
    with ProcessPoolExecutor(len(arguments), mp_context=CONTEXT) as pool:
        return [future.result() for future in [pool.submit(work, *each) for each in arguments]]


def reserve_each(url: str, orders: Sequence[IssueOrder], now: datetime) -> list[tuple[str, str, int]]:
    """Reserves each order; returns credential id, status list and index of each."""
    store = open_short(url)
    try:
        return [reserve(store, order, now) for order in orders]
    finally:
        store.close()


def reserve(store: Store, order: IssueOrder, now: datetime) -> tuple[str, str, int]:
    record, _ = lots.reserve(store, order, now, salt="s")
    return record.id, record.status_list_id, record.status_index


def record_event(url: str, event: EventRecord, times: int) -> list[bool]:
    store = open_short(url)
    try:
        return [store.events.record(event)[1] for _ in range(times)]
    finally:
        store.close()


def use_link(url: str, token_sha256: str, browser: str, now: datetime) -> str | None:
    store = open_short(url)
    try:
        link = store.links.use(token_sha256, [LinkPurpose.WALLET], now, browser=browser)
        return None if link is None else link.subject
    finally:
        store.close()

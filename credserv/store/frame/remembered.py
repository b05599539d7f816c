"""A per-process cache for what rarely changes and every request needs.

Whoever writes any of it increments the counter in `generations` in the same transaction. A process reads the
counter at most every LOOK_SECONDS and reloads what it remembered under an older one; its own writes it sees
at once. So every process refuses a revoked API key or a rotated secret within a second (docs/adr/0014).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from sqlalchemy import Connection, select, update

from credserv.store.frame.database import Database
from credserv.store.tables import generations

LOOK_SECONDS = 0.5  # half of what is promised, because answering takes time too
_MAX_KEPT = 1_024
_NUMBER = select(generations.c.number)
_BUMP = update(generations).values(number=generations.c.number + 1)

T = TypeVar("T")


class Memory:
    """Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[int, object]] = {}  # the longest kept first
        self._number = -1
        self._looked = float("-inf")
        self._own_writes = 0

    def get(self, key: Hashable, load: Callable[[], T | None]) -> T | None:
        """Return the value of `load`, remembered under the current counter.

        None is not remembered, because anybody can ask for what does not exist. Nothing is remembered inside
        a transaction that may still be rolled back.
        """
        if self._database.is_writing:
            return load()
        # The number is set before `_looked`, after reading the counter.
        number = self._number if time.monotonic() - self._looked < LOOK_SECONDS else self._count()
        found = self._kept.get(key)
        if found is not None and found[0] == number:
            return cast(T, found[1])
        # Loaded after reading the counter, so that a later write shows in the next counter.
        value = load()
        if value is not None:
            with self._lock:
                self._kept.pop(key, None)
                self._kept[key] = (number, value)
                if len(self._kept) > _MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
        return value

    def bump(self, connection: Connection) -> None:
        """Increment the counter in the writing transaction; this process sees it once that is committed."""
        connection.execute(_BUMP)
        self._database.after_commit(self._look_again)

    def _count(self) -> int:
        begun = time.monotonic()
        with self._lock:
            own_writes = self._own_writes
        with self._database.reading() as connection:
            number = int(connection.execute(_NUMBER).scalar_one())
        with self._lock:
            if begun >= self._looked:  # if two read at once, the later counter wins
                self._number = number
                self._looked = begun if own_writes == self._own_writes else float("-inf")
            return self._number

    def _look_again(self) -> None:
        with self._lock:
            self._own_writes += 1
            self._looked = float("-inf")

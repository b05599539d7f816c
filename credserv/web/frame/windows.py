"""Fixed windows of requests, counted in memory without the timer that `limits` starts for each request.

Expired windows are removed at the next use, and all of them now and then. They end by elapsed time, so that a
jump of the date makes none last for weeks.
"""

from __future__ import annotations

import threading
import time

from limits.storage import Storage

_SWEEP_EVERY = 4_096  # counts


class WindowStorage(Storage):
    """Windows of one process. Safe to share between threads."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[
            str, tuple[int, float]
        ] = {}  # count, and when the window ends (of `time.monotonic`)
        self._lock = threading.Lock()
        self._counts = 0

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.monotonic()
        with self._lock:
            self._counts += 1
            if self._counts % _SWEEP_EVERY == 0:
                self._windows = {name: known for name, known in self._windows.items() if known[1] > now}
            count, ends = self._windows.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._windows[key] = (count + amount, ends)
            return count + amount

    def get(self, key: str) -> int:
        count, ends = self._windows.get(key, (0, 0.0))
        return count if ends > time.monotonic() else 0

    def get_expiry(self, key: str) -> float:
        """Return the end as a date: seconds since 1970."""
        _, ends = self._windows.get(key, (0, 0.0))
        return time.time() + max(0.0, ends - time.monotonic())

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._lock:
            count, self._windows = len(self._windows), {}
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

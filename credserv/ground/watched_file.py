"""A file that may change while the service runs: read again when it is a different one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """A watched file. Safe to share between threads.

    Attributes:
        read: returns the value of the file's content; must not raise.
        absent: the value without a file.
    """

    def __init__(self, path: Path, read: Callable[[], T], *, absent: T) -> None:
        self._path, self._read, self._absent = path, read, absent
        self._lock = threading.Lock()
        self._known: tuple[object, T] = (None, absent)

    def get(self) -> T:
        """Return the value of the file as it is now."""
        try:
            found = self._path.stat()
        except OSError:
            return self._absent
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        with self._lock:
            if self._known[0] != stamp:
                self._known = (stamp, self._read())
            return self._known[1]

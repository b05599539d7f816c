"""A file that somebody may write while the service runs: read again when it is another one than before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """read: what the file holds, of which it raises nothing. absent: what stands for no file.

    Safe to share between threads.
    """

    def __init__(self, path: Path, read: Callable[[], T], *, absent: T) -> None:
        self._path, self._read, self._absent = path, read, absent
        self._lock = threading.Lock()
        self._known: tuple[object, T] = (None, absent)

    def get(self) -> T:
        """As the file is now."""
        try:
            found = self._path.stat()
        except OSError:
            return self._absent
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        with self._lock:
            if self._known[0] != stamp:
                self._known = (stamp, self._read())
            return self._known[1]

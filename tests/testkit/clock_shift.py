"""A clock that is wrong, for processes that a test started, and set so from outside while they run.

All of credserv takes the time from few functions (`TELLING`, which a test holds against the code), and the
libraries below it from `time.time`. Both are replaced in the started process. What does not follow: the
database's own clock, and the monotonic clock, which no wrong date moves either.
"""

from __future__ import annotations

import importlib
import mmap
import struct
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

# The modules of credserv that ask for the current date.
TELLING = (
    "credserv.app.services",
    "credserv.processes.commands.context",
    "credserv.processes.commands.source_try",
    "credserv.processes.turns",
    "credserv.web.frame.context",
)
_FORM = struct.Struct("d")


class ShiftedClock:
    """path: the file by which processes know how many seconds their clock is ahead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set(timedelta(0))

    def set(self, ahead: timedelta) -> None:
        # In place: those who read it have it mapped.
        if not self.path.exists():
            self.path.write_bytes(bytes(_FORM.size))
        with self.path.open("r+b") as file:
            file.write(_FORM.pack(ahead.total_seconds()))


def run_shifted(path: Path, main: Callable[..., object], *arguments: object) -> object:
    """Run `main(*arguments)` in this process, by the clock of the file, from now on."""
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _FORM.size, access=mmap.ACCESS_READ)
    true_time, true_nanoseconds = time.time, time.time_ns

    def ahead() -> float:
        return float(_FORM.unpack_from(shared)[0])

    def shifted() -> float:
        return true_time() + ahead()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # typeshed: Self
            return datetime.fromtimestamp(shifted(), tz)

    time.time = shifted
    time.time_ns = lambda: true_nanoseconds() + int(ahead() * 1_000_000_000)
    for name in TELLING:
        setattr(importlib.import_module(name), "datetime", Shifted)  # noqa: B010  # no module declares it so
    return main(*arguments)

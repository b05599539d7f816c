"""Whether the date of this machine goes on as time does: a jump is seen against the time since its start.

Under a date that is wrong badges are signed that nobody can verify for weeks, good ones are told as not begun
or ended, and what is due or over is sent, put off or deleted. Which of two dates is right nobody here knows;
so nothing is done by the second one until it is the first again, or the process was started anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from credserv.ground.errors import UnavailableError

# Less is forgiven: a virtual machine that was paused over night is no wrong date.
MOST = timedelta(days=1)


class Steadiness:
    """Of one process, from when it is made."""

    def __init__(self, wall: Callable[[], float], running: Callable[[], float] | None = None) -> None:
        """wall: seconds since 1970. running: seconds since the machine started, by default its own."""
        self._wall = wall
        self._running = running or _since_start
        self._begun = self._offset()

    def require(self) -> None:
        """Raises UnavailableError while the date is not the one that this process began with."""
        jump = timedelta(seconds=self._offset() - self._begun)
        if abs(jump) > MOST:
            days = f"{abs(jump) / timedelta(days=1):.0f} days {'ahead' if jump > timedelta(0) else 'back'}"
            raise UnavailableError(
                f"the clock of this machine jumped {days}: nothing is signed, judged or sent by it "
                "until it is set right, or the service is started anew"
            )

    def _offset(self) -> float:
        return self._wall() - self._running()


def _since_start() -> float:
    """Also while the machine slept, where the system counts that."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()

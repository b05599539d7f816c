"""Detect jumps of this machine's date, by comparison with the time since its start.

Under a wrong date, badges are signed that nobody can verify for weeks, good ones are reported as not yet
valid or expired, and whatever is due is sent, postponed or deleted. Nobody here can know which of two dates
is right. So nothing is done under the second until the first returns, or the process restarts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from credserv.ground.errors import UnavailableError

# Not less: a virtual machine that was paused overnight is no wrong date.
MOST = timedelta(days=1)


class Steadiness:
    """The steadiness of one process, from its creation."""

    def __init__(self, wall: Callable[[], float], running: Callable[[], float] | None = None) -> None:
        """Begin. `wall` is seconds since 1970; `running` seconds since the machine started, by default its
        own."""
        self._wall = wall
        self._running = running or _since_start
        self._begun = self._offset()

    def require(self) -> None:
        """Require the date that this process began with. Raises UnavailableError while it is another one."""
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
    """Return the time since start, including sleep where the system counts it."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()

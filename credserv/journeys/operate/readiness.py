"""Readiness: whether this process can work, part by part, as a load balancer asks before sending requests.

Each part is checked in its own thread. A part that hangs (a frozen database, a disk that does not respond) is
reported as such, and the answer still comes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.errors import CredservError, UnavailableError
from credserv.journeys.services import Services

LOOK_SECONDS = 2.0  # a healthy part is not checked again for this long
PATIENCE_SECONDS = 2.0  # for all parts together
_CLOCK_AHEAD = timedelta(seconds=60)

Look = Callable[[], None]  # returns if the part is healthy; raises CredservError with what is wrong

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """A part of the service.

    Attributes:
        decides: Whether no request can be answered properly without it.
    """

    look: Look
    decides: bool = True


@dataclass(frozen=True)
class Found:
    """What is known of a part.

    Attributes:
        fault: "" if it is healthy.
    """

    fault: str
    decides: bool


@dataclass
class _Seen:
    fault: str | None = None  # None before the first check ended
    at: float = float("-inf")
    looking: threading.Thread | None = None


class Readiness:
    """The readiness of one process, shared by its threads.

    Attributes:
        parts: By their public names.
    """

    def __init__(self, parts: Mapping[str, Part], *, patience_seconds: float | None = None) -> None:
        self._parts = parts
        self._patience = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        self._lock = threading.Lock()
        self._seen = {name: _Seen() for name in parts}

    def find(self) -> Mapping[str, Found]:
        """Check the parts within the time allowed, whatever hangs."""
        ends = time.monotonic() + self._patience
        for looking in [self._begin(name) for name in self._parts]:
            if looking is not None:
                looking.join(max(0.0, ends - time.monotonic()))
        return {name: self._found(name) for name in self._parts}

    def _begin(self, name: str) -> threading.Thread | None:
        """Return the thread that checks a part; None if it was healthy a moment ago."""
        with self._lock:
            seen = self._seen[name]
            if seen.looking is not None:
                return seen.looking
            if seen.fault == "" and time.monotonic() - seen.at < LOOK_SECONDS:
                return None
            seen.looking = threading.Thread(
                target=self._look, args=(name,), name=f"ready-{name}", daemon=True
            )
            seen.looking.start()
            return seen.looking

    def _look(self, name: str) -> None:
        fault = ""
        try:
            self._parts[name].look()
        except CredservError as error:
            fault = error.detail
        except Exception as error:
            logger.exception("looking at %s failed", name)
            fault = f"it could not be looked at ({type(error).__name__})"
        with self._lock:
            seen = self._seen[name]
            seen.fault, seen.at, seen.looking = fault, time.monotonic(), None

    def _found(self, name: str) -> Found:
        with self._lock:
            seen = self._seen[name]
            fault = "it does not answer" if seen.looking is not None or seen.fault is None else seen.fault
        return Found(fault, self._parts[name].decides)


def parts_of(
    services: Callable[[], Services], clock: Callable[[], datetime], require_steady: Look
) -> dict[str, Part]:
    """Return the parts that need no settings.

    Args:
        services: Returns the current services of the first organisation.
        require_steady: Raises if the clock cannot be trusted.
    """

    def store() -> None:
        services().store.check()

    def writes() -> None:
        services().store.health.require_writable()

    def key() -> None:
        own = services()
        if own.issuer.moved_at is None:
            own.issuing.unstopped_signer.sign(b"ready")

    def time_of_day() -> None:
        newest = services().store.health.newest()
        if newest is not None and newest - clock() > _CLOCK_AHEAD:
            raise UnavailableError("the clock is behind what was written last, or was ahead when it was")

    def queue() -> None:
        services().jobs.waiting()

    def worker() -> None:
        if not services().jobs.living_workers():
            raise UnavailableError("no worker runs: `credserv worker`")

    return {
        "database": Part(store),
        "database-writes": Part(writes),
        "signing-key": Part(key),
        "clock": Part(time_of_day, decides=False),
        "clock-steady": Part(require_steady),
        "queue": Part(queue, decides=False),
        "worker": Part(worker, decides=False),
    }

"""How many requests are processed at once, so that a flood of one kind does not stop the others.

Verification has a lane of its own: it reads what strangers send, and may wait for their hosts. A request that
finds a lane full waits in it; beyond that, and after `PATIENCE_SECONDS`, the response is 503 with
`Retry-After`. Health checks need no place. During a long verification, the process's threads take shorter
turns, because a request for a simple page waits for the interpreter many times, each time behind all
computing threads (`python -m benchmarks.crowded`).
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from credserv.web.frame.context import current_application, current_notes, current_request
from credserv.web.frame.door import current_door

PATIENCE_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
LONG_SECONDS = 0.1
USUAL_TURN = sys.getswitchinterval()
SHORT_TURN = 0.0001  # seconds; costs some hundredths of a second's work
_NAME = "credserv.lanes"


class Lane:
    """A lane. `places`: how many are processed at once; `waiting`: how many may wait."""

    def __init__(self, places: int, waiting: int) -> None:
        self._places = threading.Semaphore(places)
        self._waiting = threading.Semaphore(waiting)

    def enter(self) -> None:
        """Enter the lane. Raises ServiceUnavailable."""
        if self._places.acquire(blocking=False):
            return
        if not self._waiting.acquire(blocking=False):
            raise _busy()
        try:
            if not self._places.acquire(timeout=PATIENCE_SECONDS):
                raise _busy()
        finally:
            self._waiting.release()

    def leave(self) -> None:
        self._places.release()


class Turns:
    """How long a computing thread keeps the others waiting, by the age of the oldest verification."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[object, float] = {}  # in order of beginning
        self._lock = threading.Lock()
        self._short = False

    def begin(self, one: object) -> None:
        with self._lock:
            self._began[one] = self._clock()

    def end(self, one: object) -> None:
        with self._lock:
            self._began.pop(one, None)

    def choose(self) -> None:
        """Choose short turns while a verification has taken `LONG_SECONDS`."""
        with self._lock:
            began = next(iter(self._began.values()), None)
            short = began is not None and self._clock() - began > LONG_SECONDS
            if short is not self._short:
                sys.setswitchinterval(SHORT_TURN if short else USUAL_TURN)
                self._short = short


@dataclass(frozen=True)
class Lanes:
    working: Lane
    verifying: Lane
    turns: Turns


def install_lanes(app: Flask, *, working: int, verifying: int, waiting_for_each: int) -> None:
    """Install the lanes, before anything expensive (`install_entrance`).

    Args:
        working, verifying: places in the two lanes.
    """
    app.extensions[_NAME] = Lanes(
        working=Lane(working, working * waiting_for_each),
        verifying=Lane(verifying, verifying * waiting_for_each),
        turns=Turns(),
    )
    app.before_request(_enter)
    app.teardown_request(_leave)


def lanes_of(app: Flask) -> Lanes:
    found: Lanes = app.extensions[_NAME]
    return found


def _enter() -> None:
    door = current_door()
    if current_request().endpoint is None or not door.waits:
        return
    lanes, notes = lanes_of(current_application()), current_notes()
    verifies = door.budget == "verify"
    lane = lanes.verifying if verifies else lanes.working
    lane.enter()
    notes.lane = lane
    if verifies:
        lanes.turns.begin(notes)
    lanes.turns.choose()


def _leave(_error: BaseException | None) -> None:
    notes = current_notes()
    lane: Lane | None = notes.pop("lane", None)
    if lane is not None:
        lane.leave()
        turns = lanes_of(current_application()).turns
        turns.end(notes)
        turns.choose()  # no request may follow the last long one


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        f"Too much is asked of this service at the moment. Try again in {RETRY_AFTER_SECONDS} seconds.",
        retry_after=RETRY_AFTER_SECONDS,
    )

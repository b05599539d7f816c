"""How many requests are worked on at once, so that no flood of one kind stops the others.

Verifying has a lane of its own: it reads what strangers send, and may wait for their hosts. Whoever finds
a lane full waits in it for a place; beyond that, and after `PATIENCE_SECONDS`, the answer is 503 with
`Retry-After`. What asks whether the process lives takes no place.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import Flask
from werkzeug.exceptions import ServiceUnavailable

from credserv.web.frame.context import current_application, current_notes, current_request
from credserv.web.frame.door import current_door

PATIENCE_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
_NAME = "credserv.lanes"


class Lane:
    """places: how many are worked on at once. waiting: how many may wait for that."""

    def __init__(self, places: int, waiting: int) -> None:
        self._places = threading.Semaphore(places)
        self._waiting = threading.Semaphore(waiting)

    def enter(self) -> None:
        """Raises ServiceUnavailable."""
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


@dataclass(frozen=True)
class Lanes:
    working: Lane
    verifying: Lane


def install_lanes(app: Flask, *, working: int, verifying: int, waiting_for_each: int) -> None:
    """working, verifying: places in the two lanes. Before everything that costs (`install_entrance`)."""
    app.extensions[_NAME] = Lanes(
        working=Lane(working, working * waiting_for_each),
        verifying=Lane(verifying, verifying * waiting_for_each),
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
    lanes = lanes_of(current_application())
    lane = lanes.verifying if door.budget == "verify" else lanes.working
    lane.enter()
    current_notes().lane = lane


def _leave(_error: BaseException | None) -> None:
    lane: Lane | None = current_notes().pop("lane", None)
    if lane is not None:
        lane.leave()


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        f"Too much is asked of this service at the moment. Try again in {RETRY_AFTER_SECONDS} seconds.",
        retry_after=RETRY_AFTER_SECONDS,
    )

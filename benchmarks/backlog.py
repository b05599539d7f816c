"""An hour's letters that wait, while more come: `python -m benchmarks.backlog [A_SECOND] [MILLISECONDS]`.

So many badges a second for an hour were issued while nothing was sent. Then the service starts, web and
worker, with a mail server that takes so many milliseconds for each letter, and as many orders a second go on
coming by HTTP. Prints how many letters wait as time goes by, until no more wait than one second brings.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.letters import MILLISECONDS, installation, issue_all, serving_mail
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.services import Services
from tests.testkit.processes import Processes, free_port, running

A_SECOND = 3  # 10,800 an hour
LONGEST = 3600.0
_LOOKS = 5.0  # seconds between two lines


@dataclass(frozen=True)
class Drained:
    """waiting: letters at the start. came: letters ordered meanwhile. seconds: until they were gone."""

    waiting: int
    came: int
    seconds: float


def drain(a_second: float = A_SECOND, milliseconds: float = MILLISECONDS, *, hour: float = 3600.0) -> Drained:
    """hour: the seconds for which letters piled up. Raises RuntimeError for an order that was refused, and
    where letters still wait after LONGEST seconds."""
    with (
        serving_mail(milliseconds / 1e3) as url,
        installation(
            {
                "CREDSERV_SMTP_URL": url,
                "CREDSERV_MAIL_FROM": "badges@example.org",
                "CREDSERV_RATE_API": "1000000/second",
                "CREDSERV_PORT": str(free_port()),
            }
        ) as (settings, services),
    ):
        issue_all(services, int(a_second * hour))
        _, token = create_api_key(services, "bench", ["credentials:issue"], datetime.now(UTC))
        with running(settings, webs=1, workers=1) as processes:
            return _watch(services, Intake(processes, token, a_second))


class Intake(threading.Thread):
    """Orders at an even pace, until told to end."""

    def __init__(self, processes: Processes, token: str, a_second: float) -> None:
        super().__init__(daemon=True)
        self._processes, self._pause = processes, 1 / a_second
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.ended = threading.Event()
        self.a_second = a_second
        self.came = 0
        self.refused = ""

    def run(self) -> None:
        due = time.monotonic()
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            body = json.dumps({
                "achievement": "mentor-foundation",
                "recipient": {"email": f"intake{self.came}@example.org", "name": "Person"},
            }).encode()  # fmt: skip
            headers = {**self._headers, "Idempotency-Key": f"intake-{self.came}"}
            answer = self._processes.request("POST", "/api/v1/credentials", body=body, headers=headers)
            if answer.status != 201:
                self.refused = f"an order was answered {answer.status}: {answer.body[:300]!r}"
                return
            self.came += 1
            due += self._pause


def _watch(services: Services, intake: Intake) -> Drained:
    begun = time.monotonic()
    waiting = left = services.store.letters.count_waiting()
    intake.start()
    try:
        while (seconds := time.monotonic() - begun) < LONGEST:
            if intake.refused:
                raise RuntimeError(intake.refused)
            left = services.store.letters.count_waiting()
            print(f"{seconds:8.0f} s {left:8} letters wait, {intake.came} came meanwhile", file=sys.stderr)
            if left <= intake.a_second:
                return Drained(waiting, intake.came, seconds)
            time.sleep(_LOOKS)
    finally:
        intake.ended.set()
        intake.join()
    raise RuntimeError(f"after {LONGEST:.0f} s there are {left} letters left of {waiting}")


if __name__ == "__main__":
    found = drain(*map(float, sys.argv[1:]))
    print(
        f"{found.waiting} letters waited, {found.came} more came; all were gone after {found.seconds:.0f} s"
    )

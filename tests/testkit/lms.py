"""A learning system as a counterpart: it sends each event until that is taken, and keeps the answers."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.testkit.processes import Answer, Processes
from tests.testkit.service import SOURCE, Service

PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Event:
    """One completion, as it goes over the wire each time it is sent."""

    event_id: str
    body: bytes
    email: str


@dataclass
class Lms:
    """heard: by event id, the address of the credential that each accepted sending was answered with.
    troubles: what it met on the way, by kind; a lost connection and a 5xx are met, and tried again.
    """

    service: Service
    processes: Processes
    heard: dict[str, list[str]] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)

    def event(self, number: int) -> Event:
        email = f"person-{number}@example.org"
        made = self.service.event(email=email, name=f"Person {number}")
        return Event(f"evt_{number}", json.dumps(made).encode(), email)

    def send(self, event: Event, deadline: float) -> str:
        """Until a 2xx comes; returns the credential's address. Fails at the deadline (of `time.monotonic`),
        and at any answer that tells an LMS to give up.
        """
        while time.monotonic() < deadline:
            answer = self._try(event)
            if answer is not None and 200 <= answer.status < 300:
                address = str(json.loads(answer.body)["credential"])
                self.heard.setdefault(event.event_id, []).append(address)
                return address
            assert answer is None or answer.status in (429, *range(500, 600)), answer
            time.sleep(PAUSE_SECONDS)
        raise AssertionError(f"{event.event_id} was never taken")

    def _try(self, event: Event) -> Answer | None:
        self.service.clock.now = datetime.now(UTC)
        headers = self.service.sign(event.body, event.event_id)
        try:
            answer = self.processes.request(
                "POST", f"/hooks/{SOURCE}", body=event.body, headers=headers, seconds=15
            )
        except (OSError, http.client.HTTPException) as error:
            self.troubles[type(error).__name__] += 1
            return None
        if answer.status >= 300:
            self.troubles[str(answer.status)] += 1
        return answer

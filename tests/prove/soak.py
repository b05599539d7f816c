"""Mixed load for minutes: every answer is right, and memory, files, log and queue stay bounded."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.prove.growth import Growth
from tests.prove.ledger import Ledger
from tests.prove.made import settle
from tests.testkit.lms import Lms
from tests.testkit.processes import Answer, Processes, running
from tests.testkit.service import Service

VISITORS = 6
SAMPLE_SECONDS = 2.0
SEEN_AFTER_SECONDS = 5.0  # a revocation, where lists are published every second


@dataclass
class Soak:
    """One run. ends: of `time.monotonic`. pause: seconds that a person waits before they come again."""

    service: Service
    processes: Processes
    ledger: Ledger
    ends: float
    pause: float
    lms: Lms
    api: dict[str, str]
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def visit(self, chance: random.Random) -> None:
        """A person's way, again and again: earn, show, verify; one in ten is revoked and seen as such."""
        revoked: list[tuple[float, str]] = []
        while time.monotonic() < self.ends:
            address = self.lms.send(self.lms.event(next(self.numbers)), time.monotonic() + 60)
            path = address.removeprefix(self.service.settings.public_url)
            self._expect("page", self._ask("GET", path, headers={"Accept": "text/html"}).status, 200)
            self._verify(path, "verified")
            if chance.random() < 0.1:
                self._revoke(path)
                revoked.append((time.monotonic() + SEEN_AFTER_SECONDS, path))
            if revoked and revoked[0][0] < time.monotonic():
                self._verify(revoked.pop(0)[1], "not_verified")
            time.sleep(self.pause)

    def sample(self, growth: Growth) -> None:
        while time.monotonic() < self.ends:
            growth.sample(len(self.lms.heard))
            time.sleep(SAMPLE_SECONDS)

    def _ask(self, method: str, path: str, **given: object) -> Answer:
        body = json.dumps(given["json"]).encode() if "json" in given else None
        headers = dict(given.get("headers") or {}) | ({"Content-Type": "application/json"} if body else {})  # type: ignore[call-overload]
        return self.processes.request(method, path, body=body, headers=headers)

    def _verify(self, path: str, expected: str) -> None:
        document = self._ask("GET", path, headers={"Accept": "application/json"})
        self._expect("document", document.status, 200)
        answer = self._ask("POST", "/api/v1/verify", json={"credential": json.loads(document.body)})
        self._expect(f"verdict {expected}", json.loads(answer.body).get("verdict"), expected)

    def _revoke(self, path: str) -> None:
        change = {"state": "revoked", "reason": "a proof"}
        status = f"/api/v1/credentials/{path.rpartition('/')[2]}/status"
        self._expect("revocation", self._ask("POST", status, json=change, headers=self.api).status, 200)

    def _expect(self, what: str, found: object, expected: object) -> None:
        self.ledger.count(what)
        if found != expected:
            self.ledger.fault(f"wrong: {what} is {found}")


def prove_soak(
    service: Service, ledger: Ledger, *, seconds: float, seed: int, flat: bool = True, pause: float = 0.0
) -> None:
    """flat: ask that nothing grows any longer in the second half; a short run is still warming up."""
    ledger.count("seed", seed)
    with running(service.settings, webs=2, workers=1) as processes, ThreadPoolExecutor(VISITORS + 1) as pool:
        growth = Growth(service.settings, processes)
        ends = time.monotonic() + seconds
        lms = Lms(service, processes)
        soak = Soak(service, processes, ledger, ends, pause, lms, service.api_headers())
        visits = [pool.submit(soak.visit, random.Random(seed + number)) for number in range(VISITORS)]
        sampling = pool.submit(soak.sample, growth)
        while any(not visit.done() for visit in visits):
            ledger.progress(int(seconds - (ends - time.monotonic())), int(seconds), "seconds")
            threading.Event().wait(0.5)
        for visit in (*visits, sampling):
            visit.result()
    for trouble, count in sorted(soak.lms.troubles.items()):
        ledger.count(f"met {trouble}", count)
    settle(service, soak.lms.heard, ledger)
    growth.judge(ledger, flat=flat)

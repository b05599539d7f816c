"""Mixed load for minutes: every answer is right, and memory stays flat."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

from tests.prove.ledger import Ledger
from tests.prove.made import settle
from tests.testkit.lms import Lms
from tests.testkit.processes import Answer, Processes, running
from tests.testkit.service import Service

VISITORS = 6
SAMPLE_SECONDS = 2.0
SEEN_AFTER_SECONDS = 5.0  # a revocation, where lists are published every second
WARM = 0.5  # the part of the time in which caches may still fill
GROWTH = 1.10
SLACK_KIB = 16_384


@dataclass
class Soak:
    """One run. ends: of `time.monotonic`."""

    service: Service
    processes: Processes
    ledger: Ledger
    ends: float
    lms: Lms
    api: dict[str, str]
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    memory: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

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

    def sample(self) -> None:
        while time.monotonic() < self.ends:
            for name, kib in self.processes.memory().items():
                self.memory[name].append(kib)
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


def prove_soak(service: Service, ledger: Ledger, *, seconds: float, seed: int, flat: bool = True) -> None:
    """flat: ask for memory that grows no longer in the second half; a short run is still warming up."""
    ledger.count("seed", seed)
    with running(service.settings, webs=2, workers=1) as processes, ThreadPoolExecutor(VISITORS + 1) as pool:
        ends = time.monotonic() + seconds
        soak = Soak(service, processes, ledger, ends, Lms(service, processes), service.api_headers())
        visits = [pool.submit(soak.visit, random.Random(seed + number)) for number in range(VISITORS)]
        sampling = pool.submit(soak.sample)
        while any(not visit.done() for visit in visits):
            ledger.progress(int(seconds - (ends - time.monotonic())), int(seconds), "seconds")
            threading.Event().wait(0.5)
        for visit in (*visits, sampling):
            visit.result()
    for trouble, count in sorted(soak.lms.troubles.items()):
        ledger.count(f"met {trouble}", count)
    settle(service, soak.lms.heard, ledger)
    for name, samples in soak.memory.items():
        judge_memory(name, samples, ledger, flat=flat)


def judge_memory(name: str, samples: list[int], ledger: Ledger, *, flat: bool) -> None:
    """The last quarter against the quarter before it."""
    warm = samples[int(len(samples) * WARM) :]
    half = len(warm) // 2
    if not half:
        return
    before, after = median(warm[:half]), median(warm[half:])
    ledger.count(f"{name} MiB, first sample", samples[0] // 1024)
    ledger.count(f"{name} MiB, last quarter", int(after) // 1024)
    if flat and after > before * GROWTH + SLACK_KIB:
        ledger.fault(f"{name} grew from {before / 1024:.0f} to {after / 1024:.0f} MiB in its last quarter")

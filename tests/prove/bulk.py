"""Many events while processes are killed every few seconds: each accepted one has its one credential."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, repeat

from tests.prove.ledger import Ledger
from tests.prove.made import settle, verify_samples
from tests.testkit.lms import Lms
from tests.testkit.processes import Processes, running
from tests.testkit.service import Service

SENDERS = 8
SAMPLES = 200
PATIENCE_SECONDS, PATIENCE_PER_EVENT = 120.0, 0.5  # within which all have to be taken


def prove_bulk(
    service: Service,
    ledger: Ledger,
    *,
    events: int,
    kill_seconds: float,
    seed: int,
    kills: int | None = None,
) -> None:
    """Send `events` completions, some of them twice, and kill a process about every `kill_seconds`.

    kills: no more than so many; None for no such bound.
    """
    chance = random.Random(seed)
    deadline = time.monotonic() + PATIENCE_SECONDS + events * PATIENCE_PER_EVENT
    ledger.count("seed", seed)
    with running(service.settings, webs=2, workers=1) as processes:
        lms = Lms(service, processes)
        ended = threading.Event()
        victims = islice(_victims(processes, chance), kills)
        pauses = (chance.uniform(low, 1.5) * kill_seconds for low in repeat(0.5))
        killer = threading.Thread(
            target=_kill, args=(processes, zip(victims, pauses, strict=False), ended, ledger)
        )
        killer.start()
        try:
            with ThreadPoolExecutor(SENDERS) as pool:
                for done, _ in enumerate(
                    pool.map(lambda number: _send(lms, number, deadline), range(events)), 1
                ):
                    ledger.progress(done, events, "events")
        finally:
            ended.set()
            killer.join()
    ledger.count("events accepted", len(lms.heard))
    for trouble, count in sorted(lms.troubles.items()):
        ledger.count(f"senders met {trouble}", count)
    settle(service, lms.heard, ledger)
    addresses = [answers[0] for answers in lms.heard.values()]
    sample = chance.sample(addresses, min(SAMPLES, len(addresses)))
    verify_samples(service, (address.rpartition("/")[2] for address in sample), ledger)


def _send(lms: Lms, number: int, deadline: float) -> None:
    """Every tenth event comes twice, as from an LMS that did not hear the answer."""
    event = lms.event(number)
    for _ in range(2 if number % 10 == 0 else 1):
        lms.send(event, deadline)


def _victims(processes: Processes, chance: random.Random) -> Iterator[str]:
    """Each process once, in any order, then any."""
    names = processes.names()
    yield from chance.sample(names, len(names))
    while True:
        yield chance.choice(names)


def _kill(
    processes: Processes, victims: Iterable[tuple[str, float]], ended: threading.Event, ledger: Ledger
) -> None:
    """The pause begins when somebody answers again, or a slow machine would never have a service up."""
    for name, pause in victims:
        if ended.wait(pause):
            return
        processes.kill(name)
        processes.start(name)
        ledger.count(f"{name.partition('-')[0]} killed")
        processes.wait_ready()

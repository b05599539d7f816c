"""A file of many rows, issued while its worker is killed again and again: each row has its one credential."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime

from credserv.journeys.award.in_bulk.prepare import find_run, prepare_run
from credserv.journeys.award.in_bulk.run import begin
from credserv.records.bulk import RowState, RunState
from tests.prove.ledger import Ledger
from tests.prove.made import verify_samples
from tests.testkit.processes import Processes, running
from tests.testkit.service import Service

SAMPLES = 200
WORKER = "worker-1"
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS, _PATIENCE_PER_ROW = 600.0, 0.5
_ALL = 1_000_000


def prove_rows(
    service: Service,
    ledger: Ledger,
    *,
    rows: int,
    kill_seconds: float,
    seed: int,
    kills: int | None = None,
    samples: int = SAMPLES,
) -> None:
    """Issue a file of `rows` rows, and kill the worker about every `kill_seconds`.

    kills: so many, spread over the rows in place of the clock; None for no such bound. samples: so many
    credentials are verified.
    """
    chance = random.Random(seed)
    ledger.count("seed", seed)
    run = prepare_run(service.services, "rows.csv", _file(rows), actor="prove", now=datetime.now(UTC))
    begin(service.services, run.id, actor="prove", now=datetime.now(UTC))
    with running(service.settings, webs=0, workers=1) as processes:
        _carry_on(service, processes, ledger, run.id, rows, _Killing(kill_seconds, kills, chance))
    _account(service, ledger, run.id, rows, chance, samples)


class _Killing:
    """When the worker is killed next."""

    def __init__(self, seconds: float, kills: int | None, chance: random.Random) -> None:
        self._seconds, self._kills, self._chance = seconds, kills, chance
        self._done, self._next = 0, self._after()

    def is_due(self, share: float) -> bool:
        """share: of the rows that are settled."""
        if self._kills is None:
            due = time.monotonic() >= self._next
        else:
            due = self._done < self._kills and share > (self._done + 1) / (self._kills + 1)
        if due:
            self._done, self._next = self._done + 1, self._after()
        return due

    def _after(self) -> float:
        return time.monotonic() + self._seconds * self._chance.uniform(0.5, 1.5)


def _carry_on(
    service: Service, processes: Processes, ledger: Ledger, run_id: str, rows: int, killing: _Killing
) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS + rows * _PATIENCE_PER_ROW
    spent = 0.0
    while (run := find_run(service.services, run_id)).state is RunState.RUNNING:
        if time.monotonic() > ends:
            ledger.fault(f"not done: {run.left} rows are left")
            return
        ledger.progress(run.done, rows, "rows")
        if killing.is_due(run.done / rows):
            spent += processes.cpu_seconds()[WORKER]
            processes.kill(WORKER)
            processes.start(WORKER)
            ledger.count("worker killed")
        time.sleep(_LOOK_SECONDS)
    ledger.count("CPU seconds of the worker", round(spent + processes.cpu_seconds()[WORKER]))


def _account(
    service: Service, ledger: Ledger, run_id: str, rows: int, chance: random.Random, samples: int
) -> None:
    """Nothing lost, doubled or wrong."""
    states, owners = Counter[str](), Counter[str]()
    store = service.services.store
    for row in store.bulk.rows(run_id, limit=_ALL):
        states[row.state.value] += 1
        owners[row.credential_id or ""] += 1
        if row.state is not RowState.ISSUED:
            ledger.fault(f"lost: line {row.line} is {row.state.value}: {row.note}")
    for state, count in states.items():
        ledger.count(f"rows {state}", count)
    doubled = [known for known, count in owners.items() if count > 1]
    if doubled:
        ledger.fault(f"doubled: {len(doubled)} credentials answer more than one row")
    credentials = sum(store.credentials.count_by_state().values())
    ledger.count("credentials", credentials)
    if credentials != rows:
        ledger.fault(f"there are {rows} rows and {credentials} credentials")
    verify_samples(service, chance.sample(sorted(filter(None, owners)), min(samples, rows)), ledger)


def _file(rows: int) -> bytes:
    lines = (f"ict-troubleshooting,p{number}@example.org,Pat {number},2026-03-01" for number in range(rows))
    return "\n".join(["achievement,email,name,awarded_at", *lines]).encode()

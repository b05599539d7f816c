"""What hours of load may make grow without end: open files, the write-ahead log, the queue, the database."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from credserv.app.settings import Settings
from credserv.jobs.database import SCHEMA, is_made, open_engine
from tests.prove.ledger import Ledger
from tests.testkit.processes import READY_SECONDS, Processes

WARM = 0.5  # the part of the time in which caches may still fill
GROWTH = 1.10
PER_BADGE = 1.5
SLACK_MIB = 16
SLACK_FILES = 20  # of connections that come and go
SLACK_JOBS = 50
_CHECKPOINTS = (
    4  # so much of what a checkpoint begins at may stand in the log: readers hold it off for a while
)
_SQLITE_CHECKPOINT = 4_000 * 4_096  # store/frame/database.py, in pages of SQLite's own size
_MIB = 1_048_576
_WAITS = "status IN ('ENQUEUED', 'PENDING', 'DELAYED')"
_JOBS = f"SELECT count(*) FILTER (WHERE {_WAITS}), count(*) FROM {{}}workflow_status"


@dataclass
class Growth:
    """One run, sampled. flat: by name, what has to stay as it is. by_badge: what may grow with badges alone,
    with how many there were. wal_limit: bytes."""

    settings: Settings
    processes: Processes
    flat: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_badge: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    wal: list[int] = field(default_factory=list)
    wal_limit: int = 0

    def __post_init__(self) -> None:
        self._store = open_engine(self.settings.database_url, patience_seconds=30)
        self._jobs = open_engine(self.settings.jobs_database_url, patience_seconds=30)
        ends = time.monotonic() + READY_SECONDS
        while not is_made(self._jobs):  # the worker's part of being ready
            assert time.monotonic() < ends, "no worker has made the queue"
            time.sleep(0.1)

    def sample(self, badges: int) -> None:
        for name, kib in self.processes.memory().items():
            self.flat[f"{name} MiB"].append(kib // 1024)
        for name, count in self.processes.files().items():
            self.flat[f"{name} open files"].append(count)
        size, wal, self.wal_limit = _sizes(self._store)
        self.wal.append(wal)
        self.by_badge["database bytes"].append((badges, size))
        with self._jobs.connect() as connection:
            own = "" if self._jobs.dialect.name == "sqlite" else f"{SCHEMA}."
            waiting, every = connection.execute(text(_JOBS.format(own))).one()
        self.flat["jobs that wait"].append(waiting)
        self.by_badge["rows of jobs"].append((badges, every))

    def judge(self, ledger: Ledger, *, flat: bool) -> None:
        """flat: whether what grows is a fault; a short run is still warming up."""
        self._store.dispose()
        self._jobs.dispose()
        for name, samples in self.flat.items():
            judge_flat(name, samples, ledger, slack=_slack(name), flat=flat)
        for name, pairs in self.by_badge.items():
            judge_by_badge(name, pairs, ledger, flat=flat)
        judge_wal(self.wal, self.wal_limit, ledger, flat=flat)


def judge_flat(name: str, samples: Sequence[int], ledger: Ledger, *, slack: int, flat: bool) -> None:
    """The last quarter against the quarter before it."""
    if not samples:
        return
    ledger.count(f"{name}, first sample", samples[0])
    warm = samples[int(len(samples) * WARM) :]
    half = len(warm) // 2
    if not half:
        return
    before, after = median(warm[:half]), median(warm[half:])
    ledger.count(f"{name}, last quarter", int(after))
    if flat and after > before * GROWTH + slack:
        ledger.fault(f"{name} grew from {before:.0f} to {after:.0f} in the last quarter")


def judge_by_badge(name: str, pairs: Sequence[tuple[int, int]], ledger: Ledger, *, flat: bool) -> None:
    """What each badge of the last quarter brought with it, against the quarter before it."""
    if not pairs:
        return
    ledger.count(f"{name}, last sample", pairs[-1][1])
    warm = pairs[int(len(pairs) * WARM) :]
    if len(warm) < 3:
        return
    middle = len(warm) // 2
    before, after = _each(warm[0], warm[middle]), _each(warm[middle], warm[-1])
    ledger.count(f"{name} for a badge, last quarter", int(after))
    if flat and after > before * PER_BADGE + 1:
        ledger.fault(f"{name} for a badge grew from {before:.1f} to {after:.1f} in the last quarter")


def judge_wal(samples: Sequence[int], limit: int, ledger: Ledger, *, flat: bool) -> None:
    if not samples:
        return
    most = max(samples)
    ledger.count("write-ahead log MiB, at most", most // _MIB)
    if flat and most > limit:
        ledger.fault(f"the write-ahead log had {most // _MIB} MiB; checkpoints keep it below {limit // _MIB}")


def _each(first: tuple[int, int], last: tuple[int, int]) -> float:
    badges = last[0] - first[0]
    return (last[1] - first[1]) / badges if badges else 0.0


def _slack(name: str) -> int:
    if name.endswith("MiB"):
        return SLACK_MIB
    return SLACK_FILES if name.endswith("open files") else SLACK_JOBS


def _sizes(engine: Engine) -> tuple[int, int, int]:
    """Bytes of the database and of its write-ahead log, and what checkpoints keep the log below. Of
    PostgreSQL the log is the server's."""
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        log = path.with_name(f"{path.name}-wal")
        return (
            path.stat().st_size,
            log.stat().st_size if log.exists() else 0,
            _CHECKPOINTS * _SQLITE_CHECKPOINT,
        )
    asked = (
        "SELECT pg_database_size(current_database()), (SELECT sum(size) FROM pg_ls_waldir()), setting::bigint"
    )
    with engine.connect() as connection:
        size, log, mebibytes = connection.execute(
            text(f"{asked} FROM pg_settings WHERE name = 'max_wal_size'")
        ).one()
    return int(size), int(log), _CHECKPOINTS * int(mebibytes) * _MIB

"""What a worker process does that a test can kill.

Its jobs write a line to FOLDER/log for every run. `note` does that alone, `hang` then waits until FOLDER/go
is there, `kill` then kills its process.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from credserv.jobs.execution import JobWorker, Pace

FAST = Pace(
    poll_seconds=0.05,
    heartbeat_seconds=0.1,
    dead_after_seconds=1.0,
    quick_pause_seconds=0.01,
    first_pause_seconds=0.05,
    longest_pause_seconds=0.1,
    attempts=4,
)


def main(database_url: str, folder: Path, executor_id: str | None) -> None:
    def note(job: str, subject_id: str) -> None:
        with (folder / "log").open("a") as log:
            log.write(f"{job} {subject_id}\n")

    def hang(subject_id: str) -> None:
        note("hang", subject_id)
        while not (folder / "go").exists():
            time.sleep(0.02)

    def kill(subject_id: str) -> None:
        note("kill", subject_id)
        os.kill(os.getpid(), signal.SIGKILL)

    jobs = {"note": lambda subject_id: note("note", subject_id), "hang": hang, "kill": kill}
    worker = JobWorker(database_url, jobs, executor_id=executor_id, pace=FAST)
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    worker.start()
    (folder / f"ready-{os.getpid()}").touch()
    while not ended:
        time.sleep(0.02)
    worker.stop()

"""The queue, opened at first use: importing DBOS takes longer than verifying a badge."""

from __future__ import annotations

import threading

from credserv.jobs import Jobs
from credserv.records.health import Backlog


class LateJobs:
    """Opens a `DbosJobs` at first use and does what it does."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._opened: Jobs | None = None
        self._lock = threading.Lock()

    def enqueue(self, job: str, subject_id: str) -> None:
        self._jobs().enqueue(job, subject_id)

    def waiting(self) -> Backlog:
        return self._jobs().waiting()

    def living_workers(self) -> int:
        return self._jobs().living_workers()

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def _jobs(self) -> Jobs:
        from credserv.jobs.client import DbosJobs

        with self._lock:
            if self._opened is None:
                self._opened = DbosJobs(self._database_url)
            return self._opened

"""The queue as web processes and administrators see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from credserv.ground.errors import UnavailableError
from credserv.ground.request_ids import carried_request
from credserv.jobs.database import count_living, is_made, job_options, open_client, open_engine, subject_of
from credserv.records.health import Backlog

_PATIENCE_SECONDS = 2  # the longest a web request waits for the queue
_PURGE_ROWS = 1_000
_COUNTED = 10_000


@dataclass(frozen=True)
class FailedJob:
    """A job that will not be retried automatically. `reason`: code and detail, or type and place."""

    job: str
    subject_id: str
    reason: str
    failed_at: datetime


class DbosJobs:
    """The queue. Connects at first use; shared by the threads of a process.

    Every method raises UnavailableError.
    """

    def __init__(self, database_url: str) -> None:
        self._engine = open_engine(database_url, patience_seconds=_PATIENCE_SECONDS)
        self._client = open_client(self._engine)

    def enqueue(self, job: str, subject_id: str) -> None:
        """Request a job. Also unavailable until a worker has created the queue's tables.

        Uses a transaction of ours, because DBOS's own `enqueue` waits for ever for a locked SQLite file.
        """
        with _away_is_unavailable(), self._engine.begin() as connection:
            options = job_options(connection, job, subject_id)
            arguments = (subject_id, 1, carried_request())
            self._client.enqueue_in_transaction(connection, options, *arguments)

    def failed(self, limit: int = 100) -> tuple[FailedJob, ...]:
        """Return failed jobs, newest first; () before a worker has created the queue."""
        with _away_is_unavailable():
            if not is_made(self._engine):
                return ()
            rows = self._client.list_workflows(
                status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"], limit=limit, sort_desc=True
            )
        return tuple(
            FailedJob(
                job=row.name,
                subject_id=subject_of(row.workflow_id),
                reason=str(row.error or "it ended its worker each time"),
                failed_at=datetime.fromtimestamp((row.updated_at or 0) / 1000, UTC),
            )
            for row in rows
        )

    def waiting(self) -> Backlog:
        """Return jobs not begun yet; none before a worker has created the queue."""
        with _away_is_unavailable():
            if not is_made(self._engine):
                return Backlog(0)
            rows = self._client.list_workflows(
                status="ENQUEUED", limit=_COUNTED, load_input=False, load_output=False
            )
        begun = min((row.created_at or 0 for row in rows), default=0)
        return Backlog(len(rows), datetime.fromtimestamp(begun / 1000, UTC) if begun else None)

    def living_workers(self) -> int:
        """Return how many workers are alive."""
        with _away_is_unavailable():
            return count_living(self._engine) if is_made(self._engine) else 0

    def retry(self, job: str, subject_id: str) -> None:
        """Restart a failed job with a full set of attempts."""
        with _away_is_unavailable():
            known = self._client.list_workflows(workflow_id_prefix=f"{job}:{subject_id}", load_input=False)
            ours = [row.workflow_id for row in known if subject_of(row.workflow_id) == subject_id]
            self._client.delete_workflows(ours)
        self.enqueue(job, subject_id)

    def purge(self, *, done_before: datetime) -> int:
        """Delete rows of jobs done before an instant, in batches; returns how many."""
        with _away_is_unavailable():
            rows = self._client.list_workflows(
                status="SUCCESS",
                completed_before=done_before.isoformat(),
                limit=_PURGE_ROWS,
                load_input=False,
                load_output=False,
            )
            self._client.delete_workflows([row.workflow_id for row in rows])
        return len(rows)

    def close(self) -> None:
        self._client.destroy()
        self._engine.dispose()


@contextmanager
def _away_is_unavailable() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, dbos_error.DBOSException) as error:
        raise UnavailableError("the job queue cannot be reached now") from error

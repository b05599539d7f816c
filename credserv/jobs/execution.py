"""The executing side of the queue: attempts, pauses, and what a dead worker left behind.

A failed job is retried three times within seconds, then for two days at growing intervals that hold no
thread. One that still fails, can never be done, or repeatedly kills its worker stays visible as a failed job,
and the others go on (attack 137).

A living worker takes over the jobs of one that never returns. This uses the recovery that DBOS itself runs at
start, because it counts attempts and leaves jobs that a living worker has meanwhile taken. The public
`resume_workflow` resets the count, so that a job that kills its worker would come back for ever.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, PortableWorkflowError, StepOptions
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from credserv.ground.errors import ConflictError, CredservError, InputError, UnavailableError
from credserv.ground.request_ids import carried_request, within_request
from credserv.ground.spans import span
from credserv.jobs.database import APPLICATION, SCHEMA, Heartbeats, job_options, migrate, open_engine

# DBOS runs a job only under the version it was enqueued for. Ours contain only ids, so any release runs any.
_JOBS_VERSION = "1"
_MAX_RECOVERIES = 5
_PATIENCE_SECONDS = 30

logger = logging.getLogger(__name__)


class JobFailedError(Exception):
    """The end of an attempt. The queue keeps its text: an error's code and detail, never an address."""


@dataclass(frozen=True)
class Pace:
    """How often the queue is polled and a failing job retried; the pause doubles each time.

    Each poll costs some milliseconds for each job name, with or without jobs.
    """

    poll_seconds: float = 1.0
    unhurried_poll_seconds: float = 10.0
    heartbeat_seconds: float = 3.0
    dead_after_seconds: float = 15.0
    attempts: int = 20
    quick_pause_seconds: float = 0.5
    first_pause_seconds: float = 5.0
    longest_pause_seconds: float = 6 * 3600.0

    def pause_after(self, attempt: int) -> float:
        return float(min(self.first_pause_seconds * 2 ** (attempt - 1), self.longest_pause_seconds))


class JobWorker:
    """Executes jobs in this process. One for each process, because DBOS is a singleton.

    Attributes:
        functions: job name to idempotent function of the subject's id.
        executor_id: the worker's unique name; by default a new one for each start.
        concurrency: jobs of one name at once.
        unhurried: names of jobs that nobody waits for.
    """

    def __init__(
        self,
        database_url: str,
        functions: Mapping[str, Callable[[str], None]],
        *,
        executor_id: str | None = None,
        concurrency: int = 4,
        pace: Pace | None = None,
        unhurried: Collection[str] = (),
    ) -> None:
        self._engine = open_engine(database_url, patience_seconds=_PATIENCE_SECONDS)
        self._functions = functions
        self._concurrency = concurrency
        self._unhurried = frozenset(unhurried)
        self._pace = pace or Pace()
        self.executor_id = executor_id or f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self._heartbeats = Heartbeats(self._engine, self.executor_id, self._pace.dead_after_seconds)
        self._stopping = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="job-heartbeat", daemon=True)
        self._running: set[int] = set()  # idents of threads running a job

    def start(self) -> None:
        """Start. Raises ConflictError when a live worker has this id, UnavailableError without a database."""
        try:
            migrate(self._engine)
            if not self._heartbeats.beat():
                raise ConflictError(
                    f"another worker runs as {self.executor_id}: give this one an id of its own"
                )
            self._launch()
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise UnavailableError("the database of the job queue cannot be reached") from error
        except ConflictError:
            self._engine.dispose()
            raise
        self._beating.start()

    def stop(self, *, drain_seconds: int = 15) -> bool:
        """Take no more jobs and wait for running ones; False when some still ran at the end.

        Another worker, or the next start, takes those over. Returns within drain_seconds and a few more.
        """
        self._stopping.set()
        self._beating.join()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=drain_seconds)
        drained = not self._running
        self._heartbeats.end()
        self._engine.dispose()
        return drained

    def take_over(self) -> tuple[str, ...]:
        """Put the jobs of workers that are gone back into the queue; returns those workers' ids."""
        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        holders = {row.executor_id for row in running if row.executor_id}
        gone = sorted(holders - self._heartbeats.living() - {self.executor_id})
        if gone:
            logger.warning("taking over the jobs of workers that are gone: %s", ", ".join(gone))
            # Private, but the lock file pins its version; the module docstring says why this one.
            DBOS._recover_pending_workflows(gone)
        return tuple(gone)

    def _launch(self) -> None:
        DBOS(config=self._config())
        try:
            for job, function in self._functions.items():
                self._register(job, function)
            DBOS.launch()
            for job in self._functions:
                DBOS.register_queue(
                    job, worker_concurrency=self._concurrency, polling_interval_sec=self._poll_seconds(job)
                )
            self.take_over()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise

    def _poll_seconds(self, job: str) -> float:
        pace = self._pace
        return pace.unhurried_poll_seconds if job in self._unhurried else pace.poll_seconds

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "dbos_system_schema": SCHEMA,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": self.executor_id,
            "application_version": _JOBS_VERSION,
            "use_listen_notify": False,
            "run_migrations": False,
            "log_level": "WARNING",
        }

    def _beat(self) -> None:
        while not self._stopping.wait(self._pace.heartbeat_seconds):
            try:
                if not self._heartbeats.beat():
                    logger.error("another worker took the executor id %s", self.executor_id)
                self.take_over()
            except (SQLAlchemyError, dbos_error.DBOSException) as error:
                logger.warning("the job queue did not take the heartbeat: %s", type(error).__name__)

    def _register(self, job: str, function: Callable[[str], None]) -> None:
        def workflow(subject_id: str, attempt: int, request_id: str = "") -> str:
            ident = threading.get_ident()
            self._running.add(ident)
            try:
                with within_request(request_id), span(f"job {job}"):
                    return self._run(job, function, subject_id, attempt)
            finally:
                self._running.discard(ident)

        DBOS.workflow(name=job, max_recovery_attempts=_MAX_RECOVERIES)(workflow)

    def _run(self, job: str, function: Callable[[str], None], subject_id: str, attempt: int) -> str:
        """Run one attempt. The queue keeps its outcome: done, later, or never (JobFailedError)."""
        options = StepOptions(
            name=job,
            retries_allowed=True,
            max_attempts=3,
            interval_seconds=self._pace.quick_pause_seconds,
        )
        try:
            hopeless = DBOS.run_step(options, _attempt, job, function, subject_id)
        except (dbos_error.DBOSMaxStepRetriesExceeded, PortableWorkflowError) as error:
            if attempt >= self._pace.attempts:
                raise JobFailedError(_reason(error)) from None
            with self._engine.begin() as connection:
                again = job_options(connection, job, subject_id, attempt=attempt + 1)
            again["delay_seconds"] = self._pace.pause_after(attempt)
            DBOS.enqueue_workflow_with_options(again, subject_id, attempt + 1, carried_request())
            return f"later: {_reason(error)}"
        if hopeless:
            raise JobFailedError(hopeless)
        return "done"


def _attempt(job: str, function: Callable[[str], None], subject_id: str) -> str:
    """Return "" when done, else why it can never be. Raises JobFailedError when a later attempt may succeed.

    No other error leaves here: its text may contain an address, and DBOS stores it.
    """
    try:
        function(subject_id)
    except (InputError, ConflictError) as error:
        logger.error("job %s of %s cannot be done: %s: %s", job, subject_id, error.code, error.detail)
        return f"{error.code}: {error.detail}"
    except CredservError as error:
        logger.warning("job %s of %s did not work now: %s: %s", job, subject_id, error.code, error.detail)
        raise JobFailedError(f"{error.code}: {error.detail}") from None
    except Exception as error:
        reason = f"{type(error).__name__} at {_place(error)}"
        logger.error("job %s of %s failed: %s", job, subject_id, reason)
        raise JobFailedError(reason) from None
    return ""


def _reason(error: Exception) -> str:
    """Return the reason of the last quick retry; read back from the queue, it is only text."""
    return str(error.errors[-1] if isinstance(error, dbos_error.DBOSMaxStepRetriesExceeded) else error)


def _place(error: BaseException) -> str:
    """Return file and line of an error, instead of its text."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "?" if traceback is None else f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"

"""The thin port to the durable queue (DBOS). Web processes enqueue, `credserv worker` executes.

A job is a name and the id of its subject, never personal data (attack 117): inputs, outcomes and errors
are kept as plain JSON in the queue's own database. A job may run more than once (its worker was killed
on the way), so job functions are idempotent; it is enqueued once per name and subject, however often
asked. Nothing is lost with the queue: the worker's sweep re-enqueues from the state of the store.

`client` enqueues and shows what failed, `execution` runs the jobs, `database` is what both stand on.
"""

from __future__ import annotations

from typing import Protocol

from credserv.records.health import Backlog


class Jobs(Protocol):
    """What the journeys know of the queue."""

    def enqueue(self, job: str, subject_id: str) -> None:
        """Have `job` done for `subject_id`, once per pair. Raises UnavailableError; callers log and go on."""

    def waiting(self) -> Backlog:
        """Jobs that nobody has begun yet. Raises UnavailableError."""

    def living_workers(self) -> int:
        """How many workers were heard of lately. Raises UnavailableError."""

    def close(self) -> None:
        """Let go of its connections."""

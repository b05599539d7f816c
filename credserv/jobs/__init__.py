"""The thin port to the durable queue (DBOS). Web processes enqueue, `credserv worker` executes.

A job is a name and the id of its subject, never personal data (attack 117), because the queue's database
keeps inputs, outcomes and errors as plain JSON. A job may run more than once (its worker was killed
half-way), so job functions are idempotent. It is enqueued once per name and subject, however often requested.
If the queue is lost, nothing else is: the worker's sweep enqueues again from the state of the store.

`client` enqueues and shows failures, `execution` runs the jobs, `database` is the base of both.
"""

from __future__ import annotations

from typing import Protocol

from credserv.records.health import Backlog


class Jobs(Protocol):
    """What the journeys know of the queue."""

    def enqueue(self, job: str, subject_id: str) -> None:
        """Request `job` for `subject_id`, once per pair.

        A subject that belongs to one organisation begins with its slug and `/`: organisations take turns.

        Raises UnavailableError; callers log it and go on.
        """

    def waiting(self) -> Backlog:
        """Return jobs not begun yet. Raises UnavailableError."""

    def living_workers(self) -> int:
        """Return how many workers are alive. Raises UnavailableError."""

    def close(self) -> None:
        """Close its connections."""

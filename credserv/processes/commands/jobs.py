"""`credserv jobs`: what the worker could not do, and how to have it done after all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.jobs.client import DbosJobs
from credserv.processes.commands.context import Installation, in_installation, show_table

_SHOWN = 200


@click.group()
def jobs() -> None:
    """Jobs that failed to the end: letters that no server took, credentials that could not be signed."""


@jobs.command("failed")
@in_installation
def failed(installation: Installation) -> None:
    """Show the newest failed jobs, and why they failed; none before a worker ran."""
    with _queue(installation) as queue:
        rows = [("FAILED", "JOB", "ID", "REASON")]
        rows += [
            (format_instant(job.failed_at), job.job, job.subject_id, job.reason)
            for job in queue.failed(_SHOWN)
        ]
    show_table([tuple(row) for row in rows])


@jobs.command("retry")
@click.argument("job")
@click.argument("subject_id", metavar="ID")
@in_installation
def retry(installation: Installation, job: str, subject_id: str) -> None:
    """Begin a failed JOB of ID anew, once its cause is mended."""
    with _queue(installation) as queue:
        if (job, subject_id) not in [(known.job, known.subject_id) for known in queue.failed(_SHOWN)]:
            raise NotFoundError(f"no job {job} of {subject_id} has failed: `credserv jobs failed` shows them")
        queue.retry(job, subject_id)
    click.echo(f"Begun anew: {job} of {subject_id}")


@contextmanager
def _queue(installation: Installation) -> Iterator[DbosJobs]:
    queue = DbosJobs(installation.settings.jobs_database_url)
    try:
        yield queue
    finally:
        queue.close()

"""`credserv jobs`: what the worker could not do, and how to retry it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.jobs.client import DbosJobs, FailedJob
from credserv.journeys.operate.queue import organisation_of_job, require_known
from credserv.processes.commands.context import Installation, in_installation, show_table

_SHOWN = 200
_of_organisation = click.option(
    "--organisation", metavar="NAME", help="Only jobs of this organisation.  [default: all]"
)


@click.group()
def jobs() -> None:
    """Jobs that finally failed: lists that could not be fetched, frameworks that could not be read."""


@jobs.command("failed")
@_of_organisation
@in_installation
def failed(installation: Installation, organisation: str | None) -> None:
    """Show the newest failed jobs and the reasons; none before a worker has run."""
    rows: list[tuple[str, ...]] = [("FAILED", "ORGANISATION", "JOB", "ID", "REASON")]
    rows += [
        (format_instant(job.failed_at), of, job.job, job.subject_id, job.reason)
        for of, job in _failed(installation, organisation)
    ]
    show_table(rows)


@jobs.command("retry")
@click.argument("job")
@click.argument("subject_id", metavar="ID")
@_of_organisation
@in_installation
def retry(installation: Installation, job: str, subject_id: str, organisation: str | None) -> None:
    """Retry a failed JOB of ID, after you have removed the cause."""
    known = [(known.job, known.subject_id) for _, known in _failed(installation, organisation)]
    if (job, subject_id) not in known:
        raise NotFoundError(f"no job {job} of {subject_id} has failed: `credserv jobs failed` shows them")
    with _queue(installation) as queue:
        queue.retry(job, subject_id)
    click.echo(f"Started again: {job} of {subject_id}")


def _failed(installation: Installation, organisation: str | None) -> list[tuple[str, FailedJob]]:
    """Return failed jobs with their organisation; all organisations for None."""
    store = installation.store
    require_known(store, organisation)
    with _queue(installation) as queue:
        found = [(organisation_of_job(store, job.job, job.subject_id), job) for job in queue.failed(_SHOWN)]
    return [(of, job) for of, job in found if organisation in (None, of)]


@contextmanager
def _queue(installation: Installation) -> Iterator[DbosJobs]:
    queue = DbosJobs(installation.settings.jobs_database_url)
    try:
        yield queue
    finally:
        queue.close()

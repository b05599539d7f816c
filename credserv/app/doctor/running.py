"""The work: the worker and its queue, and the state of every organisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from credserv.app.doctor.ward import Ward
from credserv.ground.errors import CredservError
from credserv.jobs.client import DbosJobs
from credserv.journeys.operate.conditions import look_at
from credserv.records.health import Finding

_LATE = timedelta(minutes=15)
_SHOWN = 5


def worker(ward: Ward) -> Finding:
    if not ward.services.jobs.living_workers():
        said = "No worker runs: no letter goes out, and nothing that was left behind is carried on."
        return Finding("worker", False, said, "credserv worker")
    return Finding("worker", True, "A worker runs.")


def jobs(ward: Ward) -> Iterator[Finding]:
    queue = DbosJobs(ward.settings.jobs_database_url)
    try:
        failed, waiting = queue.failed(_SHOWN), queue.waiting()
    finally:
        queue.close()
    for job in failed:
        said = f"The job {job.job} of {job.subject_id} failed to the end: {job.reason}"
        mend = f"credserv jobs retry {job.job} {job.subject_id}"
        yield Finding("jobs", False, said, mend, job.subject_id)
    if waiting.oldest is not None and ward.now - waiting.oldest > _LATE:
        said = f"{waiting.waiting} jobs wait, the oldest since {waiting.oldest:%Y-%m-%d %H:%M} UTC."
        yield Finding("jobs", False, said, "credserv worker")
    elif not failed:
        yield Finding("jobs", True, f"{waiting.waiting} jobs wait, and none failed.")


def conditions(ward: Ward) -> Iterator[Finding]:
    first = ward.services
    for slug in first.neighbours.slugs() if first.neighbours else ():
        try:
            found = look_at(first.at_name(slug), ward.now)
        except CredservError as error:
            yield Finding("organisation", False, error.detail, "credserv keys list", organisation=slug)
            continue
        yield from found

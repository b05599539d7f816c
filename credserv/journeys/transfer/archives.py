"""Archives of large wallets: a job makes one, and it waits a day for whoever asked for it.

Each credential is checked. That takes milliseconds of processor time, and for credentials of others as long
as their hosts take to answer. A request would block for a minute and be cut off. A waiting archive is
encrypted, because a backup in it contains a private key. It is deleted with the person, on request, or after
a day.
"""

from __future__ import annotations

import logging
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import CredservError, NotFoundError, UnavailableError
from credserv.journeys.services import Services
from credserv.journeys.transfer.leaving import make_archive
from credserv.records.archives import GIVEN_UP_AFTER, ArchiveRecord
from credserv.records.jobs import JobName

AT_ONCE = 200  # with more credentials, it takes too long for a request
_JOB_SECONDS = 900.0  # for all answers of other hosts
_NOTE_EVERY = 50
_ID_BYTES = 16

logger = logging.getLogger(__name__)


def ask_for_archive(
    services: Services, person_id: str, now: datetime, *, with_backup: bool = False
) -> bytes | None:
    """Return the archive, or have a job make it if the wallet has more than AT_ONCE credentials.

    A new request replaces an earlier one. Raises as `make_archive`.

    Returns:
        The zip, or None if a job makes it; `find_archive` then shows the progress.
    """
    if services.store.holdings.count(person_id) + services.store.imports.count(person_id) <= AT_ONCE:
        return make_archive(services, person_id, now, with_backup=with_backup)
    record = ArchiveRecord(random_token(_ID_BYTES), person_id, with_backup, now)
    services.store.archives.add(record)
    try:
        services.jobs.enqueue(JobName.ARCHIVE, _subject(services, record.id))
    except UnavailableError as error:  # the worker's sweep finds it
        logger.warning("an archive is begun later: %s", error.detail)
    return None


def find_archive(services: Services, person_id: str, now: datetime) -> ArchiveRecord | None:
    """Return the archive that a person requested from this organisation, until it expires."""
    found = services.store.archives.of_person(person_id)
    if found is None or now >= (found.ends_at or found.asked_at + GIVEN_UP_AFTER):
        return None
    return found


def fetch_archive(services: Services, person_id: str, now: datetime) -> tuple[ArchiveRecord, bytes]:
    """Return an archive and its content.

    Raises:
        NotFoundError: There is none, or it is not ready.
    """
    found = find_archive(services, person_id, now)
    content = None if found is None else services.store.archives.content(found.id)
    if found is None or content is None:
        raise NotFoundError("there is no archive to fetch: ask for one")
    return found, content


def let_archive_go(services: Services, person_id: str) -> None:
    """Delete an archive, or cancel one that is not ready."""
    services.store.archives.remove(person_id)


def run_archive(services: Services, archive_id: str, now: datetime) -> None:
    """Run the job. A failure is shown on the page; if the database cannot be used, the job is retried."""
    store = services.store.archives
    record = store.get(archive_id)
    if record is None or not record.is_going_on:
        return

    def progress(done: int, total: int) -> None:
        if done % _NOTE_EVERY == 0 or done == total:
            store.note_progress(archive_id, done, total)

    try:
        made = make_archive(
            services,
            record.person_id,
            now,
            with_backup=record.with_backup,
            seconds=_JOB_SECONDS,
            on_progress=progress,
        )
    except UnavailableError:
        raise
    except CredservError as error:
        logger.warning("an archive cannot be made: %s: %s", error.code, error.detail)
        store.fail(archive_id, now)
        return
    store.keep(archive_id, made, now)


def unfinished_archives(services: Services) -> tuple[str, ...]:
    """Return the subjects of the waiting jobs."""
    return tuple(_subject(services, one) for one in services.store.archives.unfinished())


def _subject(services: Services, archive_id: str) -> str:
    return f"{services.store.organisation_id}/{archive_id}"

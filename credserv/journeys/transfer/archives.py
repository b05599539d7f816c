"""The archive of a wallet of many credentials: a job makes it, and it waits a day for whoever asked for it.

Each credential is checked, which takes milliseconds of the processor, and for those of others as long as
their hosts take to answer: a request would hold its place for a minute and be cut off. What waits is sealed,
for a backup in it holds a private key; it goes with the person, by their own hand, or after a day.
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

AT_ONCE = 200  # credentials: more take too long for a request
_JOB_SECONDS = 900.0  # for all that others have to answer
_NOTE_EVERY = 50
_ID_BYTES = 16

logger = logging.getLogger(__name__)


def ask_for_archive(
    services: Services, person_id: str, now: datetime, *, with_backup: bool = False
) -> bytes | None:
    """The file; None for a wallet of more than AT_ONCE credentials, for which a job makes it: `find_archive`
    tells how far it is. One that was asked for before makes place. Raises as `make_archive`."""
    if services.store.holdings.count(person_id) + services.store.imports.count(person_id) <= AT_ONCE:
        return make_archive(services, person_id, now, with_backup=with_backup)
    record = ArchiveRecord(random_token(_ID_BYTES), person_id, with_backup, now)
    services.store.archives.add(record)
    try:
        services.jobs.enqueue(JobName.ARCHIVE, _subject(services, record.id))
    except UnavailableError as error:  # the worker's sweep finds what waits
        logger.warning("an archive is begun later: %s", error.detail)
    return None


def find_archive(services: Services, person_id: str, now: datetime) -> ArchiveRecord | None:
    """The one that the person asked this organisation for, until its time is over."""
    found = services.store.archives.of_person(person_id)
    if found is None or now >= (found.ends_at or found.asked_at + GIVEN_UP_AFTER):
        return None
    return found


def fetch_archive(services: Services, person_id: str, now: datetime) -> tuple[ArchiveRecord, bytes]:
    """Raises NotFoundError where there is none, or none yet."""
    found = find_archive(services, person_id, now)
    content = None if found is None else services.store.archives.content(found.id)
    if found is None or content is None:
        raise NotFoundError("there is no archive to fetch: ask for one")
    return found, content


def let_archive_go(services: Services, person_id: str) -> None:
    """Nothing of it is kept here any more; what was not made yet is not."""
    services.store.archives.remove(person_id)


def run_archive(services: Services, archive_id: str, now: datetime) -> None:
    """The job. Where it cannot be made, that is told on the page; a database that is away is tried again."""
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
    """The jobs of what waits, by their subjects."""
    return tuple(_subject(services, one) for one in services.store.archives.unfinished())


def _subject(services: Services, archive_id: str) -> str:
    return f"{services.store.organisation_id}/{archive_id}"

"""The worker: sends letters, executes jobs, and sweeps the store for what a crash left behind.

Web processes finish what they accept; the worker sends the letter afterwards, and finishes whatever a crash
interrupted. Only the store says what is unfinished, so the queue can be lost without losing anything.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial

from credserv.app.logs import configure_logging
from credserv.app.metrics import begin_to_count
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.app.signing_keys import activate_due
from credserv.app.traces import begin_to_trace
from credserv.ground.errors import CredservError, NotFoundError
from credserv.jobs.client import DbosJobs
from credserv.jobs.execution import JobWorker
from credserv.journeys.define.framework_imports import run_import
from credserv.journeys.operate.audit import seal_trail
from credserv.journeys.operate.queue import list_of_job
from credserv.journeys.publish.journal import note_progress
from credserv.journeys.services import Services
from credserv.journeys.transfer.archives import run_archive
from credserv.journeys.transfer.watch import watch_due
from credserv.journeys.trust.refresh import refresh
from credserv.processes.sweeper import SWEEP_SECONDS, Sweeper
from credserv.processes.turns import each_organisation, open_mailer, take_turns, turns, utc_now, watch
from credserv.records.jobs import JobName
from credserv.records.organisations import MAIN

DRAIN_SECONDS = 15

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish running work within half a minute.

    Raises as `build_services`, and UnavailableError when the queue's database cannot be reached.
    """
    configure_logging(form=settings.log_format)
    begin_to_count()
    begin_to_trace(settings, "worker")
    services = build_services(settings)
    jobs = DbosJobs(settings.jobs_database_url)
    mailer_of = partial(open_mailer, settings)
    worker = JobWorker(
        settings.jobs_database_url,
        job_functions(services),
        # Letters wait in the outbox; for an import or an archive, somebody is watching.
        unhurried=[name for name in JobName if name not in (JobName.FRAMEWORK, JobName.ARCHIVE)],
    )
    stopping = _stop_signals()
    worker.start()
    logger.info("the worker runs as %s", worker.executor_id)
    senders = [
        threading.Thread(target=take_turns, args=(services, what, turn, stopping), name=what, daemon=True)
        for what, turn in turns(settings, stopping).items()
    ]  # daemons: an unresponsive mail server delays nobody
    watching = threading.Thread(
        target=watch, args=(services, mailer_of, stopping), name="alarms", daemon=True
    )
    for thread in (*senders, watching):
        thread.start()
    sweepers: dict[str, Sweeper] = {}
    while not stopping.wait(SWEEP_SECONDS):
        if not _is_steady():
            continue
        sweep_each(settings, services, jobs, sweepers)
        _seal(services)
        _note_progress(services)
    for sender in senders:
        sender.join(DRAIN_SECONDS)
    drained = worker.stop(drain_seconds=DRAIN_SECONDS)
    jobs.close()
    services.close()
    if not drained:
        # A hanging job would keep its thread, and with it the process. Another worker takes it over.
        logger.warning("a job did not end in %s seconds: it is left to the next worker", DRAIN_SECONDS)
        logging.shutdown()
        os._exit(0)


def sweep_each(settings: Settings, services: Services, jobs: DbosJobs, sweepers: dict[str, Sweeper]) -> None:
    """Sweep for one organisation after the other, until the clock jumps."""
    for own in each_organisation(services):
        try:
            now = utc_now()
        except CredservError as error:
            logger.error("the worker waits: %s", error.detail)
            return
        sweeper = sweepers.setdefault(own.issuer.id, Sweeper(own, jobs))
        sweeper.services = own
        sweeper.run(now)
        _change_keys_over(settings, own)


def _is_steady() -> bool:
    """Return whether the clock is steady; nothing is swept, switched or deleted by a clock that jumped."""
    try:
        utc_now()
    except CredservError as error:
        logger.error("the worker waits: %s", error.detail)
        return False
    return True


def _seal(services: Services) -> None:
    """Seal the trail, which is one for all organisations, as is its chain."""
    try:
        seal_trail(services)
    except CredservError as error:
        logger.warning("the audit trail is sealed later: %s: %s", error.code, error.detail)


def _change_keys_over(settings: Settings, own: Services) -> None:
    try:
        for key in activate_due(settings, own.store, now=utc_now()):
            logger.info("the key %s signs from now on", key)
    except CredservError as error:
        logger.warning("keys are changed over later: %s: %s", error.code, error.detail)


def _note_progress(services: Services) -> None:
    if services.issuing.journal is None:
        return
    try:
        note_progress(services.store, services.issuing.journal)
    except CredservError as error:
        logger.warning("the journal is written later: %s: %s", error.code, error.detail)


def job_functions(services: Services) -> Mapping[str, Callable[[str], None]]:
    """Return every job by name; each is idempotent and takes the id of its subject."""

    def owner(slug: str | None) -> Services:
        return services.at_name(slug or MAIN)

    def refresh_trusted_list(request: str) -> None:
        """Refresh a list. `request` is the organisation, the id of the list and a time span, so that it is
        done once in that span. Jobs of an older release do not name the organisation: it is looked up.
        """
        try:
            list_id = list_of_job(request)
            own = owner(services.store.organisations.owner_of_trusted_list(list_id))
            refresh(own, list_id, actor="worker", now=utc_now())
        except NotFoundError:
            logger.info("a list of trusted issuers was given up before it was refreshed")

    def import_framework(subject: str) -> None:
        """Import a framework. `subject` is the organisation's, and the import's id with its step."""
        slug, _, step = subject.partition("/")
        run_import(owner(slug), step, now=utc_now())

    def make_archive(subject: str) -> None:
        """Make an archive. `subject` is the organisation's, and the archive's id."""
        slug, _, archive_id = subject.partition("/")
        run_archive(owner(slug), archive_id, utc_now())

    def watch_imports(_span: str) -> None:
        """Watch what people imported.

        It belongs to no organisation; the first one's lists of issuers apply.
        """
        watch_due(owner(MAIN), utc_now())

    def done_elsewhere(_subject_id: str) -> None:
        """Do nothing; it is done elsewhere."""

    return {
        **dict.fromkeys((JobName.FINISH, JobName.DELIVER, JobName.WALLET_LINK), done_elsewhere),
        JobName.TRUSTED_LIST: refresh_trusted_list,
        JobName.FRAMEWORK: import_framework,
        JobName.WATCH: watch_imports,
        JobName.ARCHIVE: make_archive,
    }


def _stop_signals() -> threading.Event:
    """Return an event set by SIGTERM and SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping

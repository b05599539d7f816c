"""The worker: sends letters, executes jobs, and sweeps the store for what a crash left behind.

Web processes finish what they take in themselves; here is the letter afterwards, and everything that
somebody died over. The store alone says what is unfinished, so the queue may be lost and nothing is.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from credserv.app.factory import build_services
from credserv.app.logs import configure_logging
from credserv.app.settings import Settings
from credserv.app.signing_keys import activate_due
from credserv.fetch.posting import GuardedPoster
from credserv.ground.errors import (
    AbsentError,
    CredservError,
    InputError,
    NotFoundError,
    SigningKeyError,
)
from credserv.issuing.recipe import MAX_LOT, Recipe, Wanted
from credserv.jobs.client import DbosJobs
from credserv.jobs.execution import JobWorker
from credserv.journeys.award.in_bulk.run import carry_on
from credserv.journeys.award.resume import resume, settle_left
from credserv.journeys.award.stacking import Stacking
from credserv.journeys.define.framework_imports import run_import, unfinished_imports
from credserv.journeys.deliver.links import send_links
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.deliver.reminders import remind_due
from credserv.journeys.deliver.webhooks import KEEP_SENT, send_due_webhooks
from credserv.journeys.operate.alarms import keep_alarms, tell_owners
from credserv.journeys.operate.audit import seal_trail
from credserv.journeys.operate.conditions import look_at
from credserv.journeys.publish.journal import note_progress
from credserv.journeys.publish.publish import publish_due
from credserv.journeys.services import Services
from credserv.journeys.trust.refresh import refresh
from credserv.outbound.mail import Mailer
from credserv.records.health import Finding
from credserv.records.jobs import JobName
from credserv.records.organisations import MAIN
from credserv.records.sources import EventRecord, EventState

SWEEP_SECONDS = 3.0
LETTER_SECONDS = 1.0
DRAIN_SECONDS = 15
LEFT_BEHIND_AFTER = timedelta(seconds=5)  # until then somebody may still be at it
EVENT_PATIENCE = timedelta(days=2)
KEEP_DONE_JOBS = timedelta(days=7)
_LONGEST_EVENT_PAUSE = timedelta(minutes=10)
_ASK_AGAIN_AFTER = timedelta(minutes=1)
_PUBLISH_EVERY = timedelta(minutes=1)
_KEEP_PREVIEWS = timedelta(days=1)
_TIDY_EVERY = timedelta(hours=1)
_REMIND_EVERY = timedelta(hours=1)
_SWEEP_ROWS = 500
_CREDENTIAL = "credential"
WATCH_SECONDS = 300.0
_TURN_SECONDS = 10.0  # of one organisation at the mail server, before the next

MailerOf = Callable[[Services], Mailer | None]  # each organisation's letters name it as their sender

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what runs, within half a minute.

    Raises as `build_services`, and UnavailableError when the queue's database cannot be reached.
    """
    configure_logging()
    services = build_services(settings)
    jobs = DbosJobs(settings.jobs_database_url)
    mailer_of = partial(build_mailer, settings)
    worker = JobWorker(
        settings.jobs_database_url,
        job_functions(services),
        # Whoever waits for a letter, waits for the outbox; for an import somebody looks on.
        unhurried=[name for name in JobName if name is not JobName.FRAMEWORK],
    )
    stopping = _stop_signals()
    worker.start()
    logger.info("the worker runs as %s", worker.executor_id)
    senders = [
        threading.Thread(target=send, args=(services, mailer_of, stopping), name=name, daemon=True)
        for name, send in (
            ("letters", _send_letters),
            ("links", _send_links),
            ("webhooks", _send_webhooks),
            ("bulk", _award_in_bulk),
        )
    ]  # daemons: a mail server that hangs holds nobody up
    for sender in senders:
        sender.start()
    watching = threading.Thread(target=_watch, args=(services, mailer_of, stopping), name="alarms")
    watching.daemon = True
    watching.start()
    sweepers: dict[str, Sweeper] = {}
    while not stopping.wait(SWEEP_SECONDS):
        for own in each_organisation(services):
            sweeper = sweepers.setdefault(own.issuer.id, Sweeper(own, jobs))
            sweeper.services = own
            sweeper.run(_utc_now())
            _change_keys_over(settings, own)
        _seal(services)
        _note_progress(services)
    for sender in senders:
        sender.join(DRAIN_SECONDS)
    drained = worker.stop(drain_seconds=DRAIN_SECONDS)
    jobs.close()
    services.close()
    if not drained:
        # A job that hangs would keep its thread, and with it the process. It is another worker's now.
        logger.warning("a job did not end in %s seconds: it is left to the next worker", DRAIN_SECONDS)
        logging.shutdown()
        os._exit(0)


def _seal(services: Services) -> None:
    """The trail is one for all organisations, and so is its chain."""
    try:
        seal_trail(services)
    except CredservError as error:
        logger.warning("the audit trail is sealed later: %s: %s", error.code, error.detail)


def _change_keys_over(settings: Settings, own: Services) -> None:
    try:
        for key in activate_due(settings, own.store, now=_utc_now()):
            logger.info("the key %s signs from now on", key)
    except CredservError as error:
        logger.warning("keys are changed over later: %s: %s", error.code, error.detail)


def _watch(services: Services, mailer_of: MailerOf, stopping: threading.Event) -> None:
    """Not at once: what waits after a standstill is first to be worked off."""
    while not stopping.wait(WATCH_SECONDS):
        for slug in services.neighbours.slugs() if services.neighbours else ():
            try:
                watch_one(services, slug, mailer_of, now=_utc_now())
            except CredservError as error:
                logger.warning("alarms of %s go on later: %s: %s", slug, error.code, error.detail)
            except Exception as error:
                logger.exception("watching %s failed: %s", slug, type(error).__name__)


def watch_one(services: Services, slug: str, mailer_of: MailerOf, *, now: datetime) -> None:
    """Look at one organisation, and tell its owners what is new. services: of any other."""
    try:
        own = services.at_name(slug)
        found = look_at(own, now)
    except SigningKeyError as error:  # nobody serves it then, and its owners are to hear that above all
        own = _without_key(services, slug)
        found = (Finding("signing-key", False, f"{error.detail}.", "credserv keys list"),)
    keep_alarms(own, found, now=now)
    mailer = mailer_of(own)
    if mailer is not None:
        tell_owners(own, mailer, now=now)


def _without_key(services: Services, slug: str) -> Services:
    """Enough of an organisation to reach its owners."""
    store = services.store.of(slug)
    issuer = store.organisation.get() or services.issuer
    return replace(services, store=store, recipe=Recipe(replace(services.desk, store=store, issuer=issuer)))


def _note_progress(services: Services) -> None:
    if services.desk.journal is None:
        return
    try:
        note_progress(services.store, services.desk.journal)
    except CredservError as error:
        logger.warning("the journal is written later: %s: %s", error.code, error.detail)


def build_mailer(settings: Settings, services: Services) -> Mailer | None:
    """None where no mail server is set: links are then handed over by an administrator."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    name = str(services.issuer.profile.get("name") or settings.issuer_name)
    return Mailer(settings.smtp_url, sender=settings.mail_from, sender_name=name)


def each_organisation(services: Services) -> Iterator[Services]:
    """Those of every organisation; one whose key does not open is left out and told of. So is, without a
    word, one that was moved: another installation sees to it."""
    if services.neighbours is None:
        yield services
        return
    for slug in services.neighbours.slugs():
        try:
            own = services.neighbours.of(slug)
            if own.issuer.moved_at is None:
                yield own
        except CredservError as error:
            logger.error("organisation %s is left out: %s: %s", slug, error.code, error.detail)


def _send_letters(services: Services, mailer_of: MailerOf, stopping: threading.Event) -> None:
    """In turns, so that the thousands of one organisation keep no other's letter waiting."""
    while not stopping.wait(LETTER_SECONDS):
        for own in each_organisation(services):
            mailer, ends = mailer_of(own), time.monotonic() + _TURN_SECONDS
            if mailer is None:
                return

            def is_over(ends: float = ends) -> bool:
                return stopping.is_set() or time.monotonic() > ends

            try:
                send_due(own, mailer, clock=_utc_now, stopping=is_over)
            except CredservError as error:
                logger.warning("letters go on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("sending letters failed: %s", type(error).__name__)


def _send_links(services: Services, mailer_of: MailerOf, stopping: threading.Event) -> None:
    """By themselves, so that no award letter keeps somebody waiting who wants to sign in."""
    while not stopping.wait(LETTER_SECONDS):
        for own in each_organisation(services):
            mailer = mailer_of(own)
            if mailer is None:
                return
            try:
                send_links(own, mailer, clock=_utc_now)
            except CredservError as error:
                logger.warning("links go on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("sending links failed: %s", type(error).__name__)


def _send_webhooks(services: Services, _mailer_of: MailerOf, stopping: threading.Event) -> None:
    poster = GuardedPoster()
    while not stopping.wait(LETTER_SECONDS):
        for own in each_organisation(services):
            try:
                send_due_webhooks(own, poster, clock=_utc_now, stopping=stopping.is_set)
            except CredservError as error:
                logger.warning("webhooks go on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("sending webhooks failed: %s", type(error).__name__)


def _award_in_bulk(services: Services, _mailer_of: MailerOf, stopping: threading.Event) -> None:
    """A lot of each run in turn, so that a long one keeps no short one waiting."""
    settled = 0
    while not stopping.wait(0.0 if settled else LETTER_SECONDS):
        settled = 0
        for own in each_organisation(services):
            try:
                settled += carry_on(own, clock=_utc_now, stopping=stopping.is_set)
            except CredservError as error:
                logger.warning("awards in bulk go on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("awards in bulk failed: %s", type(error).__name__)


def job_functions(services: Services) -> Mapping[str, Callable[[str], None]]:
    """Every job by name; each is idempotent and takes the id of its subject."""

    def owner(slug: str | None) -> Services:
        return services.at_name(slug or MAIN)

    def refresh_trusted_list(request: str) -> None:
        """request: the id of a list and the span of time it is for, so that it is done once in it."""
        try:
            list_id = request.partition(":")[0]
            own = owner(services.store.organisations.owner_of_trusted_list(list_id))
            refresh(own, list_id, actor="worker", now=_utc_now())
        except NotFoundError:
            logger.info("a list of trusted issuers was given up before it was refreshed")

    def import_framework(subject: str) -> None:
        """subject: of one organisation, and the import's id with its step."""
        slug, _, step = subject.partition("/")
        run_import(owner(slug), step, now=_utc_now())

    def done_elsewhere(_subject_id: str) -> None:
        """Nothing is left to do."""

    return {
        **dict.fromkeys((JobName.FINISH, JobName.DELIVER, JobName.WALLET_LINK), done_elsewhere),
        JobName.TRUSTED_LIST: refresh_trusted_list,
        JobName.FRAMEWORK: import_framework,
    }


@dataclass
class _Retry:
    """When an event that did not go on is due again."""

    tries: int
    due: datetime


@dataclass
class Sweeper:
    """Finds what is left behind, and tidies up; several may sweep at once.

    Credentials and events are carried on with here, lists of trusted issuers become jobs.
    """

    services: Services
    jobs: DbosJobs
    _asked: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], _Retry] = field(default_factory=dict)
    _tidied: datetime | None = None
    _stacking: Stacking = field(default_factory=Stacking)
    _published: datetime | None = None
    _reminded: datetime | None = None

    def run(self, now: datetime) -> None:
        """One round. What fails is logged and left to the next; a part that fails stops no other."""
        for part in (
            self._finish_credentials,
            self._enqueue_lists,
            self._enqueue_imports,
            self._resume_events,
            self._settle_observations,
            self._stack,
            self._publish_lists,
            self._remind,
            self._tidy,
        ):
            try:
                part(now)
            except CredservError as error:
                logger.warning("the sweep goes on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("the sweep failed: %s", type(error).__name__)

    def _finish_credentials(self, now: datetime) -> None:
        """In lots; one that did not go on is tried again a minute later."""
        left = self.services.store.credentials.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
        self._asked = {asked: at for asked, at in self._asked.items() if at > now - _ASK_AGAIN_AFTER}
        due = [record for record in left if (_CREDENTIAL, record.id) not in self._asked]
        for start in range(0, len(due), MAX_LOT):
            lot = due[start : start + MAX_LOT]
            self._asked.update({(_CREDENTIAL, record.id): now for record in lot})
            for record, issued in zip(
                lot, self.services.recipe.issue([Wanted(record.order, now) for record in lot]), strict=True
            ):
                if issued.error is not None:
                    why = getattr(issued.error, "code", type(issued.error).__name__)
                    logger.warning("credential %s is finished later: %s", record.id, why)

    def _enqueue_lists(self, now: datetime) -> None:
        """Jobs, since a host that does not answer must keep nothing here waiting."""
        every = self.services.trust_list_refresh
        span = int(now.timestamp() // every.total_seconds())
        for known in self.services.store.trusted_lists.due(now - every):
            if (JobName.TRUSTED_LIST, known.id) not in self._asked:
                self.jobs.enqueue(JobName.TRUSTED_LIST, f"{known.id}:{span}")
                self._asked[JobName.TRUSTED_LIST, known.id] = now

    def _enqueue_imports(self, now: datetime) -> None:
        for subject in unfinished_imports(self.services):
            if (JobName.FRAMEWORK, subject) not in self._asked:
                self.jobs.enqueue(JobName.FRAMEWORK, subject)
                self._asked[JobName.FRAMEWORK, subject] = now

    def _resume_events(self, now: datetime) -> None:
        left = self.services.store.events.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
        named = {(event.source, event.event_id): event for event in left}
        self._waiting = {name: retry for name, retry in self._waiting.items() if name in named}
        for name, event in named.items():
            if name not in self._waiting or self._waiting[name].due <= now:
                self._resume(event, now)

    def _settle_observations(self, now: datetime) -> None:
        """What nobody judged yet; in turns, as long as each takes all that it may."""
        tried: set[str] = set()
        while True:
            left = self.services.store.observations.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
            due = [record for record in left if record.id not in tried]
            tried |= {record.id for record in due}
            if not due or not settle_left(self.services, due, now=now) or len(left) < _SWEEP_ROWS:
                return

    def _stack(self, now: datetime) -> None:
        """Rules that ask for a credential, of those that changed since the last round."""
        self._stacking.go_on(self.services, now=now)

    def _resume(self, event: EventRecord, now: datetime) -> None:
        """One event that fails keeps no other waiting; after two days it is an administrator's."""
        try:
            resume(self.services, event, now=now)
        except (InputError, AbsentError) as error:
            self._quarantine(event, error.detail)
        except Exception as error:
            why = error.code if isinstance(error, CredservError) else type(error).__name__
            logger.warning(
                "an event of %s, received %s, cannot go on: %s", event.source, event.received_at, why
            )
            if now - event.received_at > EVENT_PATIENCE:
                self._quarantine(event, f"it could not be carried on with for two days: {why}")
            self._wait(event, now)

    def _wait(self, event: EventRecord, now: datetime) -> None:
        name = (event.source, event.event_id)
        tries = self._waiting[name].tries + 1 if name in self._waiting else 1
        pause = min(timedelta(seconds=SWEEP_SECONDS) * 2 ** min(tries, 20), _LONGEST_EVENT_PAUSE)
        self._waiting[name] = _Retry(tries, now + pause)

    def _quarantine(self, event: EventRecord, note: str) -> None:
        self.services.store.events.finish(event.source, event.event_id, EventState.QUARANTINED, note=note)

    def _publish_lists(self, now: datetime) -> None:
        """Those that changed or grew old, whether anybody asks for them or not."""
        if self._published is None or not timedelta(0) <= now - self._published < _PUBLISH_EVERY:
            self._published = now
            publish_due(self.services, now=now)

    def _remind(self, now: datetime) -> None:
        if self._reminded is None or not timedelta(0) <= now - self._reminded < _REMIND_EVERY:
            self._reminded = now
            remind_due(self.services, now)

    def _tidy(self, now: datetime) -> None:
        """Links, sessions and shown results past their end, and rows of jobs long done, go."""
        if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
            return
        self.services.store.access.forget_expired(now)
        self.services.store.shared_results.purge(now)
        self.services.store.webhook_outbox.purge(now - KEEP_SENT)
        self.services.store.framework_imports.forget(now - _KEEP_PREVIEWS)
        self.jobs.purge(done_before=now - KEEP_DONE_JOBS)
        self._tidied = now


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _stop_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping

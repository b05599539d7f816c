"""The sweep: find what a crash left unfinished in the store and finish it, and delete expired data."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.ground.errors import AbsentError, CredservError, InputError
from credserv.issuing.recipe import MAX_LOT, Wanted
from credserv.jobs.client import DbosJobs
from credserv.journeys.accredit.identity import retire_left
from credserv.journeys.accredit.news import tell_auditors, tell_founders
from credserv.journeys.accredit.reminding import remind_accredited
from credserv.journeys.accredit.retention import forget_practice
from credserv.journeys.accredit.versions import finish_left
from credserv.journeys.award.resume import resume, settle_left
from credserv.journeys.award.stacking import Stacking
from credserv.journeys.claim.copies import finish_copy
from credserv.journeys.define.framework_imports import unfinished_imports
from credserv.journeys.deliver.reminders import remind_due
from credserv.journeys.measure.capacity import answer_plans
from credserv.journeys.measure.fastest import look_for_paths
from credserv.journeys.measure.periods import anything_to_count
from credserv.journeys.operate.retention import let_go_due
from credserv.journeys.publish.publish import publish_due
from credserv.journeys.services import Services
from credserv.journeys.transfer.archives import unfinished_archives
from credserv.journeys.transfer.hosts import ANSWER_WITHIN
from credserv.journeys.transfer.watch import is_any_due
from credserv.records.jobs import JobName
from credserv.records.organisations import MAIN
from credserv.records.sources import EventRecord, EventState

SWEEP_SECONDS = 3.0
LEFT_BEHIND_AFTER = timedelta(seconds=5)  # until then somebody may still be working on it
EVENT_PATIENCE = timedelta(days=2)
KEEP_DONE_JOBS = timedelta(days=7)
_LONGEST_EVENT_PAUSE = timedelta(minutes=10)
_ASK_AGAIN_AFTER = timedelta(minutes=1)
_PUBLISH_EVERY = timedelta(minutes=1)
_KEEP_PREVIEWS = timedelta(days=1)
_WATCH_EVERY = timedelta(minutes=5)  # another batch, as long as any is due
_KEEP_OFFERS = timedelta(days=7)
_TIDY_EVERY = timedelta(hours=1)
_COUNT_EVERY = timedelta(minutes=5)  # what is due is computed once a week, or on request
_REMIND_EVERY = timedelta(hours=1)
_LOOK_EVERY = timedelta(hours=1)
_SWEEP_ROWS = 500
_TURN_SECONDS = 10.0  # for one organisation's backlog of one kind, in one sweep
_CREDENTIAL, _COPY = "credential", "copy"

logger = logging.getLogger(__name__)


@dataclass
class _Retry:
    """When to retry an event that did not continue."""

    tries: int
    due: datetime


@dataclass
class Sweeper:
    """Finds what is left behind, and tidies up; several may sweep at once.

    It continues credentials and events itself; lists of trusted issuers become jobs.
    """

    services: Services
    jobs: DbosJobs
    _asked: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], _Retry] = field(default_factory=dict)
    _tidied: datetime | None = None
    _stacking: Stacking = field(default_factory=Stacking)
    _published: datetime | None = None
    _reminded: datetime | None = None
    _looked: datetime | None = None
    _counted: datetime | None = None
    _ends: float = 0.0

    def run(self, now: datetime) -> None:
        """Run one round. A failure is logged and left to the next; it stops no other part.

        Each part of a backlog is limited in time, so that it delays no other organisation.
        """
        for part in (
            self._finish_credentials,
            self._finish_copies,
            self._finish_versions,
            self._enqueue_lists,
            self._enqueue_imports,
            self._enqueue_archives,
            self._enqueue_watch,
            self._plan_capacity,
            self._look_for_paths,
            self._resume_events,
            self._settle_observations,
            self._stack,
            self._publish_lists,
            self._remind,
            self._count_outcomes,
            self._tidy,
        ):
            self._ends = time.monotonic() + _TURN_SECONDS
            try:
                part(now)
            except CredservError as error:
                logger.warning("the sweep goes on later: %s: %s", error.code, error.detail)
            except Exception as error:
                logger.exception("the sweep failed: %s", type(error).__name__)

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def _finish_credentials(self, now: datetime) -> None:
        """Finish credentials in batches; one that did not continue is retried a minute later."""
        left = self.services.store.credentials.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
        self._asked = {asked: at for asked, at in self._asked.items() if at > now - _ASK_AGAIN_AFTER}
        due = [record for record in left if (_CREDENTIAL, record.id) not in self._asked]
        for start in range(0, len(due), MAX_LOT):
            if self._is_over():
                return
            lot = due[start : start + MAX_LOT]
            self._asked.update({(_CREDENTIAL, record.id): now for record in lot})
            for record, issued in zip(
                lot, self.services.recipe.issue([Wanted(record.order, now) for record in lot]), strict=True
            ):
                if issued.error is not None:
                    why = getattr(issued.error, "code", type(issued.error).__name__)
                    logger.warning("credential %s is finished later: %s", record.id, why)

    def _finish_copies(self, now: datetime) -> None:
        """Finish copies. One that fails delays no other, and is retried a minute later."""
        for left in self.services.store.copies.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS):
            if (_COPY, left.id) in self._asked:
                continue
            if self._is_over():
                return
            self._asked[_COPY, left.id] = now
            try:
                finish_copy(self.services, left, now)
            except CredservError as error:
                logger.warning("copy %s is finished later: %s", left.id, error.code)

    def _finish_versions(self, now: datetime) -> None:
        """Finish versions of renewed badges, and the copies that follow them."""
        finish_left(self.services, now - LEFT_BEHIND_AFTER, now, _SWEEP_ROWS)

    def _enqueue_lists(self, now: datetime) -> None:
        """Enqueue lists as jobs, because an unresponsive host must not delay anything here."""
        every = self.services.trust_list_refresh
        span = int(now.timestamp() // every.total_seconds())
        for known in self.services.store.trusted_lists.due(now - every):
            if (JobName.TRUSTED_LIST, known.id) not in self._asked:
                self.jobs.enqueue(JobName.TRUSTED_LIST, f"{self.services.issuer.id}/{known.id}:{span}")
                self._asked[JobName.TRUSTED_LIST, known.id] = now

    def _enqueue_imports(self, now: datetime) -> None:
        for subject in unfinished_imports(self.services):
            if (JobName.FRAMEWORK, subject) not in self._asked:
                self.jobs.enqueue(JobName.FRAMEWORK, subject)
                self._asked[JobName.FRAMEWORK, subject] = now

    def _enqueue_archives(self, now: datetime) -> None:
        for subject in unfinished_archives(self.services):
            if (JobName.ARCHIVE, subject) not in self._asked:
                self.jobs.enqueue(JobName.ARCHIVE, subject)
                self._asked[JobName.ARCHIVE, subject] = now

    def _plan_capacity(self, now: datetime) -> None:
        answer_plans(self.services, now)

    def _look_for_paths(self, now: datetime) -> None:
        """Analyse past mentoring, once a day."""
        if self._looked is None or not timedelta(0) <= now - self._looked < _LOOK_EVERY:
            self._looked = now
            look_for_paths(self.services, now, _fisher)

    def _enqueue_watch(self, now: datetime) -> None:
        """Enqueue the watch as a job, because it waits for hosts.

        Only the first organisation's sweeper does, because the watch covers everybody.
        """
        span = int(now.timestamp() // _WATCH_EVERY.total_seconds())
        if self.services.issuer.id != MAIN or (JobName.WATCH, str(span)) in self._asked:
            return
        self._asked[JobName.WATCH, str(span)] = now
        if is_any_due(self.services, now):
            self.jobs.enqueue(JobName.WATCH, str(span))

    def _resume_events(self, now: datetime) -> None:
        left = self.services.store.events.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
        named = {(event.source, event.event_id): event for event in left}
        self._waiting = {name: retry for name, retry in self._waiting.items() if name in named}
        for name, event in named.items():
            if self._is_over():
                return
            if name not in self._waiting or self._waiting[name].due <= now:
                self._resume(event, now)

    def _settle_observations(self, now: datetime) -> None:
        """Judge observations nobody has judged yet, in batches while they are full."""
        tried: set[str] = set()
        while not self._is_over():
            left = self.services.store.observations.unfinished(now - LEFT_BEHIND_AFTER, _SWEEP_ROWS)
            due = [record for record in left if record.id not in tried]
            tried |= {record.id for record in due}
            if not due or not settle_left(self.services, due, now=now) or len(left) < _SWEEP_ROWS:
                return

    def _stack(self, now: datetime) -> None:
        """Apply rules that require a credential, for those that changed since the last round."""
        self._stacking.go_on(self.services, now=now, is_over=self._is_over)

    def _resume(self, event: EventRecord, now: datetime) -> None:
        """Resume one event. A failure delays no other; after two days it is left to an administrator."""
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
        """Publish lists that changed or are old, whether or not anybody requests them."""
        if self._published is None or not timedelta(0) <= now - self._published < _PUBLISH_EVERY:
            self._published = now
            publish_due(self.services, now=now)

    def _remind(self, now: datetime) -> None:
        if self._reminded is None or not timedelta(0) <= now - self._reminded < _REMIND_EVERY:
            self._reminded = now
            remind_due(self.services, now)
            remind_accredited(self.services, now)
            tell_founders(self.services, now)
            tell_auditors(self.services, now)

    def _count_outcomes(self, now: datetime) -> None:
        """Compute outcomes, only where there are any: the statistics library takes 66 MiB."""
        if self._counted is not None and timedelta(0) <= now - self._counted < _COUNT_EVERY:
            return
        self._counted = now
        if anything_to_count(self.services):
            from credserv.journeys.measure.counting import count_due

            count_due(self.services, now)

    def _tidy(self, now: datetime) -> None:
        """Delete what has expired: links, sessions, shown results, keys of people who left, old jobs."""
        if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
            return
        self.services.store.access.forget_expired(now)
        self.services.store.oauth.forget_expired(now)
        self.services.store.hosts.forget_unanswered(now - ANSWER_WITHIN)
        forget_practice(self.services, now)
        retire_left(self.services, now)
        self.services.store.shared_results.purge(now)
        self.services.store.presentation_requests.purge(now)
        self.services.store.exchanges.purge(now)
        self.services.store.archives.purge(now)
        self.services.store.offers.purge(now - _KEEP_OFFERS, now)
        let_go_due(self.services, now)
        self.services.store.framework_imports.forget(now - _KEEP_PREVIEWS)
        self.jobs.purge(done_before=now - KEEP_DONE_JOBS)
        self._tidied = now


def _fisher(count: int, of: int, other_count: int, other_of: int) -> float:
    from credserv.outcomes.statistics import fisher_exact

    return fisher_exact(count, of, other_count, other_of)

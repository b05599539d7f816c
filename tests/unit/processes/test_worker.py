"""The sweep: what is left behind becomes a job or goes on; what cannot go on keeps nothing else waiting."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from credserv.app.founding import found_organisation
from credserv.ground.encoding import KeyType, hash_token
from credserv.ground.errors import SigningKeyError, UnavailableError
from credserv.issuing.recipe import Recipe
from credserv.jobs.client import DbosJobs
from credserv.jobs.database import migrate, open_engine
from credserv.jobs.execution import JobWorker
from credserv.journeys.accredit.identity import did_of
from credserv.journeys.award.award import award_event
from credserv.journeys.services import Services
from credserv.journeys.trust.refresh import subscribe, unsubscribe
from credserv.processes import sweeper as sweeping
from credserv.processes import worker as worker_module
from credserv.processes.sweeper import Sweeper
from credserv.processes.turns import open_mailer
from credserv.processes.worker import job_functions, sweep_each
from credserv.records.access import LinkPurpose
from credserv.records.credentials import CredentialState, IssuanceStep, Recipient
from credserv.records.jobs import JobName
from credserv.records.observations import Kind
from credserv.records.observed import ObservationState
from credserv.records.organisations import Founding
from credserv.records.people import MemberFacts
from credserv.records.sources import EventRecord, EventState
from tests.testkit.jobworker import FAST
from tests.testkit.observed import add_source, observe
from tests.testkit.service import NOW, SOURCE, Clock, Service, make_service, make_settings
from tests.testkit.verifying import Hosts
from tests.unit.jobs.test_jobs import wait_until


class LockedSigner:
    """A key that does not open now."""

    def __init__(self, key_type: KeyType, public_key_multibase: str) -> None:
        self.key_type = key_type
        self.public_key_multibase = public_key_multibase

    def sign_again(self, _data: bytes) -> None:
        return None

    def sign(self, _data: bytes) -> bytes:
        raise SigningKeyError("the key store is locked")


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    made = make_service(database_url, tmp_path)
    yield made
    made.services.close()


@pytest.fixture
def jobs(service: Service) -> Iterator[DbosJobs]:
    engine = open_engine(service.settings.jobs_database_url, patience_seconds=10)
    migrate(engine)
    engine.dispose()
    client = DbosJobs(service.settings.jobs_database_url)
    yield client
    client.close()


def leave_event(service: Service, event_id: str, *, body: bytes | None = None) -> None:
    """An event that was written down, and then its process died."""
    content = json.dumps(service.event()).encode() if body is None else body
    service.services.store.events.record(
        EventRecord(
            source=SOURCE,
            event_id=event_id,
            body_sha256=hashlib.sha256(content).hexdigest(),
            body=content,
            received_at=service.clock.now,
            state=EventState.RECEIVED,
        )
    )


class Died(BaseException):
    """What stands for the end of a process."""


def leave_pending(service: Service, event_id: str) -> str:
    """A credential whose process died right after it was reserved; returns its id."""

    def die(_step: IssuanceStep) -> None:
        raise Died

    source = service.services.store.sources.get(SOURCE)
    assert source is not None
    dying = replace(service.services, recipe=Recipe(replace(service.services.issuing, on_step=die)))
    with pytest.raises(Died):
        award_event(dying, source, event_id, json.dumps(service.event()).encode(), now=service.clock.now)
    record = service.services.store.credentials.find(f"hook:{SOURCE}", event_id)
    assert record is not None
    return record.id


def with_locked_key(services: Services) -> Services:
    signer = services.issuing.signer
    locked = LockedSigner(signer.key_type, signer.public_key_multibase)
    return replace(services, recipe=Recipe(replace(services.issuing, signer=locked)))


def event_of(service: Service, event_id: str) -> EventRecord:
    event = service.services.store.events.get(SOURCE, event_id)
    assert event is not None
    return event


def later(service: Service) -> datetime:
    return service.clock.now + timedelta(seconds=6)


def test_what_is_left_pending_is_finished(service: Service, jobs: DbosJobs) -> None:
    credential_id = leave_pending(service, "evt_1")
    Sweeper(service.services, jobs).run(later(service))
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.state is CredentialState.ACTIVE
    assert record.signed is not None
    assert record.delivered_at is None  # there is no mail server
    event = event_of(service, "evt_1")
    assert (event.state, event.credential_id) == (EventState.ISSUED, credential_id)


def test_jobs_of_a_version_before_end_by_themselves(service: Service, jobs: DbosJobs) -> None:
    credential_id = service.issue()
    functions = job_functions(service.services)
    for job in ("finish", "deliver", "wallet-link"):
        functions[job](credential_id)


def test_what_somebody_may_still_be_at_is_left_alone(service: Service, jobs: DbosJobs) -> None:
    leave_event(service, "evt_1")
    Sweeper(service.services, jobs).run(service.clock.now + timedelta(seconds=1))
    assert event_of(service, "evt_1").state is EventState.RECEIVED


def test_an_event_left_behind_goes_on(service: Service, jobs: DbosJobs) -> None:
    leave_event(service, "evt_1")
    Sweeper(service.services, jobs).run(later(service))
    event = event_of(service, "evt_1")
    assert event.state is EventState.ISSUED
    answer = service.send_event(event_id="evt_1")
    assert answer.status_code == 200
    assert answer.json["credential"].endswith(f"/{event.credential_id}")


def test_without_the_queue_the_sweep_does_what_needs_none(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    leave_event(service, "evt_1")
    credential_id = leave_pending(service, "evt_2")
    caplog.set_level(logging.WARNING)
    without_tables = DbosJobs(service.settings.jobs_database_url)
    Sweeper(service.services, without_tables).run(later(service))
    without_tables.close()
    assert event_of(service, "evt_1").state is EventState.ISSUED
    assert event_of(service, "evt_2").credential_id == credential_id
    assert "the sweep goes on later: unavailable" in caplog.text


def test_attack_137_an_event_that_cannot_go_on_keeps_no_other_waiting(
    service: Service, jobs: DbosJobs
) -> None:
    leave_event(service, "evt_1", body=b'{"type": "course.completed"}')
    leave_event(service, "evt_2", body=b"\xff")
    leave_event(service, "evt_3")
    Sweeper(service.services, jobs).run(later(service))
    assert event_of(service, "evt_1").state is EventState.QUARANTINED
    assert "faults" in event_of(service, "evt_1").note
    assert event_of(service, "evt_2").state is EventState.QUARANTINED
    assert event_of(service, "evt_3").state is EventState.ISSUED


def test_attack_138_with_the_key_locked_events_wait_and_then_go_on(
    service: Service, jobs: DbosJobs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    leave_event(service, "evt_1")
    sweeper = Sweeper(with_locked_key(service.services), jobs)
    for second in range(6, 26):
        sweeper.run(service.clock.now + timedelta(seconds=second))
    assert event_of(service, "evt_1").state is EventState.RECEIVED
    assert caplog.text.count("cannot go on: signing-key") == 3, "the pauses do not grow"
    sweeper.services = service.services
    sweeper.run(service.clock.now + timedelta(minutes=1))
    assert event_of(service, "evt_1").state is EventState.ISSUED


def test_attack_137_after_two_days_an_event_is_an_administrators(service: Service, jobs: DbosJobs) -> None:
    leave_event(service, "evt_1")
    sweeper = Sweeper(with_locked_key(service.services), jobs)
    sweeper.run(service.clock.now + timedelta(days=1, hours=23))
    assert event_of(service, "evt_1").state is EventState.RECEIVED
    sweeper.run(service.clock.now + timedelta(days=2, hours=1))
    event = event_of(service, "evt_1")
    assert event.state is EventState.QUARANTINED
    assert event.note == "it could not be carried on with for two days: signing-key"


def test_links_past_their_end_are_forgotten_and_keys_of_who_left(service: Service, jobs: DbosJobs) -> None:
    own, now = service.services, service.clock.now
    links, ben = own.store.links, own.store.members.add(Recipient(email="ben@example.org"), now)
    did = did_of(own, ben.id, now - timedelta(days=2))
    own.store.roster.change_facts(ben.id, MemberFacts(ends_on=own.today(now - timedelta(days=1))))
    for name, life in (("old", timedelta(minutes=1)), ("new", timedelta(days=7))):
        links.add(hash_token(name), LinkPurpose.WALLET, "holder", now + life)
    Sweeper(own, jobs).run(now + timedelta(minutes=2))
    kept = own.store.member_dids.find(did)
    assert kept is not None
    assert (kept.private_key, kept.retired_at) == (None, now + timedelta(minutes=2))
    assert links.find(hash_token("old"), [LinkPurpose.WALLET]) is None
    assert links.find(hash_token("new"), [LinkPurpose.WALLET]) is not None


def test_mail_is_sent_only_where_a_server_is_set(service: Service, tmp_path: Path) -> None:
    assert open_mailer(service.settings, service.services) is None
    settings = make_settings(
        service.settings.database_url, tmp_path, smtp_url="smtp://localhost:2525", mail_from="a@b.example"
    )
    assert open_mailer(settings, service.services) is not None


def test_lists_of_trusted_issuers_are_fetched_again_when_they_are_due(
    database_url: str, tmp_path: Path
) -> None:
    url, clock = "https://lists.example/registry.json", Clock(datetime.now(UTC))
    hosts = Hosts({url: {"registry": {"did:web:a.example": {"name": "A"}}}})
    service = make_service(database_url, tmp_path, fetcher=hosts, starters=False, clock=clock)
    services, lists, before = service.services, service.services.store.trusted_lists, clock.advance(hours=-2)
    known, _ = subscribe(services, "", name="Registry", url=url, actor="test", now=before)
    hosts.pages[url] = {"registry": {"did:web:b.example": {"name": "B"}}}
    functions = job_functions(services)
    worker = JobWorker(service.settings.jobs_database_url, functions, pace=FAST)
    worker.start()
    client = DbosJobs(service.settings.jobs_database_url)
    sweeper = Sweeper(services, client)
    try:
        sweeper.run(clock.advance(minutes=59))
        assert len(hosts.asked) == 1
        sweeper.run(clock.advance(minutes=1))
        sweeper.run(clock.now)
        wait_until(lambda: lists.find("", "did:web:b.example")[0][1])
        refreshed = lists.get(known.id)
        assert refreshed is not None
        assert refreshed.fetched_at is not None
        assert refreshed.fetched_at > clock.now
        assert len(hosts.asked) == 2
    finally:
        worker.stop(drain_seconds=10)
        client.close()
    unsubscribe(services, known.id, actor="test", now=clock.now)
    functions[JobName.TRUSTED_LIST](f"{known.id}:1")  # given up while its job waited
    assert len(hosts.asked) == 2
    services.close()


def test_shown_results_past_their_end_are_deleted(service: Service, jobs: DbosJobs) -> None:
    results, now = service.services.store.shared_results, service.clock.now
    ended = results.create({"verdict": "verified"}, now=now - timedelta(days=2), ends_at=now)
    live = results.create({"verdict": "verified"}, now=now, ends_at=now + timedelta(days=1))
    Sweeper(service.services, jobs).run(now)
    assert results.get(ended, now - timedelta(days=1)) is None
    assert results.get(live, now) == {"verdict": "verified"}


@pytest.fixture
def turn_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock by which a turn is over after the first thing that is done in it."""
    seconds = itertools.count(step=6)
    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))


@pytest.mark.usefixtures("turn_of_two")
def test_a_backlog_of_one_organisation_ends_with_its_turn_and_goes_on_in_the_next(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, later = sqlite_service.services, NOW + timedelta(minutes=1)
    add_source(own, NOW)
    for number in range(3):
        made = observe(own, f"e{number}", Kind.COMPLETED, "c", of=None, at=NOW)
        own.store.observations.settle(made.id, ObservationState.RECEIVED)
    monkeypatch.setattr(sweeping, "_SWEEP_ROWS", 1)
    sweeper = Sweeper(own, Mock())  # no job is asked for here
    for left in (2, 1):
        sweeper.run(later)
        assert len(own.store.observations.unfinished(later, 9)) == left


@pytest.mark.usefixtures("turn_of_two")
def test_events_and_badges_of_one_organisation_take_turns_as_well(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred that each waited for a key out of reach kept all other organisations waiting."""
    here, when = sqlite_service, later(sqlite_service)
    monkeypatch.setattr(sweeping, "MAX_LOT", 1)
    for number in range(5):
        leave_pending(here, f"evt_begun_{number}")
        leave_event(here, f"evt_{number}")
    sweeper, left = Sweeper(here.services, Mock()), [(5, 10)]
    while left[-1] != (0, 0):
        sweeper.run(when)
        store = here.services.store
        left.append((len(store.credentials.unfinished(when, 9)), len(store.events.unfinished(when, 99))))
    done = [(before[0] - after[0], before[1] - after[1]) for before, after in itertools.pairwise(left)]
    assert all(badges <= 2 and events == 1 for badges, events in done), done  # an event finishes its badge


def test_attack_132_a_clock_that_jumps_while_it_sweeps_ends_the_round_and_not_the_worker(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, times = sqlite_service, itertools.count()
    for slug in ("acme", "guild"):
        wanted = Founding(slug, slug)
        found_organisation(here.settings, here.services.store, wanted, actor="test", now=NOW)

    def jumping() -> datetime:
        if next(times):
            raise UnavailableError("the clock jumped")
        return NOW

    monkeypatch.setattr(worker_module, "utc_now", jumping)
    sweepers: dict[str, Sweeper] = {}
    sweep_each(here.settings, here.services, Mock(), sweepers)
    assert list(sweepers) == ["acme"]

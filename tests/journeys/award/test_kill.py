"""Whatever is killed, whenever: every accepted event has its one credential, and nothing is half issued."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Outcome
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep
from credserv.records.sources import EventState
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.issuing import dying
from tests.testkit.mailserver import mail_server
from tests.testkit.processes import Answer, Processes, free_port, running
from tests.testkit.service import SOURCE, Clock, Service, make_service

RECIPE = [step.value for step in IssuanceStep if step is not IssuanceStep.DELIVERED]  # of a lot
KILLS = 6
EVENTS = 200


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes a service for real processes: its clock is the machine's."""
    made: list[Service] = []

    def make_one(**settings: object) -> Service:
        port = free_port()
        service = make_service(
            database_url,
            tmp_path,
            clock=Clock(datetime.now(UTC)),
            port=port,
            public_url=f"http://localhost:{port}",
            rate_hooks="100000/minute",
            **settings,
        )
        made.append(service)
        return service

    yield make_one
    for service in made:
        service.services.close()


@dataclass(frozen=True)
class Event:
    event_id: str
    body: bytes
    email: str


def make_event(service: Service, number: int) -> Event:
    email = f"person-{number}@example.org"
    return Event(
        f"evt_{number}", json.dumps(service.event(email=email, name=f"Person {number}")).encode(), email
    )


def headers(service: Service, event: Event) -> Mapping[str, str]:
    service.clock.now = datetime.now(UTC)
    return service.sign(event.body, event.event_id)


def credential_of(service: Service, event: Event) -> CredentialRecord | None:
    return service.services.store.credentials.find(f"hook:{SOURCE}", event.event_id)


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 3 * HANGS_AFTER
    while not condition():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.2)


def assert_whole(service: Service, events: list[Event]) -> list[CredentialRecord]:
    """Each event has its one credential, signed and genuine, with an index of its own and every step."""
    store = service.services.store
    records = []
    for event in events:
        record = credential_of(service, event)
        assert record is not None, f"{event.event_id} has no credential"
        assert record.state is CredentialState.ACTIVE
        assert record.signed is not None
        kept = store.events.get(SOURCE, event.event_id)
        assert kept is not None
        assert (kept.state, kept.credential_id) == (EventState.ISSUED, record.id)
        assert record.stored_at is not None
        assert record.stored_at >= record.issued_at
        actions = [line.action for line in store.audit.of_subject(record.id)]
        assert "credential.sign" in actions
        result = service.services.verifier.verify_credential(
            parse_json_object(record.signed), now=datetime.now(UTC), resolvers=service.services.resolvers
        )
        assert result.verified, [check for check in result.checks if check.outcome is not Outcome.PASSED]
        records.append(record)
    assert store.credentials.count_by_state()[CredentialState.ACTIVE] == len(events)
    assert sum(store.credentials.count_by_state().values()) == len(events)
    assert len({(record.status_list_id, record.status_index) for record in records}) == len(events)
    assert len({record.signed for record in records}) == len(events)
    return records


# --- at every step ------------------------------------------------------------------------------


@contextmanager
def issuing(service: Service) -> Iterator[Callable[[Event, str], str]]:
    """Awards an event in a process that dies at the given point; returns what became of the process."""
    with dying(service.settings) as carry_out:
        yield lambda event, at: carry_out({"event_id": event.event_id, "body": event.body.decode(), "at": at})


def assert_nothing_half_issued(service: Service, event: Event) -> None:
    record = credential_of(service, event)
    if record is None:
        return
    answer = service.client().get(f"/credentials/{record.id}", headers={"Accept": "application/json"})
    if record.signed is None:
        assert record.state is CredentialState.PENDING
        assert answer.status_code == 404
    else:
        assert record.state is CredentialState.ACTIVE
        assert answer.status_code == 200
        assert answer.data == record.signed


def test_attack_122_killed_at_every_step_of_the_recipe_the_sender_comes_again(
    make: Callable[..., Service],
) -> None:
    service = make()
    events = [make_event(service, number) for number in range(len(RECIPE))]
    with issuing(service) as award:
        for event, step in zip(events, RECIPE, strict=True):
            assert award(event, f"step:{step}") == "killed", step
            assert_nothing_half_issued(service, event)
    before = {event.event_id: credential_of(service, event) for event in events}
    for event in events:
        first = service.client().post(f"/hooks/{SOURCE}", data=event.body, headers=headers(service, event))
        again = service.client().post(f"/hooks/{SOURCE}", data=event.body, headers=headers(service, event))
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json == again.json
    for record in assert_whole(service, events):
        reserved = before[record.order.idempotency_key]
        assert reserved is not None
        assert (record.id, record.status_index, record.salt) == (
            reserved.id,
            reserved.status_index,
            reserved.salt,
        )
        assert reserved.signed in (None, record.signed)


def test_attack_123_killed_at_every_step_of_the_recipe_the_worker_sweeps_up(
    make: Callable[..., Service],
) -> None:
    service = make()
    events = [make_event(service, number) for number in range(len(RECIPE))]
    with issuing(service) as award:
        for event, step in zip(events, RECIPE, strict=True):
            assert award(event, f"step:{step}") == "killed", step
    with running(service.settings, webs=0, workers=1) as processes:
        wait_until(lambda: _all_delivered(service, events))
        assert processes.stop("worker-1") == 0
    assert_whole(service, events)


def test_attack_122_128_killed_before_every_commit(make: Callable[..., Service]) -> None:
    """Between the steps too: the process dies when it asks the database to keep what it did."""
    service = make()
    events: list[Event] = []
    outcome = "killed"
    with issuing(service) as award:
        while outcome == "killed":
            event = make_event(service, len(events))
            outcome = award(event, f"commit:{len(events) + 1}")
            assert_nothing_half_issued(service, event)
            events.append(event)
    assert outcome == "done"
    assert len(events) > 2  # the event with its reservation and intention; the signature with the letter
    for event in events:
        answer = service.client().post(f"/hooks/{SOURCE}", data=event.body, headers=headers(service, event))
        assert answer.status_code in (200, 201)
    assert_whole(service, events)


def _all_delivered(service: Service, events: list[Event]) -> bool:
    """Nothing is left for the worker to do, as the store sees it."""
    store, soon = service.services.store, datetime.now(UTC) + timedelta(minutes=1)
    if store.credentials.unfinished(soon, 1) or store.events.unfinished(soon, 1):
        return False
    if store.letters.count_waiting():
        return False
    return store.credentials.count_by_state()[CredentialState.ACTIVE] == len(events)


# --- at random, under load ----------------------------------------------------------------------


class Sender:
    """An LMS: sends each event, under its one id, until it hears a 2xx; then once more, as some do."""

    def __init__(self, service: Service, processes: Processes, deadline: float) -> None:
        self._service = service
        self._processes = processes
        self._deadline = deadline
        self.answers: dict[str, list[Answer]] = {}
        self.troubles: Counter[str] = Counter()

    def send(self, event: Event) -> None:
        self.answers[event.event_id] = [self._until_taken(event) for _ in range(2)]

    def _until_taken(self, event: Event) -> Answer:
        while True:
            try:
                answer = self._processes.request(
                    "POST",
                    f"/hooks/{SOURCE}",
                    body=event.body,
                    headers=headers(self._service, event),
                    seconds=15,
                )
            except (OSError, http.client.HTTPException) as error:
                self.troubles[type(error).__name__] += 1
            else:
                if 200 <= answer.status < 300:
                    return answer
                assert answer.status >= 500, answer
                self.troubles[str(answer.status)] += 1
            assert time.monotonic() < self._deadline, f"{event.event_id} was never taken"
            time.sleep(0.1)


def kill_at_random(processes: Processes, chance: random.Random, stopping: threading.Event) -> Counter[str]:
    """KILLS kills, of each process once and then of any, each started again at once."""
    killed: Counter[str] = Counter()
    names = processes.names()
    for name in (*chance.sample(names, len(names)), *chance.choices(names, k=KILLS - len(names))):
        if stopping.wait(chance.uniform(0.5, 2.5)):
            break
        processes.kill(name)
        processes.start(name)
        killed[name.partition("-")[0]] += 1
    return killed


def test_attack_122_123_two_hundred_events_while_processes_are_killed(make: Callable[..., Service]) -> None:
    seed = int(os.environ.get("CREDSERV_KILL_SEED") or random.randrange(2**32))
    print(f"again with CREDSERV_KILL_SEED={seed}")  # noqa: T201 - shown by pytest when the test fails
    chance = random.Random(seed)
    with mail_server() as mail:
        service = make(smtp_url=mail.url, mail_from="badges@academy.example")
        events = [make_event(service, number) for number in range(EVENTS)]
        with running(service.settings, webs=2, workers=1) as processes:
            sender = Sender(service, processes, time.monotonic() + 3 * HANGS_AFTER)
            stopping = threading.Event()
            with ThreadPoolExecutor(max_workers=9) as pool:
                killing = pool.submit(kill_at_random, processes, chance, stopping)
                try:
                    # Spread over the time of the killing.
                    sending = []
                    for event in events:
                        sending.append(pool.submit(sender.send, event))
                        time.sleep(0.05)
                    for sent in sending:
                        sent.result()
                finally:
                    stopping.set()
                killed = killing.result()
            wait_until(lambda: _all_delivered(service, events))  # a killed worker's letters wait 40 s
            assert not processes.dead()
        assert killed["web"]
        assert killed["worker"]
        records = {record.order.idempotency_key: record for record in assert_whole(service, events)}
        for event in events:
            expected = f"{service.settings.public_url}/credentials/{records[event.event_id].id}"
            heard = [json.loads(answer.body)["credential"] for answer in sender.answers[event.event_id]]
            assert heard == [expected, expected]
        received = Counter(recipient for delivery in mail.deliveries for recipient in delivery.recipients)
    assert set(received) == {event.email for event in events}
    print(  # noqa: T201
        f"killed {dict(killed)}, senders met {dict(sender.troubles)}, "
        f"{sum(received.values()) - EVENTS} letters came twice"
    )


def test_fifty_parallel_copies_of_one_event_make_one_credential(make: Callable[..., Service]) -> None:
    service = make()
    event = make_event(service, 1)
    signed = headers(service, event)
    together = threading.Barrier(50)
    with running(service.settings, webs=2, workers=0, web_threads=16) as processes:

        def send() -> Answer:
            together.wait()
            return processes.request("POST", f"/hooks/{SOURCE}", body=event.body, headers=signed)

        with ThreadPoolExecutor(max_workers=50) as pool:
            answers = [sent.result() for sent in [pool.submit(send) for _ in range(50)]]
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 49}
    assert len({answer.body for answer in answers}) == 1
    assert_whole(service, [event])


def test_attack_131_sigterm_during_issuing_loses_nothing(make: Callable[..., Service]) -> None:
    """The web answers what it took in, the worker ends its jobs, both within half a minute."""
    service = make()
    events = [make_event(service, number) for number in range(30)]
    with running(service.settings, webs=1, workers=1) as processes:
        sender = Sender(service, processes, time.monotonic() + 3 * HANGS_AFTER)
        with ThreadPoolExecutor(max_workers=6) as pool:
            sending = [pool.submit(sender.send, event) for event in events]
            wait_until(lambda: sender.answers and "the worker runs" in processes.said())
            assert processes.stop("web-1") == 0
            assert processes.stop("worker-1") == 0
            processes.start("web-1")
            for sent in sending:
                sent.result()
        processes.start("worker-1")
        wait_until(lambda: _all_delivered(service, events))
    assert_whole(service, events)

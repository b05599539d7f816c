"""Webhooks that go out: the organisation's systems hear of everything once, signed, and late rather than
never."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from standardwebhooks import Webhook

from credserv.fetch.posting import GuardedPoster
from credserv.ground.errors import FetchRefusedError, InputError
from credserv.journeys.connect import endpoints
from credserv.journeys.deliver.webhooks import send_due_webhooks
from credserv.journeys.operate.conditions import look_at
from credserv.processes import turns as worker_turns
from credserv.records.credentials import CredentialState
from credserv.records.webhooks import Delivery, EndpointRecord, Happening
from tests.testkit.https_host import Host, http, https_host
from tests.testkit.service import Service

STATES = {"suspended": CredentialState.SUSPENDED, "active": CredentialState.ACTIVE}


@dataclass
class Receiver:
    """A system that takes messages. statuses: its next answers, then 204 for ever."""

    host: Host | None = None
    statuses: list[str] = field(default_factory=list)
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, connection: socket.socket, head: bytes) -> None:
        lines, _, body = head.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in lines.decode().split("\r\n")[1:])
        headers = {name.lower(): value for name, value in headers.items()}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(4096)
        self.messages.append((headers, body))
        status = self.statuses.pop(0) if self.statuses else "204 No Content"
        code, _, retry_after = status.partition("; retry-after=")
        connection.sendall(http(b"", code, **({"retry_after": retry_after} if retry_after else {})))

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.messages]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver()
    with https_host(tmp_path, made.answer) as host:
        made.host = host
        yield made


def connect(
    service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *happenings: str
) -> EndpointRecord:
    """Of this machine's port, which nobody outside a test may name."""
    monkeypatch.setattr(endpoints, "require_https", lambda url: url)
    assert receiver.host is not None
    url = receiver.host.url("/hear")
    return endpoints.add_endpoint(service.services, url, happenings, actor="console", now=service.clock.now)


def send(service: Service, receiver: Receiver, *, stopping: Callable[[], bool] = lambda: False) -> int:
    assert receiver.host is not None
    poster = GuardedPoster(
        policy=AntiSSRFPolicy(PolicyConfigOptions.NONE),
        ca_file=receiver.host.ca_file,
        ports=frozenset({receiver.host.port}),
    )
    return send_due_webhooks(service.services, poster, clock=service.clock, stopping=stopping)


def newest(service: Service, endpoint: EndpointRecord) -> Delivery:
    return endpoints.recent_deliveries(service.services, endpoint.id, limit=1)[0]


def set_state(service: Service, credential_id: str, state: CredentialState) -> None:
    service.services.store.credentials.set_state(
        credential_id, state, reason="under review", now=service.clock.now, actor="console"
    )


def test_each_happening_is_told_once_and_signed(
    service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.clock.now = datetime.now(UTC)  # the receiving library has a clock of its own
    endpoint = connect(service, receiver, monkeypatch)
    credential_id = service.issue()
    for state in (CredentialState.SUSPENDED, CredentialState.ACTIVE, CredentialState.REVOKED):
        service.clock.now += timedelta(seconds=1)
        set_state(service, credential_id, state)

    assert send(service, receiver) == 4
    assert send(service, receiver) == 0

    assert receiver.types == [
        "credential.issued",
        "credential.suspended",
        "credential.restored",
        "credential.revoked",
    ]
    told = json.loads(receiver.messages[0][1])
    assert told["data"]["credential"].endswith(f"/credentials/{credential_id}")
    assert told["data"]["recipient"] == {"email": "pat@example.org", "name": "Pat Doe"}
    assert json.loads(receiver.messages[3][1])["data"]["reason"] == "under review"
    headers, body = receiver.messages[0]
    assert Webhook(endpoint.secrets[0]).verify(body, headers)["type"] == "credential.issued"


def test_it_is_sent_until_it_is_taken_under_one_id(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch, "credential.issued")
    receiver.statuses = ["500 Oh", "302 Found", "429 Slow; retry-after=4000"]
    service.issue()

    for pause in (5, 300, 4_000):
        assert send(service, receiver) == 0
        service.clock.now += timedelta(seconds=pause - 1)
        assert send(service, receiver) == 0
        service.clock.now += timedelta(seconds=1)
    assert send(service, receiver) == 1

    assert len({headers["webhook-id"] for headers, _ in receiver.messages}) == 1
    assert len({body for _, body in receiver.messages}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.messages}) == 4
    assert newest(service, endpoint).delivered_at == service.clock.now


def test_given_up_messages_wait_for_an_administrator_who_hears_of_them(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch)
    receiver.statuses = ["400 Bad Request"] * 10
    service.issue()
    for _ in range(12):
        send(service, receiver)
        service.clock.now += timedelta(days=1)

    assert len(receiver.messages) == 10
    assert newest(service, endpoint).is_given_up
    (said,) = [one.said for one in look_at(service.services, service.clock.now) if one.name == "webhooks"]
    assert said.startswith(f"1 messages to {endpoint.id} were given up")

    assert endpoints.send_given_up(service.services, endpoint.id, now=service.clock.now) == 1
    assert send(service, receiver) == 1


def test_a_refused_message_keeps_no_other_back(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sqlite_service, receiver, monkeypatch)
    receiver.statuses = ["422 Not this one"]
    sqlite_service.issue()
    sqlite_service.clock.now += timedelta(seconds=1)
    sqlite_service.issue(email="kim@example.org")
    assert send(sqlite_service, receiver) == 1


def test_attack_111_an_endpoint_that_is_not_there_keeps_no_other_waiting(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch)
    monkeypatch.setattr(endpoints, "require_https", lambda url: url)
    away = endpoints.add_endpoint(
        service.services, "https://127.0.0.1:1/", (), actor="console", now=service.clock.now
    )
    for number in range(3):
        service.issue(email=f"p{number}@example.org")

    assert send(service, receiver) == 3
    waiting = endpoints.recent_deliveries(service.services, away.id, limit=9)
    assert sorted(one.tries for one in waiting) == [0, 0, 1]
    assert all(one.due_at is not None and one.due_at > service.clock.now for one in waiting)
    assert newest(service, endpoint).delivered_at is not None


def test_attack_111_a_slow_endpoint_has_its_turn_and_the_rest_waits_untried(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its messages would be due again, for another worker, while they are still being sent."""
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch)
    for number in range(4):
        service.issue(email=f"p{number}@example.org")
    asked = iter([False, False, False])  # before the handful and its first two messages; then it is over
    assert send(service, receiver, stopping=lambda: next(asked, True)) == 2
    waiting = endpoints.recent_deliveries(service.services, endpoint.id, limit=9)
    assert [one.tries for one in waiting if one.due_at == service.clock.now] == [0, 0]
    assert send(service, receiver) == 2


def test_the_endpoints_of_one_organisation_keep_no_others_waiting(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are slow, its turn ends; whose was not reached is not always the same."""
    made = [
        endpoints.add_endpoint(
            service.services, f"https://{name}.example/hear", (), actor="console", now=service.clock.now
        )
        for name in "abcdefgh"
    ]
    service.issue()
    monkeypatch.setattr(worker_turns, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(worker_turns, "utc_now", service.clock)
    turn = worker_turns.turns(service.settings, threading.Event())["webhooks"]
    assert turn(service.services) == 0
    assert {newest(service, one).tries for one in made} == {0}
    due = service.services.store.webhook_outbox.endpoints_due
    assert sorted(due(service.clock.now)) == sorted(one.id for one in made)
    assert len({due(service.clock.now)[0] for _ in range(40)}) > 1


def test_410_ends_an_endpoint(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch)
    receiver.statuses = ["410 Gone"]
    service.issue()
    send(service, receiver)

    ended = endpoints.find_endpoint(service.services, endpoint.id)
    assert ended.ended_at is not None
    assert "410" in ended.why
    service.issue(email="kim@example.org")
    assert len(endpoints.recent_deliveries(service.services, endpoint.id, limit=9)) == 1

    endpoints.resume_endpoint(service.services, endpoint.id, actor="console", now=service.clock.now)
    service.issue(email="lee@example.org")
    assert send(service, receiver) == 1


def test_while_a_secret_changes_both_sign(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    endpoint = connect(service, receiver, monkeypatch, "credential.revoked")
    now = {"actor": "console", "now": service.clock.now}
    secret = endpoints.rotate_secret(service.services, endpoint.id, **now)
    endpoints.send_test(service.services, endpoint.id, now=service.clock.now)
    assert send(service, receiver) == 1
    headers, body = receiver.messages[0]
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert json.loads(body)["type"] == Happening.TEST
    endpoints.end_older_secret(service.services, endpoint.id, **now)
    assert endpoints.find_endpoint(service.services, endpoint.id).secrets == (secret,)


def test_an_older_secret_signs_until_its_end(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    made = endpoints.add_endpoint(services, "https://hr.example/hear", (), actor="test", now=now)
    week = timedelta(days=7)
    fresh = endpoints.rotate_secret(services, made.id, overlap=week, actor="test", now=now)
    known = endpoints.find_endpoint(services, made.id)
    assert known.secrets_at(now + week - timedelta(seconds=1)) == (fresh, made.secrets[0])
    assert known.secrets_at(now + week) == (fresh,)
    newest = endpoints.rotate_secret(services, made.id, actor="test", now=now)
    known = endpoints.find_endpoint(services, made.id)
    assert known.secrets_at(now + 100 * week) == (newest, fresh)


def test_attack_78_secrets_are_sealed_in_the_database(
    sqlite_service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = connect(sqlite_service, receiver, monkeypatch).secrets[0]
    files = [path for path in tmp_path.rglob("*.sqlite*") if path.is_file()]
    assert files
    assert not any(secret.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize("url", ["http://hr.example/", "https://10.0.0.7/", "https://user@hr.example/", "no"])
def test_attack_47_messages_go_to_public_https_addresses_alone(sqlite_service: Service, url: str) -> None:
    with pytest.raises(InputError, match="public https address"):
        endpoints.add_endpoint(
            sqlite_service.services, url, (), actor="console", now=sqlite_service.clock.now
        )


def test_attack_47_a_name_that_leads_to_this_machine_is_not_sent_to(receiver: Receiver) -> None:
    assert receiver.host is not None
    poster = GuardedPoster(ca_file=receiver.host.ca_file, ports=frozenset({receiver.host.port}))
    with pytest.raises(FetchRefusedError, match="not a public one"):
        poster.post(receiver.host.url("/hear"), b"{}", {})
    assert receiver.messages == []


def test_what_is_unknown_is_refused(sqlite_service: Service) -> None:
    now = {"actor": "console", "now": sqlite_service.clock.now}
    with pytest.raises(InputError, match=r"credential\.issued"):
        endpoints.add_endpoint(sqlite_service.services, "https://hr.example/", ["nonsense"], **now)

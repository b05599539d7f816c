"""Faults of the machine below the service: clocks, disks and databases (found.md, rows O; attacks 127, 129
and 132)."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import UnavailableError
from credserv.ground.steadiness import Steadiness
from credserv.processes import turns, worker
from credserv.records.credentials import CredentialState
from credserv.status.bitstring import bit_at, decode_list
from credserv.store.frame.bounded_connection import BoundedConnection
from credserv.store.store import open_store
from credserv.web.frame.context import context, set_context
from tests.conftest import SECRET_KEY
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.databases import PostgresServer
from tests.testkit.service import NOW, SOURCE, Service

DAYS = [timedelta(days=30), timedelta(days=-30)]


def _list_of(service: Service, credential_id: str) -> tuple[str, int]:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    return f"/status/{record.status_list_id}", record.status_index


def _is_set(document: bytes, index: int) -> bool:
    return bit_at(decode_list(json.loads(document)["credentialSubject"]["encodedList"]), index) == 1


def _verdict(service: Service, credential_id: str) -> str:
    document = service.client().get(f"/credentials/{credential_id}.json").data
    answer = service.client().post("/api/v1/verify", data=document, content_type="application/vc")
    return str(answer.json["verdict"])


@pytest.mark.parametrize("jump", DAYS, ids=["ahead", "behind"])
def test_found_f11_o1_a_clock_that_jumped_heals_by_itself(service: Service, jump: timedelta) -> None:
    """One request under a wrong clock; within one status cadence after it everybody is right again."""
    credential_id = service.issue()
    address, index = _list_of(service, credential_id)
    assert _verdict(service, credential_id) == "verified"
    service.clock.now = NOW + jump
    assert service.client().get(address).status_code == 200
    _verdict(service, credential_id)
    service.clock.now = NOW + timedelta(seconds=61)
    assert _verdict(service, credential_id) == "verified"
    served = json.loads(service.client().get(address).data)
    assert parse_instant(served["validFrom"]) <= service.clock.now < parse_instant(served["validUntil"])
    service.services.store.credentials.set_state(
        credential_id, CredentialState.REVOKED, reason="", now=service.clock.now, actor="test"
    )
    service.clock.now += timedelta(seconds=61)
    assert _is_set(service.client().get(address).data, index)


@contextmanager
def _failing(service: Service, *, reads: bool) -> Iterator[None]:
    """The database's own error, as on a full disk or a standby: for all writes, or for every statement."""
    engine = service.services.store._database.engine

    def refuse(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if reads or not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            raise OperationalError(statement, {}, OSError("No space left on device"))

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_o2_a_status_list_depends_on_no_write(service: Service) -> None:
    credential_id = service.issue()
    address, index = _list_of(service, credential_id)
    assert service.client().get(address).status_code == 200
    service.services.store.credentials.set_state(
        credential_id, CredentialState.REVOKED, reason="", now=NOW, actor="test"
    )
    service.clock.now += timedelta(seconds=61)
    with _failing(service, reads=False):
        answer = service.client().get(address)
        assert answer.status_code == 200
        assert _is_set(answer.data, index)
        assert _verdict(service, credential_id) == "not_verified"


def test_o2_a_status_list_is_served_while_the_store_cannot_be_read(service: Service) -> None:
    address, _ = _list_of(service, service.issue())
    before = service.client().get(address)
    service.clock.now += timedelta(hours=11)
    with _failing(service, reads=True):
        answer = service.client().get(address)
        assert (answer.status_code, answer.data) == (200, before.data)
        service.clock.now += timedelta(hours=14)  # it ended: nothing is better than something that is wrong
        assert service.client().get(address).status_code == 503
    assert service.client().get(address).status_code == 200


def test_o3_a_frozen_database_is_waited_for_within_bounds(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole server is stopped: its sockets stay open, and nothing answers on them."""
    name = postgres.create()
    store = open_store(postgres.database_url(name), secret_key=SECRET_KEY)
    store.migrate()
    monkeypatch.setattr(BoundedConnection, "wait_seconds", 0.5)
    with _frozen(_server_processes(postgres, name)):
        before = time.monotonic()
        with pytest.raises(UnavailableError):
            store.achievements.newest("any")
        assert time.monotonic() - before < HANGS_AFTER
    assert store.achievements.newest("any") is None
    store.close()
    postgres.drop(name)


def _server_processes(postgres: PostgresServer, database: str) -> list[int]:
    """Who serves the database, and the one that takes new connections."""
    with psycopg.connect(postgres.url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [database])
        backends = [pid for (pid,) in found]
    parent = Path(f"/proc/{backends[0]}/stat").read_text().rpartition(")")[2].split()[1]
    return [int(parent), *backends]


@contextmanager
def _frozen(processes: list[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


# --- 132: a clock that jumps while the service runs ---------------------------------------------


class Machine:
    """Its date, and the seconds that passed since its start."""

    date, running = NOW.timestamp(), 5_000.0


@pytest.fixture
def machine(sqlite_service: Service) -> Machine:
    """The one that the service runs on."""
    made, app = Machine(), sqlite_service.app
    steadiness = Steadiness(lambda: made.date, lambda: made.running)
    with app.app_context():
        known = context()
    set_context(app, replace(known, require_steady=steadiness.require))
    return made


@pytest.mark.parametrize("jump", DAYS, ids=["ahead", "behind"])
def test_attack_132_by_a_clock_that_jumped_nothing_is_signed_or_judged(
    sqlite_service: Service, machine: Machine, jump: timedelta
) -> None:
    service, client = sqlite_service, sqlite_service.client()
    credential_id = service.issue()
    document = client.get(f"/credentials/{credential_id}.json").data
    address, _ = _list_of(service, credential_id)
    machine.date += jump.total_seconds()
    service.clock.now += jump
    for answer in (
        service.send_event(event_id="evt_during"),
        client.post("/api/v1/verify", data=document, content_type="application/vc"),
        client.get(f"/credentials/{credential_id}"),
    ):
        assert (answer.status_code, "30 days" in answer.text) == (503, True), answer.text
        assert int(answer.headers["Retry-After"]) > 0
    assert service.services.store.events.get(SOURCE, "evt_during") is None
    assert client.get(address).status_code == 200
    assert client.get("/healthz").status_code == 200
    machine.date -= jump.total_seconds()
    service.clock.now -= jump
    assert service.send_event(event_id="evt_during").status_code == 201
    assert _verdict(service, credential_id) == "verified"


def test_attack_132_a_worker_whose_clock_jumped_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = Machine()
    monkeypatch.setattr(turns, "_steady", Steadiness(lambda: made.date, lambda: made.running))
    assert worker._is_steady()
    turns.utc_now()
    made.date += 30 * 86_400
    assert not worker._is_steady()
    assert "jumped 30 days ahead" in caplog.text
    with pytest.raises(UnavailableError):
        turns.utc_now()

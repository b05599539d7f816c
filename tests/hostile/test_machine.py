"""Databases, disks, files and memory that give out while events come in (attacks 126 to 130).

What is answered with success is there afterwards, once; what is refused comes again and is taken.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import resource
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from credserv.ground import write_ahead
from credserv.ground.errors import SettingsError, UnavailableError
from credserv.jobs.database import open_engine as open_queue
from credserv.records.sources import EventRecord, EventState
from credserv.store.frame import database as store_database
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.databases import PostgresServer, postgres_server
from tests.testkit.processes import Processes, free_port, running
from tests.testkit.ready import migrate
from tests.testkit.service import SOURCE, Clock, Service, make_service

REFUSED = 503


@pytest.fixture
def on_postgres(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Service, str]]:
    """A service that signs in as an ordinary role, which is named as its database."""
    name = postgres.create()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
        connection.execute(f"ALTER DATABASE {name} OWNER TO {name}")
    url = make_url(postgres.database_url(name)).set(username=name, password="secret")
    url = url.render_as_string(hide_password=False)
    migrate(url)
    service = make_service(url, tmp_path)
    yield service, name
    service.services.close()
    postgres.drop(name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {name}")


def _takes_again(service: Service, event_id: str) -> None:
    """It recovers, and makes one credential of an event, however often that was refused."""
    heard = [service.send_event(event_id=event_id, email=f"{event_id}@example.org") for _ in range(2)]
    assert [answer.status_code for answer in heard] in ([201, 200], [200, 200]), "or a sweep made it before"
    assert heard[0].json["credential"] == heard[1].json["credential"]
    _reads(service, heard[0].json["credential"].rpartition("/")[2])


def _reads(service: Service, credential_id: str) -> None:
    """The badge, its list, its verdict and the service's own word that it lives."""
    client = service.client()
    document = client.get(f"/credentials/{credential_id}.json")
    assert document.status_code == 200
    listed = document.json["credentialStatus"]["statusListCredential"]
    assert client.get(urlsplit(listed).path).status_code == 200
    answer = client.post("/api/v1/verify", data=document.data, content_type="application/vc")
    assert answer.json["verdict"] == "verified", answer.json
    assert client.get("/healthz").status_code == 200


def _refused(service: Service, event_id: str) -> None:
    answer = service.send_event(event_id=event_id, email=f"{event_id}@example.org")
    assert (answer.status_code, answer.json["code"]) == (REFUSED, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0


# --- 126 --------------------------------------------------------------------------------------------


def test_attack_126_a_postgresql_that_crashes_under_load_loses_nothing(tmp_path: Path) -> None:
    """One of its processes is killed: it ends all others at once and recovers from its log."""
    if os.environ.get("CREDSERV_TEST_POSTGRES_URL"):
        pytest.skip("a server of others is not killed: unset CREDSERV_TEST_POSTGRES_URL for one of our own")
    with postgres_server() as server:
        name = server.create()
        migrate(server.database_url(name))
        service = make_service(server.database_url(name), tmp_path)

        def send(number: int) -> str:
            while True:
                answer = service.send_event(event_id=f"evt_{number}", email=f"person-{number}@example.org")
                if answer.status_code < 300:
                    return str(answer.json["credential"])
                assert answer.status_code == REFUSED, answer.text
                time.sleep(0.05)

        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(send, number) for number in range(120)]
            for after in (3, 12):
                _until(lambda after=after: sum(one.done() for one in sent) >= after)
                assert not all(one.done() for one in sent), "it crashed while nobody was at it"
                _crash(server, name)
            heard = [one.result(3 * HANGS_AFTER) for one in sent]
        assert len(set(heard)) == 120
        for address in heard:
            answer = service.client().get(address)
            assert answer.status_code == 200
        service.services.close()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 3 * HANGS_AFTER
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def _crash(server: PostgresServer, name: str) -> None:
    with suppress(psycopg.Error), psycopg.connect(server.url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s LIMIT 1", [name])
        for (process,) in found.fetchall():
            os.kill(process, signal.SIGKILL)


# --- 127 --------------------------------------------------------------------------------------------


def test_attack_127_a_postgresql_that_fails_over_is_found_again(
    on_postgres: tuple[Service, str], postgres: PostgresServer
) -> None:
    """It takes no connections for a while and ends those that there are; the next server does."""
    service, name = on_postgres
    _takes_again(service, "evt_before")
    _alter(postgres, name, "WITH ALLOW_CONNECTIONS false", end=True)
    try:
        _refused(service, "evt_during")
        assert service.client().get("/readyz").status_code == REFUSED
        assert service.client().get("/healthz").status_code == 200
    finally:
        _alter(postgres, name, "WITH ALLOW_CONNECTIONS true")
    _takes_again(service, "evt_during")


def test_attack_127_a_standby_is_read_and_not_written(
    on_postgres: tuple[Service, str], postgres: PostgresServer
) -> None:
    service, name = on_postgres
    credential_id = service.issue()
    _alter(postgres, name, "SET default_transaction_read_only = on", end=True)
    try:
        _refused(service, "evt_during")
        _reads(service, credential_id)
    finally:
        _alter(postgres, name, "SET default_transaction_read_only = off", end=True)
    _takes_again(service, "evt_during")


def test_attack_127_a_full_postgresql_is_read_and_not_written(
    on_postgres: tuple[Service, str], postgres: PostgresServer
) -> None:
    """By the server's own error, raised where it would write."""
    service, name = on_postgres
    credential_id = service.issue()
    with psycopg.connect(postgres.database_url(name), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        for table in ("credentials", "events", "audit_lines"):
            connection.execute(
                f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()"
            )
        _refused(service, "evt_during")
        _reads(service, credential_id)
        connection.execute("DROP FUNCTION full_disk CASCADE")
    _takes_again(service, "evt_during")


def test_attack_127_a_postgresql_out_of_connections_is_waited_for(
    on_postgres: tuple[Service, str], postgres: PostgresServer
) -> None:
    service, name = on_postgres
    credential_id = service.issue()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {name} CONNECTION LIMIT 0")
        connection.execute(_END_ALL, [name])
        _refused(service, "evt_during")
        connection.execute(f"ALTER ROLE {name} CONNECTION LIMIT -1")
    _reads(service, credential_id)
    _takes_again(service, "evt_during")


def test_attack_127_a_table_that_somebody_keeps_locked_is_waited_for(
    on_postgres: tuple[Service, str], postgres: PostgresServer
) -> None:
    """By a transaction that does nothing more."""
    service, name = on_postgres
    credential_id = service.issue()
    with psycopg.connect(postgres.database_url(name)) as idle:
        idle.execute("LOCK TABLE credentials IN EXCLUSIVE MODE")
        begun = time.monotonic()
        _refused(service, "evt_during")
        assert time.monotonic() - begun < HANGS_AFTER
        _reads(service, credential_id)
        idle.rollback()
    _takes_again(service, "evt_during")


def test_attack_127_of_two_that_wait_for_each_other_one_is_told_to_come_again(
    on_postgres: tuple[Service, str],
) -> None:
    database, both = on_postgres[0].services.store._database, threading.Barrier(2)
    ids = [on_postgres[0].issue(email=f"{name}@example.org") for name in ("ann", "bob")]
    change = text("UPDATE credentials SET state = state WHERE id = :id")

    def touch(first: str, second: str) -> str:
        try:
            with database.writing() as connection:
                for number, one in enumerate((first, second)):
                    connection.execute(change, {"id": one})
                    if not number:
                        both.wait(10)
        except UnavailableError:
            return "unavailable"
        return "written"

    with ThreadPoolExecutor(2) as pool:
        heard = [one.result() for one in (pool.submit(touch, *ids), pool.submit(touch, *reversed(ids)))]
    assert sorted(heard) == ["unavailable", "written"]
    assert on_postgres[0].send_event(email="cleo@example.org").status_code == 201


_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


def _alter(postgres: PostgresServer, name: str, change: str, *, end: bool = False) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} {change}")
        if end:
            connection.execute(_END_ALL, [name])


# --- 128, 129 ---------------------------------------------------------------------------------------


def _file_of(service: Service) -> str:
    return str(make_url(service.settings.database_url).database)


def test_attack_128_a_locked_sqlite_is_waited_for_and_then_refused(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "_BUSY_SECONDS", 1)
    service = sqlite_service
    credential_id = service.issue()
    service.services.store._database.engine.dispose()  # so that new connections wait as little as we do
    holder = sqlite3.connect(_file_of(service), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        _refused(service, "evt_during")
        _reads(service, credential_id)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    _takes_again(service, "evt_during")


def test_attack_128_what_a_long_reader_lets_the_log_grow_to_is_given_back(sqlite_service: Service) -> None:
    service, limit = sqlite_service, 2**25
    credential_id = service.issue()
    log = Path(f"{_file_of(service)}-wal")
    reader = sqlite3.connect(_file_of(service), isolation_level=None)
    reader.execute("BEGIN")
    (before,) = reader.execute("SELECT count(*) FROM events").fetchone()
    body, sent = b"x" * 1_000_000, 0
    while log.stat().st_size < 2 * limit:
        sent += 1
        left = EventRecord(SOURCE, f"evt_long_{sent}", "0" * 64, body, service.clock.now, EventState.IGNORED)
        service.services.store.events.record(left)
    _reads(service, credential_id)
    assert reader.execute("SELECT count(*) FROM events").fetchone() == (before,)  # what it began with
    reader.execute("COMMIT")
    _takes_again(service, "evt_after")
    assert log.stat().st_size <= limit
    assert reader.execute("SELECT count(*) FROM events").fetchone() == (before + sent + 1,)
    reader.close()


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "fuse.sshfs"])
def test_attack_128_a_sqlite_on_a_network_disk_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    place, mounts = tmp_path / "on the net", tmp_path / "mounts"
    (place / "here").mkdir(parents=True)
    coded = str(place).replace(" ", "\\040")
    mounts.write_text(f"none / ext4 rw 0 0\nhost:/a {coded} {kind} rw 0 0\nnone {coded}/here ext4 rw 0 0\n")
    monkeypatch.setattr(write_ahead, "_MOUNTS", mounts)
    for open_one in (store_database.open_engine, partial(open_queue, patience_seconds=1)):
        with pytest.raises(SettingsError, match=f"network file system .{kind}.*PostgreSQL"):
            open_one(f"sqlite:///{place}/credserv.sqlite")
        assert list(place.glob("*.sqlite")) == []
        open_one(f"sqlite:///{place}/here/credserv.sqlite")
    mounts.unlink()  # another system than Linux
    store_database.open_engine(f"sqlite:///{place}/credserv.sqlite")


@contextmanager
def _pragma(service: Service, statement: str) -> Iterator[None]:
    """SQLite's own limits, which hold for a connection: set on each, and taken off again."""
    store = service.services.store
    engine = store._database.engine

    def limit(connection: sqlite3.Connection, _record: object = None) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(statement.format(pages=pages))

    store.close()
    event.listen(engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        store.close()


@pytest.mark.parametrize(
    "limit",
    ["PRAGMA max_page_count = {pages}", "PRAGMA query_only = ON"],
    ids=["129 full", "128 read-only"],
)
def test_attack_128_129_a_sqlite_that_cannot_grow_or_be_written_is_read(
    sqlite_service: Service, limit: str
) -> None:
    service = sqlite_service
    credential_id = service.issue()
    with _pragma(service, limit):
        for number in range(200):  # until its last free page is used
            answer = service.send_event(event_id=f"evt_fill_{number}", email=f"fill-{number}@example.org")
            if answer.status_code != 201:
                break
        _refused(service, "evt_during")
        _reads(service, credential_id)
    _takes_again(service, "evt_during")


# --- 130 --------------------------------------------------------------------------------------------


class Sender:
    """taken: the events that were answered with success."""

    def __init__(self, service: Service, processes: Processes) -> None:
        self._service, self._processes = service, processes
        self._numbers = itertools.count()
        self.taken: list[str] = []

    def send(self) -> int:
        """A new event; 0 where the connection broke off."""
        event_id = f"evt_{next(self._numbers)}"
        body = json.dumps(self._service.event(email=f"{event_id}@example.org")).encode()
        self._service.clock.now = datetime.now(UTC)
        headers = self._service.sign(body, event_id)
        try:
            answer = self._processes.request(
                "POST", f"/hooks/{SOURCE}", body=body, headers=headers, seconds=3
            )
        except (OSError, http.client.HTTPException):
            return 0
        if answer.status < 300:
            self.taken.append(event_id)
        return answer.status


@pytest.mark.parametrize(
    ("what", "most"),
    [(resource.RLIMIT_NOFILE, 24), (resource.RLIMIT_AS, 64 * 2**20)],
    ids=["files", "memory"],
)
def test_attack_130_without_files_or_memory_it_recovers(
    tmp_path: Path, sqlite_template: Path, what: int, most: int
) -> None:
    """Idle connections take every file; or no byte and no thread more is to be had."""
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    port = free_port()
    address = f"http://localhost:{port}"
    clock = Clock(datetime.now(UTC))
    service = make_service(f"sqlite:///{path}", tmp_path, clock=clock, port=port, public_url=address)
    with running(service.settings, webs=1, workers=0, silent_seconds=15) as processes:
        sender = Sender(service, processes)
        assert sender.send() == 201
        before = {process: resource.prlimit(process, what) for process in processes.web_workers()}
        for process, (_, hard) in before.items():
            resource.prlimit(process, what, (most, hard))
        idle = _crowd(port, 60)
        met = Counter(sender.send() for _ in range(3))
        assert set(met) <= {0, 201, 500, 503}, met
        for connection in idle:
            connection.close()
        for process, limits in before.items():
            with suppress(ProcessLookupError):  # it was started anew, without the limit
                resource.prlimit(process, what, limits)
        # A thread that dies of memory as it begins hangs who waits for it, until gunicorn has
        # waited for a sign of life and starts the process anew.
        end = time.monotonic() + 3 * HANGS_AFTER
        while sender.send() != 201:
            assert time.monotonic() < end, processes.said()[-2_000:]
    store = service.services.store
    assert all(store.events.get(SOURCE, one) is not None for one in sender.taken)
    assert met[0] + met[500] + met[503], "nothing was in its way"


def _crowd(port: int, count: int) -> list[socket.socket]:
    made = []
    for _ in range(count):
        with suppress(OSError):
            made.append(socket.create_connection(("127.0.0.1", port), timeout=2))
    return made

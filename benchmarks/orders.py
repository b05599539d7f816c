"""Single orders over HTTP: how long the slowest wait, by clients and database; what a second process adds."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from benchmarks.load import Rate, Request, measure, measure_latency, wait_ready
from benchmarks.processes import ROOT, cpu_seconds, family, on_core
from credserv.app.installation import prepare
from credserv.app.remembered import compose_environment
from credserv.app.schemas import default_schemas_dir
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.define.achievements import load_starters
from tests.testkit.databases import postgres_server

CLIENTS = (1, 8, 64)
_BUSY = 64  # clients, where two processes are compared with one: both have more to do than threads
_TURNS = 3


@dataclass(frozen=True)
class Access:
    """What a client of the running service needs. pid: of the supervisor. source_secret, console_link: of the
    demonstration's source and owner, "" where it is none."""

    port: int
    pid: int
    api_token: str
    source_secret: str = ""
    console_link: str = ""

    def cpu_seconds(self) -> float:
        """Used so far by all its processes."""
        return sum(cpu_seconds(pid) for pid in family(self.pid))


@dataclass(frozen=True)
class Orders:
    """p99_ms: by database and clients. one_process, two_processes: web processes on PostgreSQL."""

    p99_ms: Mapping[tuple[str, int], float]
    one_process: Rate
    two_processes: Rate


def measure_orders(seconds: float, core: int, free_port: Callable[[], int]) -> Orders:
    """All processes on one core. One web process and two are measured in turns, once each was asked as much
    as the other. Raises LoadError, RuntimeError."""
    with postgres_server(vacuums=True) as server, ExitStack() as ends:
        both = [
            ends.enter_context(service_on(server.database_url(server.create()), core, free_port(), many))
            for many in (1, 2)
        ]
        waits, _ = ({("PostgreSQL", many): wait for many, wait in _waits(own, seconds)} for own in both)
        turns = [[_busy(own, seconds) for own in both] for _ in range(_TURNS)]
        one, two = (
            Rate(fmean(each.per_second for each in rates), fmean(each.per_cpu_second for each in rates))
            for rates in zip(*turns, strict=True)
        )
    with service_on(None, core, free_port(), 1) as access:
        waits |= {("SQLite", many): wait for many, wait in _waits(access, seconds)}
    return Orders(waits, one, two)


def _busy(access: Access, seconds: float) -> Rate:
    return measure(
        access.port,
        seconds,
        lambda: order_request(access.api_token),
        used=access.cpu_seconds,
        clients=_BUSY,
    )


def order_request(token: str) -> Request:
    """An order for somebody who was not seen before."""
    order = {
        "achievement": "mentor-foundation",
        "recipient": {"email": f"{secrets.token_hex(8)}@example.org"},
    }
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": secrets.token_hex(8),
    }
    return Request("POST", "/api/v1/credentials", json.dumps(order).encode(), headers, 201)


def _waits(access: Access, seconds: float) -> Iterator[tuple[int, float]]:
    for many in CLIENTS:
        yield (
            many,
            measure_latency(access.port, seconds, lambda: order_request(access.api_token), clients=many),
        )


@contextmanager
def database_on(core: int, database: str) -> Iterator[str | None]:
    """The URL of a new database of "postgresql", whose server is on that core; None for SQLite."""
    if database == "sqlite":
        yield None
        return
    with ExitStack() as ends:
        with on_core(core):
            server = ends.enter_context(postgres_server(vacuums=True))
        yield server.database_url(server.create())


@contextmanager
def service_on(database_url: str | None, core: int, port: int, processes: int) -> Iterator[Access]:
    """A service begun anew. database_url: None for SQLite in its folder. processes: of the web."""
    with tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
        environ = compose_environment(
            {
                "CREDSERV_PUBLIC_URL": f"http://localhost:{port}",
                "CREDSERV_PORT": str(port),
                **{f"CREDSERV_RATE_{name}": "1000000/second" for name in ("API", "VERIFY")},
                "CREDSERV_WEB_WORKERS": str(processes),
                "CREDSERV_SECRET_KEY": secrets.token_urlsafe(48),
                "CREDSERV_KEY_PASSPHRASE": secrets.token_urlsafe(48),
                **({"CREDSERV_DATABASE_URL": database_url} if database_url else {}),
            },
            Path(folder),
        )
        token = _begin(environ)
        with on_core(core):
            started = subprocess.Popen(
                [sys.executable, "-m", "credserv", "serve", "--data", folder],
                cwd=ROOT,
                env={**os.environ, **environ},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        with started as process:
            try:
                wait_ready(process, port)
                yield Access(port, process.pid, token)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(40)


def _begin(environ: Mapping[str, str]) -> str:
    """Issuer, key and achievements; returns an API key."""
    settings, now = Settings.from_env(environ), datetime.now(UTC)
    prepare(settings, now=now)[0].close()
    services = build_services(settings)
    try:
        load_starters(services, default_schemas_dir(), now)
        return create_api_key(services, "bench", ["credentials:issue"], now)[1]
    finally:
        services.close()

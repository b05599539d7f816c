"""HTTP: our service and a peer's, each on one core, asked over kept connections from another one.

Ours is the demonstration as it stands: supervisor, gunicorn with one process of sixteen threads, worker,
SQLite with its durable commits. The one thing changed is the rate limits, which would stop it. The peer's
signs what it is sent, and stores nothing.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.load import Rate, Request, ask, measure, wait_ready
from benchmarks.orders import Access, Orders, measure_orders, order_request
from benchmarks.processes import ROOT, cpu_seconds, node, on_core
from benchmarks.reference import Reference
from benchmarks.visits import Visits, measure_visits
from credserv.app.remembered import compose_environment
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.admit.sign_in import create_console_link
from credserv.processes.demo import SOURCE, SampleEvent
from credserv.sources.webhook import sign_webhook

BATCH = 100
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class HttpRates:
    """issue: one order a request. event: of an LMS. batch: credentials, in requests of a hundred orders.
    verify: of our own. visits: of what others issued. orders: with other databases and more clients."""

    @property
    def rates(self) -> dict[str, Rate]:
        found = {name: rate for name, rate in vars(self).items() if isinstance(rate, Rate)}
        return found | {"verify_cached": self.visits.cached, "verify_uncached": self.visits.uncached}

    issue: Rate
    event: Rate
    batch: Rate
    verify: Rate
    peer: Rate
    visits: Visits
    orders: Orders | None = None


def measure_http(reference: Reference, seconds: float, core: int) -> HttpRates:
    """Each kind of issuing on a service begun anew: its worker has no backlog of another kind.

    Raises LoadError, RuntimeError.
    """
    with ours(core) as access:
        verifying = verify_request(_one_credential(access))
        verify = measure(access.port, seconds, lambda: verifying, used=access.cpu_seconds)
        batch = _issuing(access, seconds, batch_request, each=BATCH)
    with ours(core) as access:
        issue = _issuing(access, seconds, _order_request)
    with ours(core) as access:
        event = _issuing(access, seconds, event_request)
    with _peer(reference, core) as (port, pid):
        body = json.dumps({"credential": reference.document}).encode()
        signing = Request("POST", "/issue", body, _JSON, 201)
        peer = measure(port, seconds, lambda: signing, used=lambda: cpu_seconds(pid))
    visits = measure_visits(reference, seconds, core, free_port())
    orders = measure_orders(seconds, core, free_port)
    return HttpRates(issue, event, batch, verify, peer, visits, orders)


def _issuing(access: Access, seconds: float, make: Callable[[Access], Request], each: int = 1) -> Rate:
    return measure(access.port, seconds, lambda: make(access), used=access.cpu_seconds, each=each)


# --- the services -----------------------------------------------------------------------------------


@contextmanager
def ours(core: int, database_url: str | None = None) -> Iterator[Access]:
    """A demonstration in a folder of its own; ended afterwards. database_url: None for SQLite there."""
    port = free_port()
    database = {"CREDSERV_DATABASE_URL": database_url} if database_url else {}
    limits = {f"CREDSERV_RATE_{name}": "1000000/second" for name in ("HOOKS", "VERIFY", "API")} | database
    with tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
        command = [sys.executable, "-m", "credserv", "demo", "--data", folder, "--port", str(port)]
        with on_core(core):
            started = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **limits},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        with started as process:
            try:
                wait_ready(process, port)
                yield Access(port, process.pid, *_credentials_of(Path(folder), database))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(40)


@contextmanager
def _peer(reference: Reference, core: int) -> Iterator[tuple[int, int]]:
    with on_core(core):
        started = subprocess.Popen(
            node("service.mjs"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    with started as process:
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("the peer's service has no pipes")
            process.stdin.write(json.dumps(reference.held) + "\n")
            process.stdin.flush()
            yield json.loads(process.stdout.readline())["answer"], process.pid
        finally:
            process.kill()


def _credentials_of(folder: Path, environ: Mapping[str, str]) -> tuple[str, str, str]:
    """A new API key, the secret of the demonstration's source, and a link that signs its owner in."""
    settings = Settings.from_env(compose_environment(environ, folder))
    services = build_services(settings)
    try:
        _, token = create_api_key(services, "bench", ["credentials:issue"], datetime.now(UTC))
        source = services.store.sources.get(SOURCE)
        if source is None:
            raise RuntimeError("the demonstration has no source")
        return token, source.secrets[0], create_console_link(services, datetime.now(UTC))
    finally:
        services.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the requests -----------------------------------------------------------------------------------


def event_request(access: Access) -> Request:
    """A completion that was not sent before, of a learner who was not seen before."""
    now = datetime.now(UTC)
    event_id = f"bench-{secrets.token_hex(8)}"
    body = SampleEvent(email=f"{event_id}@example.org").body(now).encode()
    signature = sign_webhook(access.source_secret, event_id, int(now.timestamp()), body)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Request("POST", f"/hooks/{SOURCE}", body, _JSON | headers, 201)


def _order(**members: str) -> dict[str, Any]:
    address = f"{secrets.token_hex(8)}@example.org"
    return {"achievement": "mentor-foundation", "recipient": {"email": address}, **members}


def _order_request(access: Access) -> Request:
    return order_request(access.api_token)


def batch_request(access: Access) -> Request:
    orders = [_order(idempotency_key=secrets.token_hex(8)) for _ in range(BATCH)]
    headers = {"Authorization": f"Bearer {access.api_token}"}
    body = json.dumps({"credentials": orders}).encode()
    return Request("POST", "/api/v1/credentials/batch", body, _JSON | headers, 200)


def verify_request(credential: dict[str, Any]) -> Request:
    body = json.dumps({"verifiableCredential": credential}).encode()
    return Request("POST", "/credentials/verify", body, _JSON, 200)


def _one_credential(access: Access) -> dict[str, Any]:
    url: str = json.loads(ask(access.port, event_request(access)))["credential"]
    return credential_at(access, url)


def credential_at(access: Access, url: str) -> dict[str, Any]:
    """One that was issued, by its address."""
    path = "/credentials/" + url.rsplit("/", 1)[1]
    credential: dict[str, Any] = json.loads(
        ask(access.port, Request("GET", path, b"", {"Accept": "application/vc+ld+json"}, 200))
    )
    return credential

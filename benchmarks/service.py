"""HTTP: events turned into credentials, and credentials verified, per second, at a real server.

The service is the demonstration as it stands: supervisor, gunicorn with one process of eight threads,
worker, SQLite with its durable commits. The one thing changed is the rate limits, which would stop it.
The load comes from this process, over kept connections, on the same machine.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from credserv.config import Settings
from credserv.demo import SOURCE, SampleEvent
from credserv.installation import compose_environment
from credserv.sources.webhook import sign_webhook
from credserv.store.store import open_store

CLIENTS = 8
READY_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class HttpFigures:
    issue_per_second: float
    verify_per_second: float


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    expected: int


def measure_http(seconds: float) -> HttpFigures:
    with (
        tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder,
        running(Path(folder)) as (port, secret),
    ):
        issued = per_second(port, seconds, lambda: event_request(secret))
        credential = one_credential(port, secret)
        verified = per_second(port, seconds, lambda: verify_request(credential))
    return HttpFigures(issued, verified)


@contextmanager
def running(folder: Path) -> Iterator[tuple[int, str]]:
    """A demonstration in `folder`; gives its port and the secret of its source. Ended afterwards."""
    port = free_port()
    limits = {f"CREDSERV_RATE_{name}": "1000000/second" for name in ("HOOKS", "VERIFY", "API")}
    command = [sys.executable, "-m", "credserv", "demo", "--data", str(folder), "--port", str(port)]
    with subprocess.Popen(
        command, cwd=_ROOT, env={**os.environ, **limits}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_ready(process, port)
            yield port, source_secret(folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if send(http.client.HTTPConnection("127.0.0.1", port, timeout=2), READY)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the service did not become ready")


READY = Request("GET", "/readyz", b"", {}, 200)


def source_secret(folder: Path) -> str:
    settings = Settings.from_env(compose_environment({}, folder))
    source = open_store(settings.database_url, secret_key=settings.secret_key).sources.get(SOURCE)
    if source is None:
        raise RuntimeError("the demonstration has no source")
    return source.secrets[0]


def event_request(secret: str) -> Request:
    """A completion that was not sent before, of a learner who was not seen before."""
    now = datetime.now(UTC)
    event_id = f"bench-{secrets.token_hex(8)}"
    body = SampleEvent(email=f"{event_id}@example.org").body(now).encode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": sign_webhook(secret, event_id, int(now.timestamp()), body),
    }
    return Request("POST", f"/hooks/{SOURCE}", body, headers, 201)


def verify_request(credential: dict[str, object]) -> Request:
    body = json.dumps({"verifiableCredential": credential}).encode()
    return Request("POST", "/credentials/verify", body, {"Content-Type": "application/json"}, 200)


def one_credential(port: int, secret: str) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    url = json.loads(send(connection, event_request(secret))[1])["credential"]
    path = "/credentials/" + url.rsplit("/", 1)[1]
    document = send(connection, Request("GET", path, b"", {"Accept": "application/vc+ld+json"}, 200))[1]
    credential: dict[str, object] = json.loads(document)
    return credential


def send(connection: http.client.HTTPConnection, request: Request) -> tuple[int, bytes]:
    connection.request(request.method, request.path, request.body or None, request.headers)
    response = connection.getresponse()
    return response.status, response.read()


def per_second(port: int, seconds: float, make: Callable[[], Request]) -> float:
    """Answers per second over CLIENTS connections; an answer that is not the expected one ends it all."""
    counts = [0] * CLIENTS
    faults: list[str] = []
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < end and not faults:
            request = make()
            status, body = send(connection, request)
            if status != request.expected:
                faults.append(f"{request.path} answered {status}: {body[:300]!r}")
            counts[number] += 1

    started = time.monotonic()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(faults[0])
    return sum(counts) / (time.monotonic() - started)

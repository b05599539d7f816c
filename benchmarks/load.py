"""Load over HTTP: a few kept connections that ask as fast as they are answered, for a set time."""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

CLIENTS = 8  # as in the experiment from which the wanted figures of orders and events come
_PATIENT_CLIENTS = 16
_READY_SECONDS = 120.0


@dataclass(frozen=True)
class Request:
    """expected: the status of every answer; another one ends the measurement."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    expected: int


_READY = Request("GET", "/readyz", b"", {}, 200)


@dataclass(frozen=True)
class Rate:
    """per_second: by the clock. per_cpu_second: by what the service's processes used, however busy the
    machine was otherwise."""

    per_second: float
    per_cpu_second: float


class LoadError(Exception):
    """An answer that was not the expected one."""


def send(connection: http.client.HTTPConnection, request: Request) -> tuple[int, bytes]:
    connection.request(request.method, request.path, request.body or None, request.headers)
    response = connection.getresponse()
    return response.status, response.read()


def ask(port: int, request: Request) -> bytes:
    """One answer. Raises LoadError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return _expect(connection, request)
    finally:
        connection.close()


def measure(
    port: int,
    seconds: float,
    make: Callable[[], Request],
    *,
    used: Callable[[], float],
    each: int = 1,
    clients: int = CLIENTS,
    taken: list[float] | None = None,
) -> Rate:
    """used: CPU seconds of the service so far. each: what one request counts for. taken: is given the seconds
    that each answer took. Raises LoadError."""
    ask(port, make())
    before, started = used(), time.monotonic()
    done = sum(_clients(port, started + seconds, make, taken, number=clients)) * each
    return Rate(done / (time.monotonic() - started), done / max(used() - before, 0.01))


def measure_latency(
    port: int,
    seconds: float,
    make: Callable[[], Request],
    *,
    beside: Callable[[], Request] | None = None,
    clients: int = CLIENTS,
) -> float:
    """The 99th percentile of the answers' milliseconds. beside: asked once for each nine of `make`'s, by
    clients of their own, who may wait for long. Raises LoadError."""
    taken: list[float] = []
    due = threading.Semaphore(0)
    ended = threading.Event()

    def counted() -> Request:
        if beside is not None and len(taken) % 9 == 8:
            due.release()
        return make()

    def ask_beside() -> None:
        while beside is not None and not ended.is_set():
            if due.acquire(timeout=0.1):
                with suppress(LoadError, OSError, http.client.HTTPException):
                    ask(port, beside())

    others = [threading.Thread(target=ask_beside, daemon=True) for _ in range(_PATIENT_CLIENTS)]
    for other in others:
        other.start()
    try:
        _clients(port, time.monotonic() + seconds, counted, taken, number=clients)
    finally:
        ended.set()
    return percentile_99(taken) * 1e3


def percentile_99(taken: Sequence[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)]


def wait_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Until /readyz answers 200. Raises RuntimeError."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if send(http.client.HTTPConnection("127.0.0.1", port, timeout=2), _READY)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the service did not become ready")


def _clients(
    port: int,
    end: float,
    make: Callable[[], Request],
    taken: list[float] | None = None,
    *,
    number: int = CLIENTS,
) -> list[int]:
    """How many each client got. taken: is given the seconds of each."""
    counts = [0] * number
    faults: list[Exception] = []

    def client(which: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while time.monotonic() < end and not faults:
                request, begun = make(), time.monotonic()
                _expect(connection, request)
                counts[which] += 1
                if taken is not None:
                    taken.append(time.monotonic() - begun)
        except (LoadError, OSError, http.client.HTTPException) as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise LoadError(str(faults[0]))
    return counts


def _expect(connection: http.client.HTTPConnection, request: Request) -> bytes:
    status, body = send(connection, request)
    if status != request.expected:
        raise LoadError(f"{request.path} answered {status}: {body[:300]!r}")
    return body

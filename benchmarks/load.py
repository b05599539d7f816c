"""Load over HTTP: a few kept connections that ask as fast as they are answered, for a set time."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

CLIENTS = 4


@dataclass(frozen=True)
class Request:
    """expected: the status of every answer; another one ends the measurement."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    expected: int


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
    port: int, seconds: float, make: Callable[[], Request], *, used: Callable[[], float], each: int = 1
) -> Rate:
    """used: CPU seconds of the service so far. each: what one request counts for. Raises LoadError."""
    ask(port, make())
    before, started = used(), time.monotonic()
    done = sum(_clients(port, started + seconds, make)) * each
    return Rate(done / (time.monotonic() - started), done / max(used() - before, 0.01))


def _clients(port: int, end: float, make: Callable[[], Request]) -> list[int]:
    counts = [0] * CLIENTS
    faults: list[Exception] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while time.monotonic() < end and not faults:
                _expect(connection, make())
                counts[number] += 1
        except (LoadError, OSError, http.client.HTTPException) as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
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

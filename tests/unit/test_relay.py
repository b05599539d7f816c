"""The network that tests cut leaves nothing open."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from pathlib import Path

from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.relay import relay_to


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _echo(server: socket.socket) -> None:
    while True:
        try:
            taken, _ = server.accept()
        except OSError:
            return
        with taken:
            while said := taken.recv(100):
                taken.sendall(said)


def test_a_connection_that_both_sides_ended_is_closed() -> None:
    """A run of hours opens many thousands of them."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with relay_to(server.getsockname()[1]) as relay:
            before = _open_files()
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", relay.port), timeout=HANGS_AFTER) as client:
                    client.sendall(b"x")
                    assert client.recv(1) == b"x"
                    client.shutdown(socket.SHUT_WR)
                    assert client.recv(1) == b""
            until = time.monotonic() + HANGS_AFTER
            while _open_files() > before and time.monotonic() < until:
                time.sleep(0.01)
            assert _open_files() <= before
        server.shutdown(socket.SHUT_RDWR)

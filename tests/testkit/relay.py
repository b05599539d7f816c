"""A network between two programs that a test can cut: a port that passes on to another one.

with relay_to(port) as relay:
    relay.cut()      # connections break off, new ones are refused
    relay.silence()  # connections stay, and nothing comes through: a cable that was pulled
    relay.mend()     # new connections go through; what was held back goes on
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: the other side hears a reset


class Relay:
    """port: where it listens, on 127.0.0.1."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        self._drop_all()

    def silence(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def close(self) -> None:
        self._listener.close()
        self.cut()
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                _drop(near)
                continue
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        try:
            self._flows.wait()
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _drop(near)
            return
        with self._lock:
            self._open |= {near, far}
        if self._is_cut:
            self._drop_all()
        ended: list[socket.socket] = []
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(one, other, ended), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, ended: list[socket.socket]) -> None:
        """What has arrived is passed on when the network flows; an end is passed on as an end.

        ended: the sides that said all they had to say.
        """
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._flows.wait()
                target.sendall(data)
            self._flows.wait()
            target.shutdown(socket.SHUT_WR)
            ended.append(source)
            if len(ended) < 2:
                return
            for one in (source, target):
                one.close()  # no reset: the end may still be on its way
        for one in (source, target):
            _drop(one)
        with self._lock:
            self._open -= {source, target}

    def _drop_all(self) -> None:
        with self._lock:
            dropped, self._open = self._open, set()
        for one in dropped:
            _drop(one)


def _drop(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()

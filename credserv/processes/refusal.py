"""The response to everyone while no web process runs: 503, at once."""

from __future__ import annotations

import json
import select
import socket
from contextlib import suppress
from dataclasses import dataclass

_AT_ONCE = 50
_SECONDS = 0.5  # for one caller to send its request and receive the response
_BODY = json.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The service is starting again. Try again in a few seconds.",
    }
).encode()
_HEAD = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    f"Content-Length: {len(_BODY)}\r\nRetry-After: 10\r\nConnection: close\r\n\r\n"
).encode()


@dataclass(frozen=True)
class Refusal:
    """Refuses requests.

    Attributes:
        listener: the one the web processes use.
        encrypted: connections are then closed without a response.
    """

    listener: socket.socket
    encrypted: bool

    def whoever_waits(self) -> None:
        """Answer those waiting now; call it only while nobody else accepts them."""
        for _ in range(_AT_ONCE):
            if not select.select([self.listener], [], [], 0)[0]:
                return
            with suppress(OSError):
                connection, _ = self.listener.accept()
                with connection:
                    if not self.encrypted:
                        _refuse(connection)


def _refuse(connection: socket.socket) -> None:
    connection.settimeout(_SECONDS)
    connection.recv(65_536)  # closing a socket with unread data would cancel the response
    connection.sendall(_HEAD + _BODY)

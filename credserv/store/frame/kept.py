"""Connections that stay at hand between two uses, so that not each use asks the pool and the server first."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from credserv.ground.meters import measure

_MOST = 4
_ALIVE_SECONDS = 1.0


class KeptConnections:
    """Lends connections outside of transactions.

    A server may have gone away meanwhile. So a connection that rested for longer than a second, or that has
    something to say, goes back to the pool, which asks the server whether it is alive. A file needs no such
    question.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_file = engine.dialect.name == "sqlite"
        self._resting: list[tuple[Connection, float]] = []

    def close(self) -> None:
        """Return those that rest to the pool."""
        while self._resting:
            self._resting.pop()[0].close()

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            measure("connections", 1)
            try:
                yield connection
            finally:
                measure("connections", -1)
            if connection.in_transaction():
                connection.rollback()
        except BaseException:
            is_lost = connection.invalidated
            connection.close()
            if is_lost:
                self.close()  # the others went with it
            raise
        if len(self._resting) < _MOST:
            self._resting.append((connection, time.monotonic()))
        else:
            connection.close()

    def _take(self) -> Connection:
        while True:
            try:
                connection, since = self._resting.pop()
            except IndexError:
                return self._engine.connect()
            if self._is_file or (time.monotonic() - since < _ALIVE_SECONDS and _is_silent(connection)):
                return connection
            connection.close()


def _is_silent(connection: Connection) -> bool:
    """Return whether its socket has nothing to be read: a server that closes it is heard at once."""
    driver: Any = connection.connection.driver_connection
    heard = select.poll()
    heard.register(driver.fileno(), select.POLLIN)
    return not heard.poll(0)

"""Bounds every wait for PostgreSQL.

A server that froze, or a host that vanished behind a live connection, answers nothing and closes nothing:
no timeout of the server's own helps, and libpq waits for ever.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection

WAIT_SECONDS = 12.0  # for the answer to one statement
CONNECT_SECONDS = 5  # as libpq counts: whole seconds
MIGRATION_SECONDS = 4 * 3_600.0

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is given up once a statement was not answered within `wait_seconds`."""

    wait_seconds = WAIT_SECONDS

    def __del__(self, *_warn: object) -> None:
        """A pool that is let go of takes its connections along, of which psycopg would warn one by one."""
        self.pgconn.finish()

    def wait(self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As in psycopg. Raises OperationalError when the server did not answer in time."""
        try:
            return super().wait(gen, interval, self.wait_seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()  # whatever it still answers belongs to a statement that nobody waits for
            raise psycopg.OperationalError("the database did not answer in time") from error


@contextmanager
def long_waits(connection: Connection) -> Iterator[None]:
    """Within it this PostgreSQL connection waits as long as a migration of large tables takes."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, BoundedConnection):
        yield
        return
    driver.wait_seconds = MIGRATION_SECONDS
    try:
        yield
    finally:
        del driver.wait_seconds

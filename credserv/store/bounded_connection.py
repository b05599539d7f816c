"""A connection to PostgreSQL whose waits are bounded (see `bounded`); imported only where there is one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

from credserv.store.bounded import WAIT_SECONDS

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

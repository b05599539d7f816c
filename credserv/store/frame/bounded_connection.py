"""A PostgreSQL connection with limited waits (see `bounded`); imported only where there is one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

from credserv.store.frame.bounded import WAIT_SECONDS

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed if a statement is not answered within `wait_seconds`."""

    wait_seconds = WAIT_SECONDS

    def __del__(self, *_warn: object) -> None:
        """Stay silent: a discarded pool takes its connections along, and psycopg would warn about each."""
        self.pgconn.finish()

    def wait(self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait as psycopg does.

        Raises:
            OperationalError: The server did not answer in time.
        """
        try:
            return super().wait(gen, interval, self.wait_seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()  # any late answer belongs to a statement that nobody waits for
            raise psycopg.OperationalError("the database did not answer in time") from error

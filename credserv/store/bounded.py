"""Bounds every wait for PostgreSQL.

A server that froze, or a host that vanished behind a live connection, answers nothing and closes nothing:
no timeout of the server's own helps, and libpq waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

WAIT_SECONDS = 12.0  # for the answer to one statement
CONNECT_SECONDS = 5  # as libpq counts: whole seconds
MIGRATION_SECONDS = 4 * 3_600.0


@contextmanager
def long_waits(connection: Connection) -> Iterator[None]:
    """Within it this PostgreSQL connection waits as long as a migration of large tables takes."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "postgresql":
        yield
        return
    driver.wait_seconds = MIGRATION_SECONDS
    try:
        yield
    finally:
        del driver.wait_seconds

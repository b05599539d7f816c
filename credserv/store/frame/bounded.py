"""Time limits for every wait on PostgreSQL.

A frozen server, or a host that vanished behind an open connection, neither answers nor closes. The server's
own timeouts do not help then, and libpq waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

WAIT_SECONDS = 12.0  # for the answer to one statement
CONNECT_SECONDS = 5  # whole seconds, as libpq requires
MIGRATION_SECONDS = 4 * 3_600.0


@contextmanager
def long_waits(connection: Connection) -> Iterator[None]:
    """Allow this PostgreSQL connection to wait as long as migrating large tables takes."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "postgresql":
        yield
        return
    driver.wait_seconds = MIGRATION_SECONDS
    try:
        yield
    finally:
        del driver.wait_seconds

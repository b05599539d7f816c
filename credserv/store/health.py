"""What the database says of itself, for whoever looks after it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, text, update

from credserv.records.health import ServerFacts
from credserv.store.database import Database
from credserv.store.tables import audit_lines, generations


class HealthRepository:
    """Of the whole installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_writable(self) -> None:
        """Write a value that is there already, durably. Raises UnavailableError."""
        with self._database.writing() as connection:
            connection.execute(update(generations).values(number=generations.c.number))

    def last_line(self) -> int:
        """The number of the newest line of the audit trail, 0 where there is none: it only ever grows."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.max(audit_lines.c.id))).scalar_one() or 0)

    def newest(self) -> datetime | None:
        """When the newest line of the audit trail was written: whatever issues or changes writes one."""
        found = select(audit_lines.c.at).order_by(audit_lines.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def facts(self) -> ServerFacts:
        with self._database.reading() as connection:
            if connection.dialect.name == "sqlite":
                encoding = str(connection.execute(text("PRAGMA encoding")).scalar_one())
                read_only = connection.execute(text("PRAGMA query_only")).scalar_one()
                return ServerFacts(encoding, not read_only)
            return _postgresql(connection)


def _postgresql(connection: Connection) -> ServerFacts:
    row = connection.execute(
        text(
            "SELECT current_setting('server_encoding') AS encoding, clock_timestamp() AS clock,"
            " current_setting('transaction_read_only') AS read_only, pg_backend_pid() AS process"
        )
    ).one()
    # A pooler gives callers a number of its own to cancel by, since the server's may be another's by then.
    told = connection.connection.driver_connection
    pooled = getattr(getattr(told, "info", None), "backend_pid", row.process) != row.process
    return ServerFacts(row.encoding, row.read_only == "off", row.clock, pooled)

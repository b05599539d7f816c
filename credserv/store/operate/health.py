"""What the database says about itself, for its operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Executable, Table, func, select, text, update

from credserv.records.health import Counts, ServerFacts
from credserv.records.sources import EventState
from credserv.store.frame.database import Database
from credserv.store.operate.reached import count_reached
from credserv.store.tables import (
    alarms,
    audit_lines,
    credentials,
    events,
    generations,
    letters,
    organisations,
    status_lists,
    webhook_deliveries,
    webhook_endpoints,
)

# What its autovacuum counts within a minute or so. pg_stats holds what the planner knows of a table, and
# outlives the server's counters, which a crash sets back.
_UNCOUNTED = text(
    "SELECT relname FROM pg_stat_user_tables grown WHERE n_live_tup > 10000"
    " AND (n_mod_since_analyze > n_live_tup OR NOT EXISTS (SELECT FROM pg_stats known"
    " WHERE known.schemaname = grown.schemaname AND known.tablename = grown.relname)) ORDER BY relname"
)


class HealthRepository:
    """Covers the whole installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_writable(self) -> None:
        """Write a value that is there already, durably.

        Raises:
            UnavailableError: The database accepts no writes.
        """
        with self._database.writing() as connection:
            connection.execute(update(generations).values(number=generations.c.number))

    def last_line(self) -> int:
        """Return the number of the newest audit line, 0 if there is none; it only ever grows."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.max(audit_lines.c.id))).scalar_one() or 0)

    def newest(self) -> datetime | None:
        """Return when the newest audit line was written; every issuance and change writes one."""
        found = select(audit_lines.c.at).order_by(audit_lines.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def counts(self) -> Counts:
        """Return counts over all organisations except sandboxes.

        What waits in an organisation that moved waits for nobody here, and is not counted.
        """
        due, published = letters.c.due_at, status_lists.c.published_revision
        with self._database.reading() as connection:

            def one(statement: Executable) -> Any:
                return connection.execute(statement).one()

            posted = _in_earnest(letters) & _stays(letters)
            waiting = one(select(func.count(), func.min(letters.c.queued_at)).where(due.is_not(None), posted))
            received = (events.c.state == EventState.RECEIVED.value) & _stays(events)
            taken_in = one(select(func.count(), func.min(events.c.received_at)).where(received))
            lists = _stays(status_lists)
            endpoints = select(webhook_endpoints.c.id).where(_stays(webhook_endpoints))
            posts = webhook_deliveries.c.endpoint_id.in_(endpoints)
            behind = (status_lists.c.revision > 0) & (status_lists.c.revision != published) & lists
            return Counts(
                badges=_by(connection, credentials.c.state, _in_earnest(credentials)),
                reached=count_reached(connection, _in_earnest),
                letters_waiting=int(waiting[0]),
                oldest_letter=waiting[1],
                letters_refused=int(one(select(func.count()).where(due.is_(None), posted))[0]),
                events_waiting=int(taken_in[0]),
                oldest_event=taken_in[1],
                webhooks_waiting=int(one(select(func.count(webhook_deliveries.c.due_at)).where(posts))[0]),
                status_lists_behind=int(one(select(func.count()).where(behind))[0]),
                oldest_status_list=one(select(func.min(status_lists.c.published_at)).where(lists))[0],
                alarms=_by(connection, alarms.c.condition),
            )

    def facts(self) -> ServerFacts:
        with self._database.reading() as connection:
            if connection.dialect.name == "sqlite":
                encoding = str(connection.execute(text("PRAGMA encoding")).scalar_one())
                read_only = connection.execute(text("PRAGMA query_only")).scalar_one()
                return ServerFacts(encoding, not read_only)
            return _postgresql(connection)


def _in_earnest(table: Table) -> ColumnElement[bool]:
    """Return the condition for rows outside sandboxes."""
    return table.c.organisation_id.not_in(select(organisations.c.id).where(organisations.c.sandbox))


def _stays(table: Table) -> ColumnElement[bool]:
    """Return the condition for rows of organisations that did not move to another installation."""
    moved = select(organisations.c.id).where(organisations.c.moved_at.is_not(None))
    return table.c.organisation_id.not_in(moved)


def _by(connection: Connection, column: Column[Any], *where: ColumnElement[bool]) -> Mapping[str, int]:
    rows = connection.execute(select(column, func.count()).where(*where).group_by(column)).all()
    return {str(row[0]): int(row[1]) for row in rows}


def _postgresql(connection: Connection) -> ServerFacts:
    row = connection.execute(
        text(
            "SELECT current_setting('server_encoding') AS encoding, clock_timestamp() AS clock,"
            " current_setting('transaction_read_only') AS read_only, pg_backend_pid() AS process"
        )
    ).one()
    # A pooler gives callers its own number to cancel by, because the server's may have been reassigned.
    told = connection.connection.driver_connection
    pooled = getattr(getattr(told, "info", None), "backend_pid", row.process) != row.process
    uncounted = tuple(connection.scalars(_UNCOUNTED))
    return ServerFacts(row.encoding, row.read_only == "off", row.clock, pooled, uncounted)

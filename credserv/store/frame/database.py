"""Connections and transactions, the same for every repository on SQLite and on PostgreSQL.

The database's errors become ours here. A broken connection, a lock timeout, a full disk or a read-only
standby is an UnavailableError; a broken constraint a ConflictError; a value that cannot be stored an
InputError.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, ExceptionContext, Row, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credserv.ground.errors import ConflictError, InputError, SettingsError, UnavailableError
from credserv.ground.meters import measure
from credserv.ground.spans import tracer
from credserv.ground.write_ahead import require_local, write_ahead, write_sqlite_file
from credserv.store.frame.bounded import CONNECT_SECONDS, long_waits
from credserv.store.frame.kept import KeptConnections
from credserv.store.frame.prepared import execute_many, run

_BUSY_SECONDS = 10
_POOL_SIZE = 8  # kept for a process's threads, whose uses are short; twice as many at peaks
_WRITING = "credserv_writing"
_POSTGRESQL = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "credserv",
    "client_encoding": "utf8",  # otherwise a database without an encoding returns texts as bytes
    # A pooler that routes each transaction to another server (PgBouncer) supports no prepared statements.
    "prepare_threshold": None,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # milliseconds
}
_OTHER_TABLES = ("42P01", "42703")  # PostgreSQL: undefined table, undefined column
_NOT_STORABLE = "a value holds characters or a size that cannot be stored"


class Database:
    """Hands out connections in transactions; nested uses in one thread share one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._joined = threading.local()
        self._turns = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._writers = KeptConnections(engine.execution_options(**{_WRITING: True}))
        # Each of PostgreSQL's statements sees what is committed; a transaction around it would add two more.
        is_remote = engine.dialect.name == "postgresql"
        reader = engine.execution_options(isolation_level="AUTOCOMMIT") if is_remote else engine
        self._readers = KeptConnections(reader)
        measure("connections_limit", 2 * _POOL_SIZE)

    def close(self) -> None:
        """Close idle connections. Those in use are closed when returned, and later uses open new ones."""
        self._writers.close()
        self._readers.close()
        self.engine.dispose()
        measure("connections_limit", -2 * _POOL_SIZE)

    @contextmanager
    def writing(self, *, savepoints: bool = True) -> Iterator[Connection]:
        """Yield a connection to write with; commit at the end, or roll back on any error.

        Inside another `writing()` of the same thread it joins that transaction. An error then undoes only the
        inner part, so the caller may continue.

        Args:
            savepoints: False if no caller continues after an error, which saves statements.
        """
        joined: Connection | None = getattr(self._joined, "connection", None)
        if joined is not None:
            with _translated(), joined.begin_nested() if self._joined.savepoints else nullcontext():
                yield joined
            return
        with _translated(), self._turn(), self._writers.lent() as connection, connection.begin():
            self._joined.connection, self._joined.savepoints = connection, savepoints
            self._joined.afterwards = []
            try:
                yield connection
            finally:
                self._joined.connection = None
        for then in self._joined.afterwards:
            then()

    def after_commit(self, then: Callable[[], None]) -> None:
        """Call `then` once this thread's transaction is committed, or never if it is rolled back."""
        self._joined.afterwards.append(then)

    @property
    def is_writing(self) -> bool:
        """Return whether this thread is in a transaction that may still be rolled back."""
        return getattr(self._joined, "connection", None) is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection to read with, which sees what the thread's open transaction wrote."""
        joined: Connection | None = getattr(self._joined, "connection", None)
        if joined is not None:
            with _translated():
                yield joined
            return
        with _translated(), self._readers.lent() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that sees the database as it was at the beginning."""
        engine = self.engine
        if engine.dialect.name == "postgresql":  # a transaction of SQLite always does
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _translated(), engine.connect() as connection, long_waits(connection):
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Queue SQLite's writers. It allows one at a time and makes the others sleep and retry."""
        if self._turns is None:
            yield
            return
        if not self._turns.acquire(timeout=_BUSY_SECONDS):
            raise UnavailableError("the database is busy; try again")
        try:
            yield
        finally:
            self._turns.release()


def values_of(row: Row[Any]) -> dict[str, Any]:
    """Return a row by column, without the organisation, which no record names."""
    return {name: value for name, value in row._mapping.items() if name != "organisation_id"}


def insert_if_absent(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one of its keys is taken. Waits for a rival's transaction.

    Returns:
        Whether it was inserted.
    """
    return insert_all_absent(connection, table, [values])


def insert_all_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Do the same for many rows with the same columns.

    Returns:
        Whether all were new. Look up which were if that matters.
    """
    if not rows:
        return True
    statement = _insert_statement(connection.dialect.name, table)
    return execute_many(connection, statement, rows) == len(rows)


@cache
def _insert_statement(dialect: str, table: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # a command on SQLite does not need it

    return postgresql.insert(table).on_conflict_do_nothing()


def open_engine(database_url: str) -> Engine:
    """Return an engine for `sqlite:///...` or `postgresql://...`.

    Raises:
        SettingsError: It is any other URL, or a file that is not on this machine.
    """
    url = _parse_url(database_url)
    options: dict[str, Any] = {
        "hide_parameters": True,  # they are personal data and would end up in logs
        "json_serializer": _write_json,
        "pool_size": _POOL_SIZE,
        "max_overflow": _POOL_SIZE,
        "pool_timeout": _BUSY_SECONDS,
        "pool_use_lifo": True,  # the most recently used connection has most of the database in memory
    }
    engine = _create_engine(url, options)
    if tracer() is not None:
        event.listen(engine, "before_cursor_execute", _begin_span)
        event.listen(engine, "after_cursor_execute", _end_span)
        event.listen(engine, "handle_error", _end_failed)
    return engine


def _create_engine(url: URL, options: dict[str, Any]) -> Engine:
    if url.get_backend_name() == "sqlite":
        require_local(Path(str(url.database)))
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, **options)
        event.listen(engine, "do_connect", write_sqlite_file)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, connect_args=_POSTGRESQL, pool_pre_ping=True, **options)
    event.listen(engine, "do_connect", _connect_bounded)
    return engine


def _parse_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError("the database URL cannot be read: sqlite:///FILE or postgresql://...") from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(f"no database of the kind {backend!r} is known: take sqlite or postgresql")
    if url.database in (None, "", ":memory:"):
        raise SettingsError("the database URL names no file: sqlite:///FILE")
    return url


def _begin_span(
    _connection: Connection, _cursor: Any, text: str, _values: Any, context: Any, _many: bool
) -> None:
    """Record only the first word of a statement; the rest may contain personal data."""
    tracing = tracer()
    if tracing is not None:
        context.span = tracing.statement(text.lstrip()[:20].partition(" ")[0].upper(), context.dialect.name)
        context.span.__enter__()


def _end_span(
    _connection: Connection, _cursor: Any, _text: str, _values: Any, context: Any, _many: bool
) -> None:
    _end(context, None)


def _end_failed(failed: ExceptionContext) -> None:
    _end(failed.execution_context, failed.original_exception)


def _end(context: Any, error: BaseException | None) -> None:
    begun = context.__dict__.pop("span", None) if context is not None else None
    if begun is not None:
        with suppress(BaseException):  # the error is raised where it happened
            begun.__exit__(type(error) if error else None, error, None)


def _connect_bounded(_dialect: Dialect, _record: object, args: Any, options: Any) -> object:
    from credserv.store.frame.bounded_connection import BoundedConnection

    return BoundedConnection.connect(*args, **options)


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # Python's module would begin transactions itself, too late and never IMMEDIATE; `_begin_sqlite` does it.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    write_ahead(cursor, patience_seconds=_BUSY_SECONDS)
    # FULL: a power cut must not make it forget a credential that was handed out, or reuse its index.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Random ids touch pages everywhere, so cache many (in KiB) and copy them from the log
    # once for many commits (in pages).
    cursor.execute("PRAGMA cache_size = -16384")
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    # The log grows while somebody reads for long; afterwards its file gives the room back (in bytes).
    cursor.execute("PRAGMA journal_size_limit = 33554432")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the write lock at once, because a reader that becomes a writer
    # halfway cannot wait and fails.
    writing = connection.get_execution_options().get(_WRITING)
    run(connection, "BEGIN IMMEDIATE" if writing else "BEGIN", [()])


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_encode_json = json.JSONEncoder(default=_plain, allow_nan=False).encode


def _write_json(value: object) -> str:
    return "[]" if value == [] else _encode_json(value)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ConflictError("it exists already, or refers to something that does not exist") from _bare(error)
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError) as error:
        raise UnavailableError("the database cannot be used at the moment; try again") from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) not in _OTHER_TABLES:
            raise
        raise UnavailableError("the database has not been migrated to this version") from error
    except DataError as error:
        raise InputError(_NOT_STORABLE) from _bare(error)
    except (UnicodeEncodeError, OverflowError) as error:
        raise InputError(_NOT_STORABLE) from error


def _bare(error: DBAPIError) -> Exception:
    """Return the cause without values; PostgreSQL quotes the whole row, which
    would end up in logs (attack 117).
    """
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None:
        return RuntimeError(str(error.orig))
    return RuntimeError(f"{diagnosis.sqlstate} {diagnosis.table_name} {diagnosis.constraint_name}")

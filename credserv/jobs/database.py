"""The queue's database: its engine, its tables, and which workers are alive.

DBOS itself neither notices a worker that never returns nor refuses two with the same executor id. The table
of heartbeats does both, by the database's clock, so that the clocks of several hosts do not matter.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from credserv.ground.write_ahead import require_local, write_ahead, write_sqlite_file

APPLICATION = "credserv"
SCHEMA = "credserv_jobs"  # on PostgreSQL; SQLite has a file of its own
_SCHEMA_LOCK = 7_215_520_190_364
_FORGET_SECONDS = 86_400
_SILENT_SECONDS = 20.0
_PATIENCE_SECONDS = 30.0  # for others who create the same file at once

logger = logging.getLogger(__name__)
# Without a handler of its own DBOS logs to stderr, past the service's logging, and a lot.
logging.getLogger("dbos").addHandler(logging.NullHandler())
logging.getLogger("dbos").setLevel(logging.WARNING)


def open_engine(database_url: str, *, patience_seconds: int) -> Engine:
    """Open the engine. `patience_seconds`: how long to wait for a lock, a connection or a server.

    Raises SettingsError for a file that is not on this machine.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        require_local(Path(str(url.database)))
        engine = create_engine(url, connect_args={"timeout": patience_seconds})
        event.listen(engine, "do_connect", write_sqlite_file)
        event.listen(engine, "connect", _on_sqlite_connect)
        return engine
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        pool_timeout=patience_seconds,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": patience_seconds,
            "application_name": APPLICATION,
            "client_encoding": "utf8",
        },
    )


def _on_sqlite_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Set up SQLite as DBOS does for its own engine.

    A power cut may lose the newest rows; the sweep restores them.
    """
    connection.isolation_level = "IMMEDIATE"
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def open_client(engine: Engine) -> DBOSClient:
    """Return a client that connects at first use, and raises instead of waiting for an unavailable
    database."""
    return DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        lazy=True,
        retry_connection_errors=False,
    )


def migrate(engine: Engine) -> None:
    """Create or update the tables of DBOS and of the heartbeats. Raises SQLAlchemyError."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            cursor = connection.connection.cursor()
            write_ahead(cursor, patience_seconds=_PATIENCE_SECONDS)
            cursor.close()
    open_client(engine)._sys_db.run_migrations()  # what DBOS.migrate() does, which takes no engine
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # two workers that start at once take turns
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {_workers(engine)} (executor_id VARCHAR(100) PRIMARY KEY,"
            " token VARCHAR(32) NOT NULL, beat_at DOUBLE PRECISION NOT NULL)"
        )


def is_made(engine: Engine) -> bool:
    """Return whether a worker has created the tables. Raises SQLAlchemyError."""
    return inspect(engine).has_table("workers", schema=None if engine.dialect.name == "sqlite" else SCHEMA)


def count_living(engine: Engine) -> int:
    """Count workers heard from within a quarter of a minute plus one beat."""
    query = f"SELECT count(*) FROM {_workers(engine)} WHERE beat_at >= {_clock(engine)} - :since"  # noqa: S608 - names and times of our own
    with engine.begin() as connection:
        return int(connection.execute(text(query), {"since": _SILENT_SECONDS}).scalar_one())


def job_options(connection: Connection, job: str, subject_id: str, *, attempt: int = 1) -> EnqueueOptions:
    """Return options: workflow ids are `job:subject`, then `job:subject#2`, ...; one queue per job."""
    suffix = "" if attempt == 1 else f"#{attempt}"
    return {
        "workflow_name": job,
        "queue_name": job,
        "workflow_id": f"{job}:{subject_id}{suffix}",
        "priority": rank_of(connection, job, subject_id),
    }


def rank_of(connection: Connection, job: str, subject_id: str) -> int:
    """Return which of its organisation's waiting or running jobs of this name it is, from 1.

    The organisation is the start of the subject (`acme/…`). As the job's priority (the lowest is taken first)
    the rank lets every organisation's first job run before any second one: a thousand jobs of one keep no
    other waiting.
    """
    owner, slash, _ = subject_id.partition("/")
    if not slash:
        return 1
    table = "workflow_status" if connection.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
    query = (
        f"SELECT count(*) FROM {table} WHERE queue_name = :job AND status IN ('ENQUEUED', 'PENDING')"  # noqa: S608 - names and times of our own
        " AND substr(workflow_uuid, 1, :length) = :beginning"
    )
    beginning = f"{job}:{owner}/"
    values = {"job": job, "length": len(beginning), "beginning": beginning}
    return 1 + int(connection.execute(text(query), values).scalar_one())


def subject_of(workflow_id: str) -> str:
    return workflow_id.partition(":")[2].partition("#")[0]


class Heartbeats:
    """Heartbeats of one worker. Another silent for `dead_after_seconds` counts as gone."""

    def __init__(self, engine: Engine, executor_id: str, dead_after_seconds: float) -> None:
        self.executor_id = executor_id
        self._engine = engine
        self._values = {
            "executor_id": executor_id,
            "token": secrets.token_hex(16),
            "dead_after": dead_after_seconds,
            "forget_after": _FORGET_SECONDS,
        }
        table, now = _workers(engine), _clock(engine)
        # S608: built only from constants of this module; every value is a parameter.
        self._beat = text(
            f"INSERT INTO {table} (executor_id, token, beat_at) VALUES (:executor_id, :token, {now})"  # noqa: S608 - names and times of our own
            f" ON CONFLICT (executor_id) DO UPDATE SET token = :token, beat_at = {now}"
            f" WHERE {table}.token = :token OR {table}.beat_at < {now} - :dead_after"
        )
        self._living = text(f"SELECT executor_id FROM {table} WHERE beat_at >= {now} - :dead_after")  # noqa: S608 - names and times of our own
        self._end = text(f"DELETE FROM {table} WHERE token = :token OR beat_at < {now} - :forget_after")  # noqa: S608 - names and times of our own

    def beat(self) -> bool:
        """Report that we live; False when another live worker has our id."""
        with self._engine.begin() as connection:
            return connection.execute(self._beat, self._values).rowcount == 1

    def living(self) -> set[str]:
        with self._engine.begin() as connection:
            return set(connection.execute(self._living, self._values).scalars())

    def end(self) -> None:
        """Sign off, so that others take over what is left without waiting."""
        try:
            with self._engine.begin() as connection:
                connection.execute(self._end, self._values)
        except SQLAlchemyError as error:
            logger.warning("could not sign off from the job queue: %s", type(error).__name__)


def _workers(engine: Engine) -> str:
    return "workers" if engine.dialect.name == "sqlite" else f"{SCHEMA}.workers"


def _clock(engine: Engine) -> str:
    """Return SQL for seconds since 1970 by the database's clock."""
    if engine.dialect.name == "sqlite":
        return "((julianday('now') - 2440587.5) * 86400.0)"
    return "extract(epoch FROM clock_timestamp())"

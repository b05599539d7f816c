"""Bring the tables to this version with the migrations packaged next to this file.

All pending migrations run in one transaction, so an interrupted one leaves the database as it was.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, text

from credserv.ground.errors import InputError, SettingsError
from credserv.store.frame.bounded import long_waits
from credserv.store.frame.database import Database
from credserv.store.tables import generations, metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Import Alembic only for migrating and asking; a running service does not need it.
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x63726564  # an arbitrary number, the same in every version: "cred"


def is_current(database: Database) -> bool:
    """Return whether the tables are this version's.

    Raises:
        SettingsError: The database is a newer version's.
    """
    with database.reading() as connection:
        return _revision(connection) == _scripts().get_current_head()


def is_empty(database: Database) -> bool:
    """Return whether there are no tables of this service."""
    from alembic.runtime.migration import MigrationContext

    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() is None


def migrate(database: Database) -> None:
    """Migrate to this version.

    Raises:
        SettingsError: The database is a newer version's.
    """
    from alembic import command

    if is_current(database):
        return
    with database.writing() as connection, long_waits(connection):
        if connection.dialect.name == "postgresql":
            # SQLite has only one writer anyway. Held until the transaction ends.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def create(database: Database) -> None:
    """Create the current tables in an empty, temporary database that nobody will migrate."""
    with database.writing() as connection:
        metadata.create_all(connection)
        connection.execute(insert(generations).values(id=1, number=0))  # as migration 0004 does


def make_at(connection: Connection, revision: str, *, for_now: bool = False) -> None:
    """Create the tables of a release in the caller's transaction.

    Args:
        for_now: Whether the database is temporary.

    Raises:
        InputError: The release is newer than this one.
    """
    from alembic import command

    if revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise InputError(
            f"it has the tables of a newer release (their version is {revision}): install that one"
        )
    config = alembic_config()
    config.attributes["connection"] = connection
    if for_now and revision == head_revision():
        metadata.create_all(connection)
        command.stamp(config, revision)
    else:
        command.upgrade(config, revision)


def unmake(database: Database) -> None:
    """Drop all tables with their content."""
    from alembic import command

    with database.writing() as connection, long_waits(connection):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def revision(database: Database) -> str | None:
    """Return the revision of the tables, None for none.

    Raises:
        SettingsError: They are a newer version's.
    """
    with database.reading() as connection:
        return _revision(connection)


def head_revision() -> str:
    """Return the newest migration of this release."""
    return str(_scripts().get_current_head())


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise SettingsError(
            f"the database was written by a newer version of credserv (its schema is {revision}): "
            "start that version, or restore a backup from before its migration"
        )
    return revision


def alembic_config() -> Config:
    """Return the Alembic configuration."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Return the migrations, read once, because each is a module and they do not change in a running
    process.
    """
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config())

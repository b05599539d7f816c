"""Bringing the tables to this version, by the migrations that are packaged beside this file.

All pending migrations are one transaction: an interrupted one leaves the database as it was.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, text

from credserv.ground.errors import InputError, SettingsError
from credserv.store.bounded import long_waits
from credserv.store.database import Database
from credserv.store.tables import generations, metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Alembic is imported by whoever migrates or asks: a service that runs has no more use for it.
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x63726564  # any number, the same in every version: "cred"


def is_current(database: Database) -> bool:
    """Raises SettingsError for the database of a newer version."""
    with database.reading() as connection:
        return _revision(connection) == _scripts().get_current_head()


def is_empty(database: Database) -> bool:
    from alembic.runtime.migration import MigrationContext

    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() is None


def migrate(database: Database) -> None:
    """Raises SettingsError for the database of a newer version."""
    from alembic import command

    if is_current(database):
        return
    with database.writing() as connection, long_waits(connection):
        if connection.dialect.name == "postgresql":
            # SQLite lets one writer in at a time by itself. Held until the transaction ends.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def create(database: Database) -> None:
    """All tables as they are now, in an empty database that nobody will migrate: it is gone after its use."""
    with database.writing() as connection:
        metadata.create_all(connection)
        connection.execute(insert(generations).values(id=1, number=0))  # as migration 0004 does


def make_at(connection: Connection, revision: str, *, for_now: bool = False) -> None:
    """The tables of a release, within the caller's transaction. for_now: it is gone after its use.

    Raises InputError for a release that is newer than this.
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
    """Takes away all tables, with all that is in them."""
    from alembic import command

    with database.writing() as connection, long_waits(connection):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def revision(database: Database) -> str | None:
    """Of the tables that are there, None for none. Raises SettingsError for those of a newer version."""
    with database.reading() as connection:
        return _revision(connection)


def head_revision() -> str:
    """The newest migration of this release."""
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
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Read once: they do not change under a process, and each is a module."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config())

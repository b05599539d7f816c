"""Migrations: they make what the tables say, whole or not at all, and never touch a newer database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError

from credserv.ground.errors import SettingsError, UnavailableError
from credserv.store import schema
from credserv.store.database import Database, open_engine
from credserv.store.store import Store, open_store
from credserv.store.tables import metadata
from tests.unit.store.samples import image, version

_KEY = b"k" * 32


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Store]:
    store = open_store(empty_database_url, secret_key=_KEY)
    yield store
    store.close()


@pytest.fixture
def connection(empty_database_url: str, empty: Store) -> Iterator[Connection]:
    """A second look at the empty store's database."""
    engine = open_engine(empty_database_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _tables(connection: Connection) -> set[str]:
    connection.rollback()
    return set(inspect(connection).get_table_names())


def test_an_empty_database_is_migrated_once(empty: Store, connection: Connection) -> None:
    assert not empty.schema_is_current()
    empty.migrate()
    assert empty.schema_is_current()
    empty.migrate()
    assert _tables(connection) == {*metadata.tables, "alembic_version"}


def test_migrations_make_what_the_tables_say(empty: Store, connection: Connection) -> None:
    empty.migrate()

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []


def test_downgrading_leaves_nothing(empty: Store, empty_database_url: str, connection: Connection) -> None:
    empty.migrate()
    _move(empty_database_url, command.downgrade, "base")

    assert _tables(connection) == {"alembic_version"}
    assert not empty.schema_is_current()


def test_attack_134_an_older_database_keeps_what_is_in_it(
    empty: Store, empty_database_url: str, connection: Connection, now: datetime
) -> None:
    _move(empty_database_url, command.upgrade, "0001")
    assert not empty.schema_is_current()
    empty.achievements.add(version(now), [image()])
    empty.migrate()

    assert empty.schema_is_current()
    assert empty.achievements.newest("mentor-foundation") == version(now)
    token = empty.shared_results.create({"verdict": "verified"}, now=now, ends_at=now + timedelta(days=1))
    assert empty.shared_results.get(token, now) == {"verdict": "verified"}

    _move(empty_database_url, command.downgrade, "0001")
    assert "trusted_lists" not in _tables(connection)
    assert empty.achievements.newest("mentor-foundation") == version(now)


def test_attack_134_an_interrupted_upgrade_leaves_the_older_version_running(
    empty: Store, empty_database_url: str, connection: Connection, now: datetime
) -> None:
    _move(empty_database_url, command.upgrade, "0001")
    empty.achievements.add(version(now), [image()])
    before = _tables(connection)
    connection.execute(text("CREATE TABLE shared_results (x INTEGER)"))
    connection.commit()
    with pytest.raises((UnavailableError, ProgrammingError)):
        empty.migrate()

    assert _tables(connection) == {*before, "shared_results"}
    assert empty.achievements.newest("mentor-foundation") == version(now)


def _move(database_url: str, there: Callable[[Config, str], None], revision: str) -> None:
    """Up or down to one revision, as `migrate` does."""
    engine = open_engine(database_url)
    with Database(engine).writing() as connection:
        there(_config(connection), revision)
    engine.dispose()


def _config(connection: Connection) -> Config:
    config = schema.alembic_config()
    config.attributes["connection"] = connection
    return config


def test_attack_134_an_interrupted_migration_leaves_the_database_as_it_was(
    empty: Store, connection: Connection
) -> None:
    # Something stands in the way of the last table, as would a full disk: all before it is undone too.
    connection.execute(text("CREATE TABLE status_indexes (x INTEGER)"))
    connection.commit()
    with pytest.raises((UnavailableError, ProgrammingError)):
        empty.migrate()

    assert _tables(connection) == {"status_indexes"}
    connection.execute(text("DROP TABLE status_indexes"))
    connection.commit()
    empty.migrate()
    assert empty.schema_is_current()


def test_attack_134_a_newer_database_is_refused_and_left_alone(store: Store, database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for refused in (store.migrate, store.schema_is_current, store.check):
        with pytest.raises(SettingsError, match="newer version"):
            refused()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_processes_may_migrate_at_once(empty_database_url: str, now: datetime) -> None:
    stores = [open_store(empty_database_url, secret_key=_KEY) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda store: store.migrate(), stores))

    stores[0].achievements.add(version(now), [image()])
    assert all(store.achievements.list_newest() for store in stores)
    for store in stores:
        store.close()

"""Fixtures that every part of the tests shares: an instant, and databases of both kinds.

`database_url`, `store` and `service` run each test twice, on SQLite and on PostgreSQL; each test has a
database of its own, already migrated. `empty_database_url` is one without tables.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from credserv.store.store import Store, open_store
from tests.testkit.databases import PostgresServer, postgres_server

if TYPE_CHECKING:
    from tests.testkit.service import Service

SECRET_KEY = b"a secret key for tests, 32 bytes or more"
BOTH = ("sqlite", "postgresql")


@pytest.fixture
def now() -> datetime:
    """The one instant of a test, aware UTC."""
    return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "credserv.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database: one test run on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "credserv.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(template=server.template("migrated", _migrate))
    yield server.database_url(name)
    server.drop(name)


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.database_url(name)
    server.drop(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store."""
    opened = open_store(database_url, secret_key=SECRET_KEY)
    yield opened
    opened.close()


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Service:
    """A whole service, on either database: see tests/testkit/service.py."""
    from tests.testkit.service import make_service

    return make_service(database_url, tmp_path)


@pytest.fixture
def sqlite_service(sqlite_template: Path, tmp_path: Path) -> Service:
    """A whole service on SQLite, for what the kind of database cannot change."""
    from tests.testkit.service import make_service

    path = tmp_path / "credserv.sqlite"
    shutil.copyfile(sqlite_template, path)
    return make_service(f"sqlite:///{path}", tmp_path)


def _migrate(url: str) -> None:
    store = open_store(url, secret_key=SECRET_KEY)
    try:
        store.migrate()
    finally:
        store.close()

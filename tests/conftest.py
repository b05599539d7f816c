"""Fixtures that every part of the tests shares: an instant, and databases of both kinds.

`database_url`, `store` and `service` run each test twice, on SQLite and on PostgreSQL; each test has a
database of its own, already migrated. `empty_database_url` is one without tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from credserv.carriers import reader_process
from credserv.journeys.operate import readiness
from credserv.store.store import Store, open_store
from credserv.verifying.checks import schemas
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.databases import PostgresServer, postgres_server
from tests.testkit.memory import folder_in_memory
from tests.testkit.organisations import MAIN_ORGANISATION
from tests.testkit.ready import SECRET_KEY, migrate, migrated_sqlite
from tests.testkit.warm import share_what_is_compiled

if TYPE_CHECKING:
    from tests.testkit.service import Service

BOTH = ("sqlite", "postgresql")
# Where tests start processes or wait for time, more than they compute, and share little.
WAITING = (
    "tests/journeys/award/test_kill.py",
    "tests/hostile/test_machine.py",
    "tests/hostile/test_crowd.py",
    "tests/unit/jobs/test_jobs.py",
    "tests/prove/",
    "tests/hostile/test_slow_hosts.py",
    "tests/journeys/operate/test_demo.py",
    "tests/unit/processes/test_supervisor.py",
    "tests/hostile/test_found_b14.py",
    "tests/journeys/admit/test_remembered.py",
    "tests/journeys/sign/test_conformance_serve.py",
)

share_what_is_compiled()


def pytest_configure() -> None:
    """Folders of tests lie in memory where there is room."""
    if memory := folder_in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For `./dev test`: a file is one worker's, since its tests share what they make. One worker does what
    waits while the others compute; whoever has done its own helps with the rest, test by test."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # the library has no types
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(WAITING) else nodeid.partition("::")[0]

        def _assign_work_unit(self, node: Any) -> None:
            waits = node is self.nodes[0]
            chosen = next((unit for unit in self.workqueue if unit.startswith(WAITING) == waits), None)
            if chosen:
                self.workqueue.move_to_end(chosen, last=False)
            super()._assign_work_unit(node)

    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def _time_for_all() -> Iterator[None]:
    """No verdict of a test depends on how busy the machine is: what bounds a reader here is its CPU time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_process, "_DEADLINE_SECONDS", HANGS_AFTER)
        patch.setattr(reader_process, "_WAIT_SECONDS", HANGS_AFTER)
        patch.setattr(schemas, "_DEADLINE_SECONDS", HANGS_AFTER)
        patch.setattr(readiness, "PATIENCE_SECONDS", HANGS_AFTER)
        yield


@pytest.fixture
def now() -> datetime:
    """The one instant of a test, aware UTC."""
    return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server(data_in=folder_in_memory()) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file, to be copied."""
    return migrated_sqlite()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database: one test run on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "credserv.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    if "copied" in request.fixturenames:
        from tests.testkit.service import fill_for_copies

        template = server.template("ready", fill_for_copies)
    else:
        template = server.template("migrated", migrate)
    name = server.create(template=template)
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
    """A migrated store with the organisation `main` in it."""
    opened = open_store(database_url, secret_key=SECRET_KEY)
    opened.organisations.create(MAIN_ORGANISATION, datetime(2026, 3, 1, tzinfo=UTC))
    yield opened
    opened.close()


@pytest.fixture
def copied() -> None:
    """Tells `database_url` that a test wants the database of a whole service."""


@pytest.fixture
def service(copied: None, database_url: str, tmp_path: Path) -> Service:
    """A whole service, on either database: see tests/testkit/service.py."""
    from tests.testkit.service import copy_service, make_service

    if database_url.startswith("postgresql"):
        return copy_service(database_url, tmp_path)
    return make_service(database_url, tmp_path)


@pytest.fixture
def sqlite_service(sqlite_template: Path, tmp_path: Path) -> Service:
    """A whole service on SQLite, for what the kind of database cannot change."""
    from tests.testkit.service import make_service

    path = tmp_path / "credserv.sqlite"
    shutil.copyfile(sqlite_template, path)
    return make_service(f"sqlite:///{path}", tmp_path)

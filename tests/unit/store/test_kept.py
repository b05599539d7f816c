"""PostgreSQL's connections that stay at hand for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from sqlalchemy import event

from credserv.records.audit import AuditRecord
from credserv.store.frame import kept
from credserv.store.store import Store, open_store
from tests.testkit.databases import PostgresServer
from tests.testkit.organisations import MAIN_ORGANISATION
from tests.testkit.ready import SECRET_KEY, migrate


@pytest.fixture
def kept_store(postgres: PostgresServer, now: datetime) -> Iterator[tuple[Store, str]]:
    """A store on PostgreSQL that has just read and written, and its database."""
    name = postgres.create()
    migrate(postgres.database_url(name))
    store = open_store(postgres.database_url(name), secret_key=SECRET_KEY)
    store.organisations.create(MAIN_ORGANISATION, now)
    store.sources.list()
    yield store, name
    store.close()
    postgres.drop(name)


def _line(now: datetime) -> AuditRecord:
    return AuditRecord(now, "test", "a", "subject", {})


def test_a_connection_that_the_server_ended_is_not_lent(
    postgres: PostgresServer, kept_store: tuple[Store, str], now: datetime
) -> None:
    store, name = kept_store
    store.audit.add(_line(now))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        assert connection.execute(ended, [name]).rowcount == 2
    assert len(store.audit.recent(9)) == 1
    store.audit.add(_line(now))
    assert len(store.audit.recent(9)) == 2


def test_a_reader_leaves_no_transaction_open(postgres: PostgresServer, kept_store: tuple[Store, str]) -> None:
    _, name = kept_store
    with psycopg.connect(postgres.url) as connection:
        states = "SELECT state FROM pg_stat_activity WHERE datname = %s"
        assert set(connection.execute(states, [name])) == {("idle",)}


@pytest.mark.parametrize(("alive_seconds", "returned"), [(60.0, 0), (0.0, 2)])
def test_a_connection_that_rested_for_too_long_goes_back_to_the_pool(
    kept_store: tuple[Store, str],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    alive_seconds: float,
    returned: int,
) -> None:
    store, _ = kept_store
    store.audit.add(_line(now))
    monkeypatch.setattr(kept, "_ALIVE_SECONDS", alive_seconds)
    seen = []
    event.listen(store._database.engine, "checkin", lambda *_: seen.append(1))
    store.audit.add(_line(now))
    store.audit.recent(9)
    assert len(seen) == returned

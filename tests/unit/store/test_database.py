"""Transactions that join, and the database's own errors told in our words."""

from __future__ import annotations

import sqlite3
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from credserv.app.settings import Settings
from credserv.ground.errors import ConflictError, InputError, SettingsError, UnavailableError
from credserv.jobs.database import open_engine as open_jobs_engine
from credserv.records.audit import AuditRecord
from credserv.store.frame.database import Database, insert_all_absent, open_engine
from credserv.store.frame.secrets import SecretBox
from credserv.store.store import Store, open_store
from credserv.store.tables import images
from tests.unit.store.samples import event, source

_MINIMAL = {"CREDSERV_SECRET_KEY": "0123456789abcdef" * 4, "CREDSERV_KEY_PASSPHRASE": "a passphrase of words"}


def _line(now: datetime, action: str = "a") -> AuditRecord:
    return AuditRecord(now, "test", action, "subject", {"n": 1, "inner": {"ä": [None]}})


def test_audit_lines_come_back_in_order(store: Store, now: datetime) -> None:
    for action in "abc":
        store.audit.add(_line(now, action))

    assert store.audit.recent(2) == (_line(now, "c"), _line(now, "b"))
    (_, last) = store.audit.page(before=None, limit=2)
    store.audit.add(_line(now, "d"))  # between two pages: it hides nothing of the second
    assert [line for _, line in store.audit.page(before=last[0], limit=2)] == [_line(now, "a")]
    assert [line.action for line in store.audit.of_subject("subject")] == ["a", "b", "c", "d"]
    assert store.audit.of_subject("other") == ()


def test_a_transaction_is_all_or_nothing(store: Store, now: datetime) -> None:
    def stumble() -> None:
        with store.transaction():
            store.audit.add(_line(now))
            store.sources.create(source(now))
            assert len(store.audit.recent(9)) == 1  # it sees its own work
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stumble()
    assert store.audit.recent(9) == ()
    assert store.sources.list() == ()

    with store.transaction(), store.transaction():
        store.audit.add(_line(now))
        store.sources.create(source(now))
    assert len(store.audit.recent(9)) == len(store.sources.list()) == 1


def test_a_transaction_goes_on_after_an_error_inside(filled: Store, now: datetime) -> None:
    with filled.transaction():
        filled.events.record(event(now))
        with pytest.raises(ConflictError):
            filled.events.record(event(now, body=b"other"))
        with pytest.raises(ConflictError):
            filled.sources.create(source(now))
        filled.audit.add(_line(now))
    assert filled.events.get("academy", "evt_1") == event(now)
    assert filled.audit.recent(9) == (_line(now),)


def test_values_that_fit_no_column_are_the_callers_fault(filled: Store, now: datetime) -> None:
    for version in (2**63, 10**30):
        try:
            assert filled.achievements.get("mentor-foundation", version) is None
        except InputError:
            continue
    with pytest.raises(InputError):
        filled.audit.add(AuditRecord(now, "\ud800", "a", "s"))


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database, but longer than a hundred bytes" * 9)
    for url in (
        "postgresql://nobody@127.0.0.1:1/none",
        f"sqlite:///{tmp_path}/no/such/folder/file",
    ):
        store = open_store(url, secret_key=b"k" * 32)
        with pytest.raises(UnavailableError):
            store.check()
        with pytest.raises(UnavailableError):
            store.migrate()
        store.close()


def test_a_database_that_takes_no_writes_still_reads(database_url: str, filled: Store, now: datetime) -> None:
    store = _no_room(database_url) if database_url.startswith("sqlite") else _standby(database_url)

    with pytest.raises(UnavailableError):
        store.events.record(event(now, body=b"x" * 100_000))
    assert store.events.get("academy", "evt_1") is None
    assert filled.sources.get("academy") == source(now)
    store.close()


def _no_room(url: str) -> Store:
    """SQLite on a disk that is full."""
    engine = open_engine(url)
    with Database(engine).writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    return Store(Database(engine), SecretBox(b"k" * 32))


def _standby(url: str) -> Store:
    """PostgreSQL as it is after a failover to a server that only follows."""
    return open_store(f"{url}?options=-c%20default_transaction_read_only%3Don", secret_key=b"k" * 32)


def test_check_asks_for_the_tables(empty_database_url: str) -> None:
    store = open_store(empty_database_url, secret_key=b"k" * 32)
    with pytest.raises(UnavailableError, match="migrated"):
        store.check()
    store.migrate()
    store.check()
    store.close()


@pytest.mark.parametrize("url", ["", "no url", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_is_no_database_of_ours(url: str) -> None:
    with pytest.raises(SettingsError):
        open_store(url, secret_key=b"k" * 32)


def test_sqlite_is_set_up_for_many_writers(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/credserv.sqlite")
    with engine.connect() as connection:
        pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        values = [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in pragmas]
    engine.dispose()

    full = 2
    assert values == ["wal", 1, 10_000, full]


def test_threads_of_one_process_write_in_turns(database_url: str) -> None:
    """Nobody waits by sleeping: SQLite lets a second writer ask again after growing pauses."""
    engine = open_engine(database_url)
    database, together = Database(engine), threading.Barrier(8)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counted (number INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))

    def count(_number: int) -> None:
        together.wait()
        for _ in range(20):
            with database.writing() as connection:
                connection.execute(text("UPDATE counted SET number = number + 1"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    with database.reading() as connection:
        assert connection.execute(text("SELECT number FROM counted")).scalar_one() == 160
    engine.dispose()


def test_a_turn_that_does_not_come_in_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credserv.store.frame.database._BUSY_SECONDS", 0.05)
    engine = open_engine(f"sqlite:///{tmp_path}/credserv.sqlite")
    database = Database(engine)

    def write() -> None:
        with database.writing():
            pass

    with database.writing(), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(write)
        with pytest.raises(UnavailableError):
            waiting.result()
    write()
    engine.dispose()


@pytest.mark.parametrize(("there", "all_new"), [((), True), ((2,), False)])
def test_many_rows_at_once_tell_whether_all_were_new(
    database_url: str, filled: Store, now: datetime, there: tuple[int, ...], all_new: bool
) -> None:
    def rows(*numbers: int) -> list[dict[str, object]]:
        return [{"sha256": f"{number:064}", "media_type": "image/png", "content": b""} for number in numbers]

    with filled._database.writing() as connection:
        insert_all_absent(connection, images, rows(*there))
        assert insert_all_absent(connection, images, rows(1, 2, 3)) is all_new
        assert insert_all_absent(connection, images, []) is True


def test_personal_data_is_not_in_what_an_error_says(filled: Store, now: datetime) -> None:
    line = AuditRecord(now, "ann@example.org", "a", None)  # type: ignore[arg-type]  # a broken constraint
    with pytest.raises(ConflictError) as caught:
        filled.audit.add(line)

    told = "".join(traceback.format_exception(caught.value))
    assert "audit_lines" in told
    assert "ann@example.org" not in told


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%41b", "a&b=c", "Käthe Daten", "a+b"])
def test_b20_a_folder_of_any_name_holds_the_database(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    made = Settings.from_env({**_MINIMAL, "CREDSERV_DATA_DIR": str(folder)})
    opened = open_store(made.database_url, secret_key=b"k" * 32)
    opened.migrate()
    opened.close()
    jobs = open_jobs_engine(made.jobs_database_url, patience_seconds=1)
    with jobs.connect():
        pass
    jobs.dispose()

    assert {file.name for file in folder.iterdir()} >= {"credserv.sqlite", "jobs.sqlite"}
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_who_comes_first_while_another_writes_waits_for_them(tmp_path: Path) -> None:
    """A new file is not in its mode yet; SQLite does not wait there by itself."""
    path = tmp_path / "new.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE held (at TEXT)")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(path).execute("PRAGMA journal_mode = WAL")  # the reason for all this
    ended = threading.Timer(0.3, other.execute, ["COMMIT"])
    ended.start()
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    engine.dispose()
    ended.join()
    other.close()

"""The queue: once per job and subject, tried again, taken over from the dead, and never a leak of names."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, make_url, select

from credserv.ground.errors import ConflictError, InputError, NotFoundError, UnavailableError
from credserv.jobs.client import DbosJobs
from credserv.jobs.database import SCHEMA, migrate, open_engine
from credserv.jobs.execution import JobWorker, Pace
from tests.testkit import jobworker
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.forked import Forked
from tests.testkit.jobworker import FAST


@pytest.fixture
def jobs(empty_database_url: str) -> Iterator[DbosJobs]:
    client = DbosJobs(empty_database_url)
    yield client
    client.close()


@contextmanager
def worker(
    url: str,
    functions: dict[str, Callable[[str], None]],
    *,
    executor_id: str | None = None,
    pace: Pace = FAST,
) -> Iterator[JobWorker]:
    started = JobWorker(url, functions, executor_id=executor_id, pace=pace)
    started.start()
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def process(url: str, folder: Path, executor_id: str | None = None) -> Iterator[Forked]:
    started = Forked(jobworker.main, url, folder, executor_id, environ=os.environ)
    try:
        wait_until(lambda: (folder / f"ready-{started.pid}").exists() or started.poll() is not None)
        yield started
    finally:
        started.kill()
        started.wait()


def wait_until(condition: Callable[[], object], seconds: float = HANGS_AFTER) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


def lines(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def everything_kept(url: str) -> str:
    """All that the database of the queue holds, as text."""
    engine = create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://")))
    tables = MetaData(schema=None if engine.dialect.name == "sqlite" else SCHEMA)
    tables.reflect(engine)
    with engine.connect() as connection:
        kept = repr([list(connection.execute(select(table))) for table in tables.sorted_tables])
    engine.dispose()
    return kept


def test_a_job_runs_once_however_often_it_is_enqueued(empty_database_url: str, jobs: DbosJobs) -> None:
    done: list[str] = []
    with worker(empty_database_url, {"note": done.append}):
        for _ in range(5):
            jobs.enqueue("note", "a")
        jobs.enqueue("note", "b")
        wait_until(lambda: {"a", "b"} <= set(done))
        jobs.enqueue("note", "a")
        time.sleep(0.3)
    assert sorted(done) == ["a", "b"]
    assert jobs.failed() == ()


def test_a_job_enqueued_while_no_worker_runs_waits_for_one(empty_database_url: str, jobs: DbosJobs) -> None:
    done: list[str] = []
    with worker(empty_database_url, {"note": done.append}):
        pass
    jobs.enqueue("note", "a")
    with worker(empty_database_url, {"note": done.append}):
        wait_until(lambda: done)
    assert done == ["a"]


def test_a_thousand_jobs_of_one_organisation_keep_no_other_waiting(
    empty_database_url: str, jobs: DbosJobs
) -> None:
    """Those whose subject says whose they are take turns; what is nobody's own waits for none of them."""
    done: list[str] = []
    engine = open_engine(empty_database_url, patience_seconds=30)
    migrate(engine)
    engine.dispose()
    for number in range(60):
        jobs.enqueue("note", f"acme/{number}")
    for subject in ("acme-guild/0", "acme-guild/1", "nobody's"):
        jobs.enqueue("note", subject)
    with worker(empty_database_url, {"note": done.append}):
        wait_until(lambda: len(done) == 63)
    assert set(done[:12]) >= {"acme/0", "acme/1", "acme-guild/0", "acme-guild/1", "nobody's"}


def test_enqueueing_before_the_queue_has_tables_is_unavailable(jobs: DbosJobs) -> None:
    with pytest.raises(UnavailableError):
        jobs.enqueue("note", "a")


def test_enqueueing_without_a_server_is_unavailable() -> None:
    away = DbosJobs("postgresql://nobody:secret@127.0.0.1:1/nowhere")
    with pytest.raises(UnavailableError) as raised:
        away.enqueue("note", "a")
    away.close()
    assert "secret" not in raised.value.detail


def test_a_locked_queue_holds_a_web_request_for_two_seconds_at_most(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    engine = open_engine(url, patience_seconds=1)
    migrate(engine)
    engine.dispose()
    jobs = DbosJobs(url)
    holder = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(UnavailableError):
        jobs.enqueue("note", "a")
    assert time.monotonic() - begun < HANGS_AFTER
    holder.execute("ROLLBACK")
    holder.close()
    jobs.enqueue("note", "a")
    jobs.close()


def test_who_makes_the_queue_while_another_writes_waits_for_them(tmp_path: Path) -> None:
    """As for the store (tests/unit/store/test_database.py): of a new file SQLite says "locked" at once."""
    path = tmp_path / "new.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE held (at TEXT)")
    ended = threading.Timer(0.3, other.execute, ["COMMIT"])
    ended.start()
    engine = open_engine(f"sqlite:///{path}", patience_seconds=30)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    engine.dispose()
    ended.join()
    other.close()


def test_what_fails_for_now_is_tried_again_until_it_works(empty_database_url: str, jobs: DbosJobs) -> None:
    tries: list[str] = []

    def works_at_last(subject_id: str) -> None:
        tries.append(subject_id)
        if len(tries) < 8:
            raise UnavailableError("the mail server is away")

    with worker(empty_database_url, {"deliver": works_at_last}):
        jobs.enqueue("deliver", "a")
        wait_until(lambda: len(tries) == 8)
        time.sleep(0.3)
    assert len(tries) == 8
    assert jobs.failed() == ()


def test_attack_137_poison_job(empty_database_url: str, jobs: DbosJobs) -> None:
    """It ends as failed, visibly; the others go on; an administrator can begin it anew."""
    done: list[str] = []
    mended = threading.Event()

    def deliver(subject_id: str) -> None:
        if subject_id == "poison" and not mended.is_set():
            raise UnavailableError("it never works")
        done.append(subject_id)

    with worker(empty_database_url, {"deliver": deliver}):
        jobs.enqueue("deliver", "poison")
        for subject in "abc":
            jobs.enqueue("deliver", subject)
        wait_until(lambda: len(done) == 3 and jobs.failed())
        (failed,) = jobs.failed()
        assert (failed.job, failed.subject_id) == ("deliver", "poison")
        assert failed.reason == "unavailable: it never works"
        assert datetime.now(UTC) - failed.failed_at < timedelta(minutes=1)
        mended.set()
        jobs.retry("deliver", "poison")
        wait_until(lambda: "poison" in done)
    assert sorted(done) == ["a", "b", "c", "poison"]
    assert jobs.failed() == ()


def test_what_is_not_there_yet_is_tried_again(empty_database_url: str, jobs: DbosJobs) -> None:
    tries: list[str] = []

    def find(subject_id: str) -> None:
        tries.append(subject_id)
        if len(tries) == 1:
            raise NotFoundError("there is no issued credential a")

    with worker(empty_database_url, {"deliver": find}):
        jobs.enqueue("deliver", "a")
        wait_until(lambda: len(tries) == 2)
    assert jobs.failed() == ()


def test_what_can_never_be_done_is_not_tried_again(empty_database_url: str, jobs: DbosJobs) -> None:
    tries: list[str] = []

    def refuse(subject_id: str) -> None:
        tries.append(subject_id)
        raise InputError("there is no such credential")

    with worker(empty_database_url, {"deliver": refuse}):
        jobs.enqueue("deliver", "a")
        wait_until(jobs.failed)
    assert tries == ["a"]
    assert jobs.failed()[0].reason == "invalid-input: there is no such credential"


def test_retry_leaves_jobs_alone_whose_ids_begin_alike(empty_database_url: str, jobs: DbosJobs) -> None:
    done: list[str] = []
    with worker(empty_database_url, {"note": done.append}):
        jobs.enqueue("note", "a")
        jobs.enqueue("note", "ab")
        wait_until(lambda: len(done) == 2)
        jobs.retry("note", "a")
        wait_until(lambda: len(done) == 3)
        jobs.enqueue("note", "ab")
        time.sleep(0.3)
    assert sorted(done) == ["a", "a", "ab"]


def test_attack_117_erasure_finds_no_names_in_the_queue(
    empty_database_url: str, jobs: DbosJobs, caplog: pytest.LogCaptureFixture
) -> None:
    """The text of an error that we did not write is neither kept nor logged."""

    def leak(_subject_id: str) -> None:
        raise ValueError("no mailbox ada.lovelace@example.org")

    caplog.set_level(logging.DEBUG)
    with worker(empty_database_url, {"deliver": leak}):
        jobs.enqueue("deliver", "credential-1")
        wait_until(jobs.failed)
    kept = everything_kept(empty_database_url)
    assert "credential-1" in kept
    assert "ada.l" not in kept
    assert "ada.l" not in caplog.text
    assert "ValueError at" in caplog.text
    assert "test_jobs.py:" in jobs.failed()[0].reason


def test_nothing_is_kept_that_needs_unpickling(empty_database_url: str, jobs: DbosJobs) -> None:
    """Whoever can write to the queue's database must not run code in the worker."""
    with worker(empty_database_url, {"note": lambda _subject_id: None}):
        jobs.enqueue("note", "a")
        wait_until(lambda: "SUCCESS" in everything_kept(empty_database_url))
    assert "pickle" not in everything_kept(empty_database_url)


def test_attack_124_worker_host_never_comes_back(
    empty_database_url: str, jobs: DbosJobs, tmp_path: Path
) -> None:
    done: list[str] = []
    with process(empty_database_url, tmp_path) as dying:
        jobs.enqueue("hang", "a")
        wait_until(lambda: lines(tmp_path))
        dying.kill()
        dying.wait()
    with worker(empty_database_url, {"hang": done.append}):
        wait_until(lambda: done)
    assert done == ["a"]


def test_a_living_worker_keeps_its_jobs(empty_database_url: str, jobs: DbosJobs, tmp_path: Path) -> None:
    done: list[str] = []
    with process(empty_database_url, tmp_path) as busy:
        jobs.enqueue("hang", "a")
        wait_until(lambda: lines(tmp_path))
        with worker(empty_database_url, {"hang": done.append}) as other:
            time.sleep(2.5 * FAST.dead_after_seconds)
            assert other.take_over() == ()
        (tmp_path / "go").touch()
        busy.terminate()
        assert busy.wait(HANGS_AFTER) == 0
    assert done == []


def test_attack_137_a_job_that_kills_its_worker_ends(
    empty_database_url: str, jobs: DbosJobs, tmp_path: Path
) -> None:
    with process(empty_database_url, tmp_path):
        pass
    jobs.enqueue("kill", "poison")
    for _ in range(12):
        if jobs.failed():
            break
        with process(empty_database_url, tmp_path) as dying:
            wait_until(lambda dying=dying: dying.poll() is not None or jobs.failed())
    assert jobs.failed()[0].reason == "it ended its worker each time"
    assert lines(tmp_path).count("kill poison") == 6
    with process(empty_database_url, tmp_path):
        jobs.enqueue("note", "a")
        wait_until(lambda: "note a" in lines(tmp_path))


def test_attack_125_two_workers_with_one_executor_id(empty_database_url: str, tmp_path: Path) -> None:
    with process(empty_database_url, tmp_path, "worker-1") as first:
        second = JobWorker(empty_database_url, {}, executor_id="worker-1", pace=FAST)
        with pytest.raises(ConflictError, match="worker-1"):
            second.start()
        first.kill()
        first.wait()
        wait_until(lambda: _starts(empty_database_url), seconds=5 * FAST.dead_after_seconds)


def _starts(url: str) -> bool:
    again = JobWorker(url, {}, executor_id="worker-1", pace=FAST)
    try:
        again.start()
    except ConflictError:
        return False
    again.stop()
    return True


def test_attack_131_sigterm_waits_for_running_jobs(empty_database_url: str, jobs: DbosJobs) -> None:
    begun, done = threading.Event(), threading.Event()

    def slow(_subject_id: str) -> None:
        begun.set()
        time.sleep(0.7)
        done.set()

    running = JobWorker(empty_database_url, {"slow": slow}, pace=FAST)
    running.start()
    jobs.enqueue("slow", "a")
    assert begun.wait(HANGS_AFTER)
    assert running.stop(drain_seconds=HANGS_AFTER)
    assert done.is_set()


def test_attack_131_a_job_that_does_not_end_is_left_to_the_next_worker(
    empty_database_url: str, jobs: DbosJobs
) -> None:
    begun, release = threading.Event(), threading.Event()

    def stuck(_subject_id: str) -> None:
        begun.set()
        release.wait(4 * HANGS_AFTER)

    running = JobWorker(empty_database_url, {"stuck": stuck}, pace=FAST)
    running.start()
    jobs.enqueue("stuck", "a")
    assert begun.wait(HANGS_AFTER)
    stopping = time.monotonic()
    assert not running.stop(drain_seconds=1)
    assert time.monotonic() - stopping < HANGS_AFTER
    release.set()
    done: list[str] = []
    with worker(empty_database_url, {"stuck": done.append}):
        wait_until(lambda: done)


def test_rows_of_jobs_long_done_are_dropped(empty_database_url: str, jobs: DbosJobs) -> None:
    done: list[str] = []

    def deliver(subject_id: str) -> None:
        if subject_id == "bad":
            raise InputError("never")
        done.append(subject_id)

    with worker(empty_database_url, {"deliver": deliver}):
        jobs.enqueue("deliver", "a")
        jobs.enqueue("deliver", "bad")
        wait_until(lambda: done and jobs.failed())
        time.sleep(0.2)
    assert jobs.purge(done_before=datetime.now(UTC) - timedelta(hours=1)) == 0
    assert jobs.purge(done_before=datetime.now(UTC) + timedelta(hours=1)) == 1
    assert len(jobs.failed()) == 1


def test_pauses_grow_to_six_hours_and_last_two_days() -> None:
    pace = Pace()
    pauses = [pace.pause_after(attempt) for attempt in range(1, pace.attempts)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 6 * 3600
    assert timedelta(days=1, hours=12) < timedelta(seconds=sum(pauses)) < timedelta(days=3)

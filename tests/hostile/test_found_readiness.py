"""/readyz tells the truth part by part, also while something hangs (found.md O2, O3, O6, F8)."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from credserv.app.factory import create_app
from credserv.ground.errors import UnavailableError
from credserv.jobs.client import DbosJobs
from credserv.jobs.execution import JobWorker
from credserv.journeys.operate.readiness import LOOK_SECONDS, Found, Part, Readiness, parts_of
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.jobworker import FAST
from tests.testkit.service import Service


def wrong(service: Service) -> tuple[int, dict[str, str]]:
    """The status, and what is said of each part that is not well."""
    answer = create_app(service.settings, service.services, clock=service.clock).test_client().get("/readyz")
    parts = answer.json["parts"]
    return answer.status_code, {name: part["detail"] for name, part in parts.items() if not part["ok"]}


def test_found_f8_a_database_that_takes_no_writes_is_named(sqlite_service: Service) -> None:
    """A full disk, or a standby: what reads goes on, and nobody sends new work here."""
    engine = sqlite_service.services.store._database.engine

    def refuse(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN", "PRAGMA")):
            raise OperationalError(statement, {}, OSError("No space left on device"))

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        status, found = wrong(sqlite_service)
    finally:
        event.remove(engine, "before_cursor_execute", refuse)
    assert status == 503
    assert "database-writes" in found
    assert "database" not in found
    assert wrong(sqlite_service)[0] == 200


def test_found_o2_little_room_and_a_key_that_is_gone_are_named(sqlite_service: Service) -> None:
    settings = replace(sqlite_service.settings, min_free_megabytes=10**9)
    status, found = wrong(replace(sqlite_service, settings=settings))
    assert (status, "disk" in found) == (200, True)
    (key,) = sqlite_service.settings.keys_dir.glob("*.pem")
    hidden = key.rename(key.with_suffix(".hidden"))
    assert "keys-folder" in wrong(sqlite_service)[1]
    hidden.rename(key)
    assert "keys-folder" not in wrong(sqlite_service)[1]


def test_found_o1_a_clock_that_is_wrong_is_named(sqlite_service: Service) -> None:
    sqlite_service.issue()
    sqlite_service.clock.now -= timedelta(days=30)
    assert "clock" in wrong(sqlite_service)[1]


def test_attack_132_a_clock_that_jumped_is_named_and_decides(sqlite_service: Service) -> None:
    def jumped() -> None:
        raise UnavailableError("the clock of this machine jumped 30 days ahead")

    parts = parts_of(lambda: sqlite_service.services, sqlite_service.clock, jumped)
    assert Readiness(parts).find()["clock-steady"] == Found(
        "the clock of this machine jumped 30 days ahead", decides=True
    )


def test_found_o2_the_worker_and_its_queue_are_named(sqlite_service: Service) -> None:
    assert list(wrong(sqlite_service)[1]) == ["worker"]
    worker = JobWorker(sqlite_service.settings.jobs_database_url, {"any": lambda _id: None}, pace=FAST)
    worker.start()
    try:
        assert wrong(sqlite_service) == (200, {})
    finally:
        worker.stop()
    away = DbosJobs("postgresql://nobody@127.0.0.1:9/none")
    found = wrong(replace(sqlite_service, services=replace(sqlite_service.services, jobs=away)))[1]
    away.close()
    assert {"queue", "worker"} <= set(found)


def test_found_o3_a_part_that_hangs_is_told_while_the_others_are() -> None:
    """Whoever asks again meanwhile does not pile up threads behind it."""
    released, looks = threading.Event(), []

    def hang() -> None:
        looks.append(threading.current_thread())
        assert released.wait(HANGS_AFTER)

    def fail() -> None:
        raise UnavailableError("it is away")

    readiness = Readiness(
        {"hangs": Part(hang), "fails": Part(fail, decides=False), "well": Part(lambda: None)},
        patience_seconds=0.2,
    )
    for _ in range(3):
        found = readiness.find()
        assert {name: one.fault for name, one in found.items()} == {
            "hangs": "it does not answer",
            "fails": "it is away",
            "well": "",
        }
    assert len(looks) == 1
    released.set()
    deadline = time.monotonic() + HANGS_AFTER
    while readiness.find()["hangs"].fault:
        assert time.monotonic() < deadline


def test_found_o3_a_part_that_is_well_is_not_asked_each_time() -> None:
    looks: list[float] = []
    readiness = Readiness({"well": Part(lambda: looks.append(time.monotonic()))})
    for _ in range(20):
        readiness.find()
    assert len(looks) <= 1 + (looks[-1] - looks[0]) / LOOK_SECONDS


def test_a_fault_of_our_own_is_told_as_one() -> None:
    def broken() -> None:
        raise ValueError("a secret that is not told")

    (found,) = Readiness({"broken": Part(broken)}).find().values()
    assert found.fault == "it could not be looked at (ValueError)"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_secret_is_told(sqlite_service: Service, path: str) -> None:
    said = sqlite_service.client().get(path).text
    assert str(sqlite_service.settings.data_dir) not in said

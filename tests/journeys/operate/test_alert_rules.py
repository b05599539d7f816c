"""The rules and the dashboard of deploy/, over what /metrics says: a rule is quiet until its fault is made.

How long a rule waits before somebody is told (`for`) is Prometheus's own, and not tried.
"""

from __future__ import annotations

import gc
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from credserv.app import metrics
from credserv.app.factory import create_app
from credserv.app.last_backup import note_backup
from credserv.app.signing_keys import stop_signing
from credserv.jobs.client import DbosJobs
from credserv.jobs.database import Heartbeats, migrate, open_engine
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.operate import readiness
from credserv.journeys.publish.publish import publish_due
from credserv.processes.turns import look_over, open_mailer
from tests.testkit.processes import free_port
from tests.testkit.promql import Readings, names_in
from tests.testkit.service import Service, make_service

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
RULES = {
    rule["alert"]: rule["expr"]
    for rule in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
}
BOARD = json.loads((DEPLOY / "grafana" / "credserv.json").read_text())


def scrape(service: Service) -> str:
    """As Prometheus asks for it."""
    return str(service.app.test_client().get("/metrics").text)


def firing(before: str, now: str, seconds: float = 300.0) -> set[str]:
    readings = Readings(before, now, seconds)
    return {name for name, expression in RULES.items() if readings.find(expression)}


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of today with a badge whose letter waits, a copy, and room. Each scrape looks anew."""
    folder = tmp_path_factory.mktemp("alerts")
    metrics.begin_to_count()
    gc.collect()  # services of other tests let go of what they count
    for gauge in metrics._GAUGES.values():
        gauge.set(0)
    away = {"smtp_url": f"smtp://127.0.0.1:{free_port()}", "mail_from": "badges@example.org"}
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, min_free_megabytes=1, **away)
    service.clock.now = datetime.now(UTC)
    service.issue()
    publish_due(service.services, now=service.clock.now)
    note_backup(service.settings.data_dir, service.clock.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readiness, "LOOK_SECONDS", 0.0)
        patch.setattr(metrics, "FIGURES_SECONDS", 0.0)
        yield service


def a_worker_is_heard_of(service: Service) -> None:
    engine = open_engine(service.settings.jobs_database_url, patience_seconds=10)
    migrate(engine)
    Heartbeats(engine, "a worker", 0).beat()
    engine.dispose()


def file_of(service: Service) -> Path:
    return Path(service.settings.database_url.removeprefix("sqlite:///"))


# --- faults: what each does to the service; returns what is scraped after it ----------------------------


def nobody_answers(_service: Service) -> str:
    return ""


def the_database_goes_away(service: Service) -> str:
    """And requests fail meanwhile."""
    path = file_of(service)
    path.rename(path.with_name("elsewhere"))
    service.services.store.close()
    path.mkdir()
    client = service.app.test_client()
    assert {client.get("/readyz").status_code for _ in range(40)} == {503}
    return scrape(service)


def the_disk_is_full(service: Service) -> str:
    """Of one that wants more room than there is."""
    settings = replace(service.settings, min_free_megabytes=10_000_000)
    return scrape(replace(service, app=create_app(settings, service.services, clock=service.clock)))


def the_key_goes_away(service: Service) -> str:
    keys = service.settings.keys_dir
    keys.rename(keys.with_name("lost"))
    said = scrape(service)
    keys.with_name("lost").rename(keys)
    return said


def a_source_falls_silent(service: Service) -> str:
    service.clock.advance(days=15)
    look_over(service.services, "main", now=service.clock.now)
    return scrape(service)


def the_mail_server_stops(service: Service) -> str:
    """The letter about the badge was tried."""
    mailer = open_mailer(service.settings, service.services)
    assert mailer is not None
    assert send_due(service.services, mailer, clock=service.clock) == 0
    service.clock.advance(hours=2)
    return scrape(service)


def events_are_not_carried_on(service: Service) -> str:
    """Nobody signs, by the brake."""
    stop_signing(service.settings, "of a test", now=service.clock.now)
    assert service.send_event(email="late@example.org").status_code in (202, 503)
    service.clock.advance(hours=1)
    return scrape(service)


def nobody_takes_the_jobs(service: Service) -> str:
    jobs = DbosJobs(service.settings.jobs_database_url)
    jobs.enqueue("note", "main/1")
    jobs.close()
    service.clock.advance(hours=1)
    return scrape(service)


def lists_are_not_signed_anew(service: Service) -> str:
    """For nobody asks for one, and no worker runs."""
    service.clock.advance(hours=21)
    return scrape(service)


def an_answer_takes_long(service: Service) -> str:
    """Somebody else writes meanwhile."""
    other = sqlite3.connect(file_of(service), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(2.6, other.rollback)
    letting_go.start()
    service.issue(email="patient@example.org")
    letting_go.join()
    other.close()
    return scrape(service)


def the_worker_ends(service: Service) -> str:
    engine = open_engine(service.settings.jobs_database_url, patience_seconds=10)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM workers")
    engine.dispose()
    return scrape(service)


def all_connections_are_used(service: Service) -> str:
    """What the process counted is told; what it would have to ask the database is left out."""
    database = service.services.store._database
    with ExitStack() as held:
        for _ in range(15):
            held.enter_context(database.reading())
        return metrics.Metrics(lambda: ()).exposition().decode()


def no_copy_is_made_any_more(service: Service) -> str:
    service.clock.advance(days=3)
    return scrape(service)


Fault = Callable[[Service], str]
FAULTS: dict[Fault, set[str]] = {
    the_disk_is_full: {"CredservPartDown"},
    the_key_goes_away: {"CredservPartDown"},
    an_answer_takes_long: {"CredservSlow"},
    the_mail_server_stops: {"CredservLettersWait"},
    nobody_takes_the_jobs: {"CredservJobsWait"},
    events_are_not_carried_on: {"CredservEventsWait"},
    lists_are_not_signed_anew: {"CredservStatusListOld"},
    no_copy_is_made_any_more: {"CredservBackupOld"},
    a_source_falls_silent: {"CredservAlarm"},
    the_worker_ends: {"CredservNoWorker"},
    all_connections_are_used: {"CredservDatabaseBusy"},
    the_database_goes_away: {"CredservDatabaseAway", "CredservPartDown", "CredservErrors"},
    nobody_answers: {"CredservAway"},
}


def test_the_dashboard_shows_figures_that_are_told(well: Service) -> None:
    """Each of its expressions is read, and comes to something where there is anything of the kind."""
    panels: list[dict[str, Any]] = BOARD["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    told = scrape(well)
    names = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE ")}
    names.add("credserv_alarms")  # of which there is none
    for expression in asked:
        for name in names_in(expression):
            assert name in names or name.removesuffix("_bucket") in names, expression
        Readings(told, told).find(expression)
    assert len({panel["id"] for panel in panels}) == len(panels)
    shown = {name.removesuffix("_bucket") for one in asked for name in names_in(one)}
    assert {name for rule in RULES.values() for name in names_in(rule)} <= shown | {
        f"{name}_bucket" for name in shown
    }
    sources = {panel["datasource"]["uid"] for panel in panels}
    assert sources == {"${" + BOARD["templating"]["list"][0]["name"] + "}"}


def test_rules_fire_by_their_fault_and_not_before(well: Service) -> None:
    """One fault after the other."""
    a_worker_is_heard_of(well)
    assert firing(scrape(well), scrape(well)) == set()
    for fault, alerts in FAULTS.items():
        a_worker_is_heard_of(well)
        before = scrape(well)
        assert not firing(before, before) & alerts, f"before {fault.__name__}"
        assert firing(before, fault(well)) >= alerts, fault.__name__


def test_each_rule_has_its_fault_and_says_what_to_do() -> None:
    assert set().union(*FAULTS.values()) == set(RULES)
    written = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert all(len(rule["annotations"]["summary"]) > 20 and rule["for"] for rule in written)


@pytest.mark.parametrize(
    "expression", ["avg(credserv_up)", "credserv_up > ", "rate(credserv_up)", "credserv_up @ 1"]
)
def test_an_expression_that_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"read|missing"):
        Readings("", "").find(expression)


@pytest.mark.parametrize(
    "expression", ['credserv_up{part!="x"} > 0', "credserv_up{", "credserv_up > 0 or 1", "rate(credserv_up)"]
)
def test_an_expression_that_the_stand_in_does_not_know_is_no_quiet_one(expression: str) -> None:
    with pytest.raises(ValueError, match=r"not read|is missing"):
        Readings("", "").find(expression)

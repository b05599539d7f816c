"""A whole service in a folder, as tests need it: secrets, key, issuer, starter achievements, one source.

    service = make_service(database_url, tmp_path)
    answer = service.send_event(email="pat@example.org")
    assert answer.status_code == 201

All parts are the real ones. The clock is the test's (`service.clock.now`), the network is not there
unless a fetcher is given, and jobs wait for a worker in the real queue. It closes itself when let go of.
"""

from __future__ import annotations

import itertools
import json
import shutil
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from credserv.app.factory import create_app
from credserv.app.installation import prepare
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.fetch.guarded import Fetched, Fetcher
from credserv.ground.errors import UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.services import Services
from credserv.processes.conformance import create_conformance_app
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret, sign_webhook
from tests.testkit.ready import (
    SECRET_KEY,
    Copy,
    ReadyInstallations,
    copy_into,
    is_untouched,
    migrated_sqlite,
    new_folder,
)
from tests.testkit.reports import check_reports

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SOURCE = "academy-lms"
COURSE = "course-v1:Example+MENTOR101+2026"
ACHIEVEMENT = "mentor-foundation"
ALL_SCOPES = (
    "accreditations:read",
    "accreditations:write",
    "achievements:write",
    "credentials:issue",
    "credentials:status",
    "credentials:read",
    "directory:write",
    "outcomes:read",
    "outcomes:write",
    "people:write",
    "vc-api:issue",
)
MAPPING: JsonObject = {
    "rules": [
        {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT, "minimum_score": 0.6}
    ]
}
DATABASE = "credserv.sqlite"
_SECRETS = {"SECRET_KEY": SECRET_KEY.decode(), "KEY_PASSPHRASE": "a passphrase for test keys"}
_READY = ReadyInstallations()


class NoNetwork:
    """A fetcher for tests that need none: every address is unavailable."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        raise UnavailableError(f"no network in this test: {url}")


@dataclass
class Clock:
    """The clock of one service; tests set `now`."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> datetime:
        """By keyword arguments of timedelta; returns the new instant."""
        self.now += timedelta(**span)
        return self.now


class _ClientBelow(FlaskClient):
    """Of a service below a path, which is added to addresses where it is not there."""

    def __init__(self, public_url: str, *made: Any, **named: Any) -> None:
        super().__init__(*made, **named)
        self._below = urlsplit(public_url).path
        self._host = public_url.removesuffix(self._below)

    def open(self, *told: Any, **named: Any) -> TestResponse:
        path, *made = told
        inside = not isinstance(path, str) or f"{path}/".startswith(f"{self._below}/") or path[0] != "/"
        return super().open(path if inside else self._below + path, *made, **{"base_url": self._host} | named)


@dataclass(frozen=True)
class Service:
    """One service, its application and what a test needs to talk to it."""

    settings: Settings
    services: Services
    app: Flask
    clock: Clock
    secret: str
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def client(self) -> FlaskClient:
        """A new browser or program: no cookies yet."""
        return self.app.test_client()

    def api_headers(self, *scopes: str) -> dict[str, str]:
        """The header of a new API key with these scopes (all of them by default)."""
        _, token = create_api_key(self.services, "a test", scopes or ALL_SCOPES, self.clock.now)
        return {"Authorization": f"Bearer {token}"}

    def event(
        self, *, email: str | None = "pat@example.org", score: float = 0.87, **changed: Any
    ) -> JsonObject:
        """A completion in the generic dialect. changed: `did`, `name`, `course`, `passed`, `type`."""
        learner = {"email": email, "did": changed.get("did"), "name": changed.get("name", "Pat Doe")}
        return {
            "type": changed.get("type", "course.completed"),
            "timestamp": "2026-03-14T09:00:00Z",
            "data": {
                "learner": {name: value for name, value in learner.items() if value is not None},
                "course": {"id": changed.get("course", COURSE), "name": "Mentoring 101"},
                "result": {"score": score, "passed": changed.get("passed", True)},
            },
        }

    def sign(self, body: bytes, event_id: str, *, secret: str | None = None) -> dict[str, str]:
        """The Standard Webhooks headers of a body."""
        timestamp = int(self.clock.now.timestamp())
        return {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign_webhook(secret or self.secret, event_id, timestamp, body),
        }

    def send_event(
        self,
        event: JsonObject | None = None,
        *,
        event_id: str | None = None,
        source: str = SOURCE,
        **made: Any,
    ) -> TestResponse:
        """Post an event, signed; without one, `self.event(**made)`."""
        body = json.dumps(event if event is not None else self.event(**made)).encode()
        event_id = event_id or f"evt_{next(self._numbers)}"
        return self.client().post(f"/hooks/{source}", data=body, headers=self.sign(body, event_id))

    def issue(self, **made: Any) -> str:
        """Issue one credential by an event; returns its id."""
        answer = self.send_event(**made)
        assert answer.status_code == 201, answer.text
        return str(answer.json["credential"]).rpartition("/")[2]


def make_settings(database_url: str, folder: Path, **settings: object) -> Settings:
    """settings: by lower-case name, as in `make_settings(url, path, web_threads=2)`."""
    chosen: dict[str, object] = {
        **_SECRETS,
        "DATA_DIR": folder / "data",
        "KEYS_DIR": folder / "keys",
        "DATABASE_URL": database_url,
        "ISSUER_NAME": "Example Academy",
        **{name.upper(): value for name, value in settings.items()},
    }
    return Settings.from_env({f"CREDSERV_{name}": str(value) for name, value in chosen.items()})


def make_service(
    database_url: str,
    tmp_path: Path,
    *,
    fetcher: Fetcher | None = None,
    clock: Clock | None = None,
    starters: bool = True,
    **settings: object,
) -> Service:
    """A service that is ready: migrated, with issuer, starter achievements and the source `academy-lms`.

    On an untouched SQLite file it is a copy of one that was made before (tests/testkit/ready.py).
    """
    chosen = make_settings(database_url, tmp_path, **settings)
    clock = clock or Clock()
    copy = _copy_ready(chosen, starters, settings) if clock.now == NOW else None
    secret = copy.said if copy else prepare_service(chosen, clock.now, starters=starters)
    service = open_service(chosen, secret, fetcher=fetcher, clock=clock)
    if copy:
        weakref.finalize(service, _READY.give_back, copy)
    return service


def prepare_service(settings: Settings, now: datetime, *, starters: bool) -> str:
    """Make what is missing of what a service has before its first request; returns its source's secret."""
    store, _ = prepare(settings, now=now)
    store.close()
    services = build_services(settings, fetcher=NoNetwork(), clock=lambda: now)
    if starters:
        load_starters(services, repeatable_starters(settings.schemas_dir), now)
    source = services.store.sources.get(SOURCE)
    if source is None:
        source = SourceRecord(SOURCE, "generic", (create_secret(),), MAPPING, now)
        services.store.sources.create(source)
    services.close()
    return source.secrets[0]


@cache
def repeatable_starters(schemas_dir: Path) -> Path:
    """The starters, of which tests may award ACHIEVEMENT to one person as often as they like."""
    folder = new_folder()
    for name in ("achievements", "images"):
        copy_into(schemas_dir / name, folder / name)
    path = folder / "achievements" / f"{ACHIEVEMENT}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "award": "per-event"}))
    return folder


def open_service(
    settings: Settings, secret: str, *, fetcher: Fetcher | None = None, clock: Clock | None = None
) -> Service:
    """The service of an installation that `prepare_service` made."""
    clock = clock or Clock()
    services = build_services(settings, fetcher=fetcher or NoNetwork(), clock=clock)
    compose = create_conformance_app if settings.test_issuer else create_app
    app = compose(settings, services, clock=clock)
    app.config["TESTING"] = True
    if settings.path:
        app.test_client_class = partial(_ClientBelow, settings.public_url)  # type: ignore[assignment]  # Flask calls it
    app.after_request(check_reports)
    service = Service(settings, services, app, clock, secret)
    weakref.finalize(service, services.close)
    return service


def fill_for_copies(database_url: str) -> None:
    """Prepare the service of a PostgreSQL database that others are made from; once in a process."""
    settings = make_settings(database_url, _ready_postgres())
    (_ready_postgres() / "secret").write_text(prepare_service(settings, NOW, starters=True))


def copy_service(database_url: str, tmp_path: Path) -> Service:
    """The service of a database that was made from that of `fill_for_copies`."""
    settings = make_settings(database_url, tmp_path)
    copy_into(_ready_postgres() / "data", settings.data_dir)
    copy_into(_ready_postgres() / "keys", settings.keys_dir)
    return open_service(settings, (_ready_postgres() / "secret").read_text())


@cache
def _ready_postgres() -> Path:
    return new_folder()


def _copy_ready(settings: Settings, starters: bool, given: dict[str, object]) -> Copy | None:
    """given: the settings by which this one is not as usual. None where the database is no untouched SQLite
    file."""
    scheme, _, path = settings.database_url.partition(":///")
    if scheme != "sqlite" or not is_untouched(Path(path)):
        return None

    def make(folder: Path) -> str:
        database = folder / DATABASE
        shutil.copyfile(migrated_sqlite(), database)
        own = make_settings(f"sqlite:///{database}", folder, **given)
        return prepare_service(own, NOW, starters=starters)

    copy = _READY.take((starters, *sorted((name, str(value)) for name, value in given.items())), make)
    shutil.copyfile(copy.folder / DATABASE, path)
    copy_into(copy.folder / "data", settings.data_dir)
    copy_into(copy.folder / "keys", settings.keys_dir)
    return copy

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
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from credserv.app.factory import build_services, create_app
from credserv.app.installation import prepare
from credserv.app.settings import Settings
from credserv.fetch.guarded import Fetched, Fetcher
from credserv.ground.errors import UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.services import Services
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret, sign_webhook
from tests.testkit.reports import check_reports

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SOURCE = "academy-lms"
COURSE = "course-v1:Example+MENTOR101+2026"
ACHIEVEMENT = "mentor-foundation"
ALL_SCOPES = (
    "achievements:write",
    "credentials:issue",
    "credentials:status",
    "credentials:read",
    "vc-api:issue",
)
MAPPING: JsonObject = {
    "rules": [
        {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT, "minimum_score": 0.6}
    ]
}
_SECRETS = {
    "SECRET_KEY": "a secret key for tests, 32 bytes or more",  # as tests/conftest.py
    "KEY_PASSPHRASE": "a passphrase for test keys",
}


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
    """A service that is ready: migrated, with issuer, starter achievements and the source `academy-lms`."""
    chosen = make_settings(database_url, tmp_path, **settings)
    clock = clock or Clock()
    store, _ = prepare(chosen, now=clock.now)
    store.close()
    services = build_services(chosen, fetcher=fetcher or NoNetwork(), clock=clock)
    if starters:
        load_starters(services, chosen.schemas_dir, clock.now)
    secret = create_secret()
    services.store.sources.create(SourceRecord(SOURCE, "generic", (secret,), MAPPING, clock.now))
    app = create_app(chosen, services, clock=clock)
    app.config["TESTING"] = True
    app.after_request(check_reports)
    service = Service(chosen, services, app, clock, secret)
    weakref.finalize(service, services.close)
    return service

"""`credserv demo`: a complete service on this machine, created at the first start and kept for the next.

It needs no settings and has no default password: secrets, signing key, database, issuer, achievements and a
source that plays the LMS are created here, once.
"""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.app.installation import prepare
from credserv.app.remembered import (
    compose_environment,
    create_secrets,
    data_folder,
    is_begun,
    read_remembered,
    remember,
)
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.ground.encoding import format_instant, key_fingerprint
from credserv.ground.errors import NotFoundError, SettingsError
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.sign_in import Owner, create_console_link
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.services import Services
from credserv.records.organisations import KeyState
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret, sign_webhook
from credserv.store.store import Store

SOURCE = "demo-lms"
ISSUER_NAME = "Demonstration Academy"
OWNER = Owner("owner@example.org", "Demo owner")
COURSE = "course-v1:Demo+MENTOR101+2026"
_REMEMBERED = ("PORT", "PUBLIC_URL", "ISSUER_NAME")
MAPPING: JsonObject = {
    "rules": [
        {
            "event": "course.completed",
            "course": "course-v1:Demo+MENTOR101+*",
            "achievement": "mentor-foundation",
            "minimum_score": 0.6,
            "result": {"description": "#score", "value": "score_percent"},
        }
    ]
}


@dataclass(frozen=True)
class SampleEvent:
    """A completion as an LMS would send it, in the generic dialect."""

    source: str = SOURCE
    email: str = "pat@example.org"
    name: str = "Pat Doe"
    course: str = COURSE

    def body(self, now: datetime) -> str:
        event = {
            "type": "course.completed",
            "timestamp": format_instant(now),
            "data": {
                "learner": {"email": self.email, "name": self.name},
                "course": {"id": self.course, "name": "Mentoring 101"},
                "result": {"score": 0.87, "passed": True},
            },
        }
        return json.dumps(event, separators=(",", ":"))


@dataclass(frozen=True)
class Demo:
    """A demonstration ready to be served. `environ` is for its processes."""

    settings: Settings
    environ: Mapping[str, str]
    services: Services


def demo_environment(environ: Mapping[str, str], port: int | None) -> dict[str, str]:
    """Return the environment of the demo's processes.

    Badges contain the address they were issued under, so a demo keeps the port of its first start.

    Args:
        environ: from `compose_environment`.

    Raises:
        SettingsError: another port is given.
    """
    chosen = dict(environ)
    if port is not None and is_begun(data_folder(environ)):
        _require_port(chosen, port)
    elif port is not None:
        chosen[f"{PREFIX}PORT"] = str(port)
        chosen[f"{PREFIX}PUBLIC_URL"] = f"http://localhost:{port}"
    chosen.setdefault(f"{PREFIX}PORT", "8080")
    chosen.setdefault(f"{PREFIX}PUBLIC_URL", f"http://localhost:{chosen[f'{PREFIX}PORT']}")
    chosen.setdefault(f"{PREFIX}ISSUER_NAME", ISSUER_NAME)
    return chosen


def demo_elsewhere(environ: Mapping[str, str]) -> str:
    """Return how an existing demonstration can use another port."""
    begun = environ.get(f"{PREFIX}PUBLIC_URL", "its address")
    return (
        f"begin another one with `credserv demo --data FOLDER --port N`; this one's badges carry {begun}, "
        "so it moves only by `credserv settings set PUBLIC_URL http://localhost:N` and "
        "`credserv settings set PORT N`"
    )


def _require_port(environ: Mapping[str, str], port: int) -> None:
    kept = environ.get(f"{PREFIX}PORT", "8080")
    if kept != str(port):
        raise SettingsError(f"this demonstration has port {kept}: to take another, {demo_elsewhere(environ)}")


def prepare_demo(environ: Mapping[str, str], *, now: datetime, say: Callable[[str], None]) -> Demo:
    """Create what is missing.

    Args:
        environ: from `demo_environment`.
        say: called with each thing created.

    Raises SettingsError, SigningKeyError, UnavailableError.
    """
    folder = data_folder(environ)
    begun = is_begun(folder) and bool(read_remembered(folder))
    if create_secrets(environ):
        say(f"First start: making secrets, signing key and database in {folder}")
    kept = {name: environ[PREFIX + name] for name in _REMEMBERED}
    environ = compose_environment(environ)
    settings = Settings.from_env(environ)
    store, _ = prepare(settings, now=now, is_begun=begun)
    if not begun:
        remember(folder, kept)
    services = build_services(settings)
    if store.sources.get(SOURCE) is None:
        say("Loading the starter achievements")
        load_starters(services, settings.schemas_dir, now)
        store.sources.create(SourceRecord(SOURCE, "generic", (create_secret(),), MAPPING, now))
    return Demo(settings, environ, services)


def welcome(demo: Demo, *, now: datetime) -> str:
    """Return what is printed once the service answers."""
    services, url = demo.services, demo.settings.public_url
    folder = shlex.quote(str(demo.settings.data_dir))
    issuer = services.issuer
    fingerprint = next(
        key_fingerprint(key.public_key_multibase) for key in issuer.keys if key.state is KeyState.ACTIVE
    )
    return f"""
credserv is running at {url}   (Ctrl-C to stop)

  Console (link works once, for 15 minutes)
    {create_console_link(services, now, owner=OWNER)}
  Issuer
    {issuer.did}
    key {fingerprint}
  Verify a badge
    {url}/verify

Simulate the LMS: this command sends a signed event and prints the badge's address. It is valid for
five minutes. `credserv curl --data {folder}` prints a new one; in a checkout, put ./dev before it.

{event_curl(services.store, url, SampleEvent(), now=now)}
"""


def event_curl(store: Store, public_url: str, event: SampleEvent, *, now: datetime) -> str:
    """Return one shell line that posts the event, signed now. Raises NotFoundError without the source."""
    record = store.sources.get(event.source)
    if record is None:
        raise NotFoundError(f"there is no source {event.source}: `credserv source list` shows them")
    body = event.body(now)
    event_id, timestamp = f"msg_{secrets.token_hex(8)}", int(now.timestamp())
    signature = sign_webhook(record.secrets[0], event_id, timestamp, body.encode())
    words = ["curl", "-sS", "-X", "POST", f"{public_url}/hooks/{event.source}"]
    words += ["-H", "Content-Type: application/json", "-H", f"webhook-id: {event_id}"]
    words += ["-H", f"webhook-timestamp: {timestamp}", "-H", f"webhook-signature: {signature}"]
    words += ["--data", body]
    return shlex.join(words)

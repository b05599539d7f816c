"""A service for one simulation: its own database, keys and clock, called in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from credserv.app.factory import create_app
from credserv.app.installation import prepare, prepare_for_now
from credserv.app.remembered import compose_environment, create_secrets
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.fetch.guarded import Fetched
from credserv.ground.errors import SettingsError, UnavailableError
from credserv.journeys.services import Services
from credserv.processes.playing.doors import HOST, Application
from credserv.records.health import Backlog
from credserv.store.store import open_store

_ADDRESS = f"http://{HOST}"
# Nobody reads when the key was last used, and at the log's pace each event would cause a write.
_NEVER = timedelta(days=36_500)
_NO_LIMIT = "100000000/second"
_RATES = ("API", "HOOKS", "VERIFY", "VERIFY_KEYS", "LETTERS", "INTAKE")


class LogClock:
    """The clock of this one service, which follows the log.

    A real service always uses its machine's clock.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class NoNetwork:
    """Nothing in a log leads out of this process."""

    def get(self, url: str, **_how: object) -> Fetched:
        raise UnavailableError(f"a simulation asks nobody: {url}")


class NoWorker:
    """There is no worker, so nothing is enqueued for one."""

    def enqueue(self, job: str, subject_id: str) -> None:
        """Do nothing."""

    def waiting(self) -> Backlog:
        return Backlog(0, None)

    def living_workers(self) -> int:
        return 0

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class OwnService:
    services: Services
    app: Application
    clock: LogClock


@contextmanager
def own_service(database_url: str | None, begins: datetime) -> Iterator[OwnService]:
    """Open a temporary service, deleted afterwards with its data; a named database stays.

    Raises SettingsError for a database that is not empty.
    """
    clock = LogClock(begins)
    with tempfile.TemporaryDirectory(prefix="credserv-simulate-") as folder:
        settings = _settings(Path(folder), database_url)
        if database_url is None:
            prepare_for_now(settings, now=begins)
        else:
            _require_empty(settings)
            store, _ = prepare(settings, now=begins)
            store.close()
        opened = build_services(settings, fetcher=NoNetwork(), clock=clock)
        opened.store.access.touch_every = _NEVER
        with closing(replace(opened, jobs=NoWorker())) as services:
            yield OwnService(services, create_app(settings, services, clock=clock), clock)


def _settings(folder: Path, database_url: str | None) -> Settings:
    bare = {f"{PREFIX}RATE_{name}": _NO_LIMIT for name in _RATES}
    bare |= {f"{PREFIX}PUBLIC_URL": _ADDRESS, f"{PREFIX}ISSUER_NAME": "Simulation"}
    bare |= {f"{PREFIX}KEYS_DIR": str(folder / "keys")}
    if database_url is not None:
        bare[f"{PREFIX}DATABASE_URL"] = database_url
    environ = compose_environment(bare, folder)
    create_secrets(environ)
    return Settings.from_env(compose_environment(environ))


def _require_empty(settings: Settings) -> None:
    with closing(open_store(settings.database_url, secret_key=settings.secret_key)) as store:
        if not store.is_empty():
            raise SettingsError(
                "this database holds an installation already, and a simulation begins in an empty one: name "
                "another with --database-url, or none"
            )

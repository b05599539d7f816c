"""Badges by the thousand, and their letters: `python -m benchmarks.letters [BADGES] [MILLISECONDS]`.

Once without a mail server: ordered, signed and stored, with nothing queued, so nothing is left for the worker
to do. Once with one, in a process of its own, that takes so many milliseconds for each letter: how long
until the outbox is empty, as the worker empties it. Prints CPU seconds, and those of the clock.
"""

from __future__ import annotations

import multiprocessing
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from credserv.app.installation import prepare
from credserv.app.remembered import compose_environment
from credserv.app.schemas import default_schemas_dir
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.orders import OrderRequest
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.services import Services
from credserv.processes.turns import open_mailer
from credserv.records.credentials import Recipient
from tests.testkit.mailserver import mail_server

BADGES, MILLISECONDS = 10_000, 20.0
_LOT = 100


@dataclass(frozen=True)
class Spent:
    """Seconds of the CPU and of the clock."""

    cpu: float
    clock: float


@dataclass(frozen=True)
class Letters:
    """without: from the orders of all badges to nothing being left to do. with_server: from the first letter
    to the last."""

    badges: int
    without: Spent
    with_server: Spent


def measure_letters(badges: int = BADGES, milliseconds: float = MILLISECONDS) -> Letters:
    """Raises RuntimeError where a letter stays behind."""
    with installation({}) as (_, services):
        without = _spent(lambda: issue_all(services, badges))
        if services.store.letters.count_waiting():
            raise RuntimeError("letters wait for a server that is not there")
    with (
        serving_mail(milliseconds / 1e3) as url,
        installation({"CREDSERV_SMTP_URL": url, "CREDSERV_MAIL_FROM": "badges@example.org"}) as (
            settings,
            services,
        ),
    ):
        issue_all(services, badges)
        if services.store.letters.count_waiting() != badges:
            raise RuntimeError("not every badge has its letter")
        with_server = _spent(lambda: _send_all(settings, services))
    return Letters(badges, without, with_server)


def issue_all(services: Services, badges: int) -> None:
    for first in range(0, badges, _LOT):
        requests = [_order(number) for number in range(first, min(badges, first + _LOT))]
        for issued in award_batch(services, scope="bench", requests=requests, now=datetime.now(UTC)):
            issued.require()
    if services.store.credentials.unfinished(datetime.now(UTC) + timedelta(days=1), 1):
        raise RuntimeError("a badge was left unfinished")


def _send_all(settings: Settings, services: Services) -> None:
    mailer = open_mailer(settings, services)
    if mailer is None:
        raise RuntimeError("there is no mail server")
    send_due(services, mailer, clock=lambda: datetime.now(UTC))
    if services.store.letters.count_waiting():
        raise RuntimeError("letters stayed behind")


def _order(number: int) -> OrderRequest:
    return OrderRequest(
        idempotency_key=secrets.token_hex(8),
        achievement_key="mentor-foundation",
        recipient=Recipient(email=f"person{number}@example.org", name=f"Person {number}"),
    )


def _spent(work: Callable[[], None]) -> Spent:
    cpu, clock = time.process_time(), time.monotonic()
    work()
    return Spent(time.process_time() - cpu, time.monotonic() - clock)


@contextmanager
def installation(environ: Mapping[str, str]) -> Iterator[tuple[Settings, Services]]:
    """A new one, on SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
        own = {
            "CREDSERV_PUBLIC_URL": "http://localhost:8080",
            "CREDSERV_SECRET_KEY": secrets.token_urlsafe(48),
            "CREDSERV_KEY_PASSPHRASE": secrets.token_urlsafe(48),
        }
        settings = Settings.from_env(compose_environment({**own, **environ}, Path(folder)))
        now = datetime.now(UTC)
        prepare(settings, now=now)[0].close()
        services = build_services(settings)
        try:
            load_starters(services, default_schemas_dir(), now)
            yield settings, services
        finally:
            services.close()


@contextmanager
def serving_mail(delay_seconds: float) -> Iterator[str]:
    """The URL of one in another process, so that its work is not counted."""
    start = multiprocessing.get_context("spawn")
    ours, theirs = start.Pipe()
    process = start.Process(target=_serve_mail, args=(theirs, delay_seconds))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def _serve_mail(pipe: Connection, delay_seconds: float) -> None:
    with mail_server() as server:
        server.delay_seconds = delay_seconds
        pipe.send(server.url)
        pipe.recv()


def render(found: Letters) -> str:
    rows = (
        ("ordered, signed and stored, without a mail server", found.without),
        ("their letters, with one", found.with_server),
    )
    lines = [f"{found.badges} badges{'':42}CPU s   clock s"]
    return "\n".join([*lines, *(f"{name:52}{spent.cpu:8.1f}{spent.clock:10.1f}" for name, spent in rows)])


if __name__ == "__main__":
    given = sys.argv[1:]
    print(
        render(
            measure_letters(
                int(given[0]) if given else BADGES, float(given[1]) if len(given) > 1 else MILLISECONDS
            )
        )
    )

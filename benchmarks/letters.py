"""Badges by the thousand, and their letters: `python -m benchmarks.letters [BADGES] [MILLISECONDS] [INTAKE]`.

Once without a mail server: ordered, signed and stored, with nothing queued, so nothing is left for the worker
to do. Once with one, in a process of its own, that takes so many milliseconds for each letter: how long
until the outbox is empty, as the worker empties it. Then the same while INTAKE badges a second more are
ordered: how long until no more letters wait than come in a second, and how long the backlog of an hour of
that intake would take at that pace. Prints CPU seconds, and those of the clock.
"""

from __future__ import annotations

import itertools
import multiprocessing
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from credserv.processes.turns import build_mailer
from credserv.records.credentials import Recipient
from tests.testkit.mailserver import mail_server

BADGES, MILLISECONDS, INTAKE = 10_000, 20.0, 30
_HOUR = 3_600
_numbers = itertools.count()
_LOT = 100


@dataclass(frozen=True)
class Spent:
    """Seconds of the CPU and of the clock."""

    cpu: float
    clock: float


@dataclass(frozen=True)
class Letters:
    """without: from the orders of all badges to nothing being left to do. with_server: from the first letter
    to the last. under_intake: while others come; orders and letters together."""

    badges: int
    intake: int
    without: Spent
    with_server: Spent
    under_intake: Spent

    @property
    def hour_drained(self) -> float:
        """Minutes until the backlog of an hour of that intake is sent, at the pace under intake."""
        return _HOUR * self.intake / (self.badges / self.under_intake.clock) / 60


def measure_letters(
    badges: int = BADGES, milliseconds: float = MILLISECONDS, intake: int = INTAKE
) -> Letters:
    """Raises RuntimeError where a letter stays behind."""
    with _installation({}) as (_, services):
        without = _spent(lambda: _issue_all(services, badges))
        if services.store.letters.count_waiting():
            raise RuntimeError("letters wait for a server that is not there")
    with (
        _mail_server(milliseconds / 1e3) as url,
        _installation({"CREDSERV_SMTP_URL": url, "CREDSERV_MAIL_FROM": "badges@example.org"}) as (
            settings,
            services,
        ),
    ):
        _issue_all(services, badges)
        if services.store.letters.count_waiting() != badges:
            raise RuntimeError("not every badge has its letter")
        with_server = _spent(lambda: _send_all(settings, services))
        _issue_all(services, badges)
        under_intake = _spent(lambda: _drain(settings, services, intake))
    return Letters(badges, intake, without, with_server, under_intake)


def _issue_all(services: Services, badges: int) -> None:
    for first in range(0, badges, _LOT):
        requests = [_order() for _ in range(first, min(badges, first + _LOT))]
        for issued in award_batch(services, scope="bench", requests=requests, now=datetime.now(UTC)):
            issued.require()
    if services.store.credentials.unfinished(datetime.now(UTC) + timedelta(days=1), 1):
        raise RuntimeError("a badge was left unfinished")


def _send_all(settings: Settings, services: Services) -> None:
    _send(settings, services)
    if services.store.letters.count_waiting():
        raise RuntimeError("letters stayed behind")


def _send(settings: Settings, services: Services) -> None:
    mailer = build_mailer(settings, services)
    if mailer is None:
        raise RuntimeError("there is no mail server")
    send_due(services, mailer, clock=lambda: datetime.now(UTC))


def _drain(settings: Settings, services: Services, intake: int) -> None:
    """Until no more letters wait than come in a second, while so many badges are ordered in each."""
    ended = threading.Event()

    def order() -> None:
        due = time.monotonic()
        while not ended.is_set():
            _issue_all(services, intake)
            due += 1
            ended.wait(due - time.monotonic())

    ordering = threading.Thread(target=order)
    ordering.start()
    try:
        while services.store.letters.count_waiting() > intake:
            _send(settings, services)
    finally:
        ended.set()
        ordering.join()


def _order() -> OrderRequest:
    """For somebody who has no badge yet."""
    number = next(_numbers)
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
def _installation(environ: Mapping[str, str]) -> Iterator[tuple[Settings, Services]]:
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
def _mail_server(delay_seconds: float) -> Iterator[str]:
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
        (f"the same while {found.intake} more are ordered a second", found.under_intake),
    )
    lines = [f"{found.badges} badges{'':42}CPU s   clock s"]
    lines += [f"{name:52}{spent.cpu:8.1f}{spent.clock:10.1f}" for name, spent in rows]
    return "\n".join([*lines, f"an hour of that intake would be sent in {found.hour_drained:.0f} minutes"])


def main(given: Sequence[str]) -> None:
    wanted = [*map(float, given), *(BADGES, MILLISECONDS, INTAKE)[len(given) :]]
    print(render(measure_letters(int(wanted[0]), wanted[1], int(wanted[2]))))


if __name__ == "__main__":
    main(sys.argv[1:])

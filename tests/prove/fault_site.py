"""What a fault happens to: the service's real processes, and all that is between them and the world."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.testkit.clock_shift import ShiftedClock
from tests.testkit.databases import PostgresServer, postgres_server
from tests.testkit.mailserver import MailServer, mail_server
from tests.testkit.processes import READY_SECONDS, Processes, free_port, running
from tests.testkit.relay import Relay, relay_to
from tests.testkit.service import Clock, Service, make_service
from tests.testkit.small_disk import SmallDisk, small_disk

HOST = "badges.example"
WEBS, WORKERS = 2, 1
DISK_MEGABYTES = 256
_UNLIMITED = dict.fromkeys(
    ("rate_hooks", "rate_verify", "rate_api", "rate_letters", "rate_intake"), "1000000/minute"
)


@dataclass(frozen=True)
class Heard:
    """An answer over HTTP. cookies: as `Cookie` would send them back."""

    status: int
    body: bytes
    location: str
    cookies: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """service: ours, straight at the database, for what an administrator prepares and for the account. web,
    database, smtp: the networks to the web processes, from them to PostgreSQL, and to the mail server."""

    service: Service
    processes: Processes
    web: Relay
    smtp: Relay
    mail: MailServer
    disk: SmallDisk
    clock: ShiftedClock
    database: Relay | None = None
    postgres: PostgresServer | None = None
    database_name: str = ""

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 3.0,
    ) -> Heard | None:
        """One request over the network; None where there was no whole answer in time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=seconds)
        try:
            connection.request(method, path, body=body, headers={"Host": HOST, **(headers or {})})
            answer = connection.getresponse()
            given = (one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie") or ())
            location = answer.headers.get("Location", "")
            return Heard(answer.status, answer.read(), location, "; ".join(given))
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def restore(self) -> None:
        """Start what is not running."""
        for name in NAMES:
            if name in self.processes.dead():
                self.processes.kill(name)
            if name not in self.processes.names():
                self.processes.start(name)

    def now(self) -> datetime:
        """The true time; our own service goes by it."""
        self.service.clock.now = datetime.now(UTC)
        return self.service.clock.now

    def is_ready(self) -> bool:
        heard = self.ask("GET", "/readyz")
        return heard is not None and heard.status == 200


NAMES = (
    *(f"web-{number + 1}" for number in range(WEBS)),
    *(f"worker-{number + 1}" for number in range(WORKERS)),
)


@contextmanager
def site_on(kind: str) -> Iterator[Site]:
    """Started and ready. All that it writes is on a small disk of its own; on PostgreSQL its database, too,
    as a table space, while the server's log of changes is elsewhere."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="credserv-faults-")))
        top.chmod(0o755)  # for PostgreSQL's account
        disk = stack.enter_context(small_disk(top / "disk", DISK_MEGABYTES))
        postgres, name = None, ""
        url = f"sqlite:///{disk.folder / 'credserv.sqlite'}"
        if kind == "postgresql":
            postgres = stack.enter_context(postgres_server(vacuums=True))
            name = _create_on_disk(postgres, disk.folder / "tables")
            url = postgres.database_url(name)
        mail = stack.enter_context(mail_server())
        smtp = stack.enter_context(relay_to(mail.port))
        service = make_service(
            url,
            disk.folder,
            clock=Clock(datetime.now(UTC)),
            port=free_port(),
            public_url=f"https://{HOST}",
            status_list_refresh_seconds=1,
            key_lead_seconds=2,
            smtp_url=f"smtp://127.0.0.1:{smtp.port}",
            mail_from="badges@academy.example",
            min_free_megabytes=1,
            **_UNLIMITED,
        )
        stack.callback(service.services.close)
        settings, database = service.settings, None
        if postgres is not None:
            database = stack.enter_context(relay_to(make_url(url).port or 5432))
            through = make_url(url).set(port=database.port).render_as_string(hide_password=False)
            settings = dataclasses.replace(settings, database_url=through, jobs_database_url=through)
        clock = ShiftedClock(top / "clock")
        processes = stack.enter_context(
            running(settings, webs=WEBS, workers=WORKERS, log=top / "log", clock=clock.path)
        )
        web = stack.enter_context(relay_to(processes.port))
        yield Site(service, processes, web, smtp, mail, disk, clock, database, postgres, name)


def _create_on_disk(postgres: PostgresServer, folder: Path) -> str:
    """A database whose tables and indexes are in a folder."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        owner = Path(data).stat()
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.st_uid, owner.st_gid)
        connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(folder))))
        name = postgres.create()
        connection.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE small").format(sql.Identifier(name)))
    return name


def wait_until(holds: Any, seconds: float = READY_SECONDS) -> bool:
    """Whether it came to hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True

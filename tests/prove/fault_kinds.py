"""The table of faults. Each is a context: it strikes as it is entered, and ends as it is left.

What it does exactly is drawn from the chance that it is given.
"""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import sql

from credserv.records.organisations import KeyState
from tests.prove.fault_site import NAMES, Site, wait_until

JUMP = timedelta(days=30)
_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@dataclass(frozen=True)
class Fault:
    """strikes: how often it comes in a round; what passes at once comes more often."""

    strike: Callable[[Site, random.Random], AbstractContextManager[None]]
    strikes: int = 1


@contextmanager
def kill(site: Site, chance: random.Random) -> Iterator[None]:
    """SIGKILL to one of the processes, or to one of PostgreSQL's, which then ends all and recovers."""
    victim = chance.choice((*NAMES, "database") if site.postgres else NAMES)
    if victim == "database":
        _crash(site)
    else:
        site.processes.kill(victim)
        site.processes.start(victim)
    yield


def _crash(site: Site) -> None:
    assert site.postgres is not None
    with suppress(psycopg.Error), psycopg.connect(site.postgres.url) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s LIMIT 1", [site.database_name]
        )
        for (process,) in found.fetchall():
            os.kill(process, signal.SIGKILL)


@contextmanager
def restart(site: Site, chance: random.Random) -> Iterator[None]:
    """SIGTERM, and started again."""
    victim = chance.choice(NAMES)
    site.processes.stop(victim)
    site.processes.start(victim)
    yield


@contextmanager
def network_cut(site: Site, chance: random.Random) -> Iterator[None]:
    """To the callers, or between the service and PostgreSQL; broken off, or silent."""
    network = chance.choice([one for one in (site.web, site.database) if one is not None])
    chance.choice((network.cut, network.silence))()
    yield
    network.mend()


@contextmanager
def disk_full(site: Site, _chance: random.Random) -> Iterator[None]:
    """What SQLite has set aside is given back first: a log that is long would take writes for a while."""
    if site.postgres is None:
        with site.service.services.store._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    site.disk.fill()
    yield
    site.disk.empty()


@contextmanager
def read_only(site: Site, chance: random.Random) -> Iterator[None]:
    """PostgreSQL takes no writes, as a standby. On SQLite the disk takes none: while processes run, or as
    they find it when the machine starts again."""
    if site.postgres is not None:
        _alter(site, "on")
        yield
        _alter(site, "off")
    elif chance.random() < 0.5:
        with _no_writes(site.processes.pids()):
            yield
    else:
        for name in site.processes.names():
            site.processes.kill(name)
        site.service.services.store.close()
        site.disk.read_only()
        site.restore()
        yield
        site.disk.writable()


def _alter(site: Site, value: str) -> None:
    assert site.postgres is not None
    with psycopg.connect(site.postgres.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(site.database_name), sql.SQL(value)
            )
        )
        connection.execute(_END_ALL, [site.database_name])


@contextmanager
def _no_writes(processes: list[int]) -> Iterator[None]:
    """No byte of any file: the limit on the size of files is 0."""
    before = {}
    for process in processes:
        with suppress(ProcessLookupError):
            before[process] = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (0, before[process][1]))
    yield
    for process, limits in before.items():
        with suppress(ProcessLookupError):  # it was started anew, without the limit
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


@contextmanager
def clock_ahead(site: Site, _chance: random.Random) -> Iterator[None]:
    site.clock.set(JUMP)
    yield
    site.clock.set(timedelta(0))


@contextmanager
def clock_behind(site: Site, _chance: random.Random) -> Iterator[None]:
    site.clock.set(-JUMP)
    yield
    site.clock.set(timedelta(0))


@contextmanager
def mail_down(site: Site, chance: random.Random) -> Iterator[None]:
    """Not there, silent, or it takes nothing for now."""
    how = chance.choice(("cut", "silence", "later"))
    if how == "later":
        site.mail.answer_data = "451 4.3.0 later"
    else:
        getattr(site.smtp, how)()
    yield
    site.mail.answer_data = None
    site.smtp.mend()


@contextmanager
def key_gone(site: Site, chance: random.Random) -> Iterator[None]:
    """The files of all keys; half the time a process starts while they are away."""
    keys = site.service.settings.keys_dir
    away = keys.with_name("keys-away")
    keys.rename(away)
    keys.mkdir(mode=0o700)
    if chance.random() < 0.5:
        victim = chance.choice(NAMES)
        site.processes.kill(victim)
        site.processes.start(victim)
    yield
    keys.rmdir()  # nothing was to be put there
    away.rename(keys)


@contextmanager
def rotation(site: Site, chance: random.Random) -> Iterator[None]:
    """As an operator does it, planned or at once; planned, until the worker changed the keys over."""
    command = ("keys", "rotate", *chance.choice(((), ("--now",))))
    if site.processes.run(*command) != 0:
        raise AssertionError(f"{' '.join(command)} failed: {site.processes.said()[-2_000:]}")
    yield
    if not wait_until(lambda: not _waiting_keys(site)):
        raise AssertionError("the keys were never changed over")


def _waiting_keys(site: Site) -> list[str]:
    issuer = site.service.services.store.organisation.get()
    assert issuer is not None
    return [key.verification_method for key in issuer.keys if key.state is KeyState.PENDING]


FAULTS: dict[str, Fault] = {
    "kill": Fault(kill, 3),
    "restart": Fault(restart, 2),
    "network-cut": Fault(network_cut),
    "disk-full": Fault(disk_full),
    "read-only": Fault(read_only),
    "clock-ahead": Fault(clock_ahead),
    "clock-behind": Fault(clock_behind),
    "mail-down": Fault(mail_down),
    "key-gone": Fault(key_gone),
    "rotation": Fault(rotation),
}

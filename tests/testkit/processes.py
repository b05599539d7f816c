"""The real processes of a service, which a test starts, kills and starts again.

    with running(service, webs=1, workers=1) as processes:
        processes.kill("web-1"); processes.start("web-1"); processes.wait_ready()

Web processes are gunicorn as `credserv serve` runs it, all on one listening socket that the test holds,
so a caller waits rather than being refused while one of them starts again. `kill` is SIGKILL to the
whole process group: a gunicorn master with its workers, or a worker. They are forked from a server that
has imported the service (tests/testkit/forked.py).
"""

from __future__ import annotations

import dataclasses
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from credserv.app.settings import Settings
from credserv.processes import start
from credserv.processes.supervisor import WEB_THREADS, open_listener
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.clock_shift import run_shifted
from tests.testkit.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ_of(settings: Settings) -> dict[str, str]:
    """The environment that gives these settings again."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if value is not None:
            given[f"CREDSERV_{field.name.upper()}"] = (
                value.decode() if isinstance(value, bytes) else str(value)
            )
    return {**given, "PYTHONPATH": str(ROOT)}


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Processes:
    """log: everything that the processes say, in one file."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        log: Path,
        *,
        web_threads: int,
        silent_seconds: int,
        clock: Path | None,
    ) -> None:
        self._environ = environ_of(settings)
        self._clock = clock
        self._listener = listener
        self._log = log
        self._web = ["--worker-class", WEB_THREADS, "--workers", "1", "--threads", str(web_threads)]
        self._web += ["--timeout", str(silent_seconds), "--graceful-timeout", "20"]
        self._web += ["--log-level", "warning", "--no-control-socket"]
        self._running: dict[str, Forked] = {}
        self.port: int = listener.getsockname()[1]

    def start(self, name: str) -> None:
        """name: `web-1`, `web-2`, ... or `worker-1`, ..."""
        assert name not in self._running or self._running[name].poll() is not None
        what = (run_web, self._listener, self._web) if name.startswith("web") else (run_worker,)
        self._running[name] = self._forked(*what)

    def run(self, *arguments: str) -> int:
        """Run a command of `credserv` beside them, by the same settings; its exit code."""
        return self._forked(run_command, list(arguments)).wait(READY_SECONDS)

    def _forked(self, main: Callable[..., object], *given: object) -> Forked:
        if self._clock is not None:
            main, given = run_shifted, (self._clock, main, *given)
        return Forked(main, *given, environ=self._environ, says=self._log)

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str, seconds: float = HANGS_AFTER) -> int:
        """SIGTERM; returns the exit code, and fails when it takes longer than `seconds`."""
        process = self._running.pop(name)
        process.terminate()
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def names(self) -> list[str]:
        return sorted(self._running)

    def dead(self) -> list[str]:
        """Those that ended without being told to."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def memory(self) -> dict[str, int]:
        """KiB that are resident, by name: of a process and of all in its group, as gunicorn's workers."""
        found = dict.fromkeys(self._running, 0)
        for name, fields in self._parts():
            found[name] += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
        return found

    def files(self) -> dict[str, int]:
        """How many each has open, as `memory`."""
        found = dict.fromkeys(self._running, 0)
        for name, fields in self._parts():
            with suppress(OSError):  # it just ended
                found[name] += sum(1 for _ in Path(f"/proc/{fields[-1]}/fd").iterdir())
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """By name, of those that run: since each was started."""
        found = dict.fromkeys(self._running, 0.0)
        for name, fields in self._parts():
            found[name] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return found

    def pids(self) -> list[int]:
        """Of all that run: those that were started, and those that these started."""
        return [int(fields[-1]) for _, fields in self._parts()]

    def web_workers(self) -> list[int]:
        """The pids of those that answer, which gunicorn starts again when they end."""
        leaders = {process.pid for process in self._running.values()}
        return [int(fields[-1]) for _, fields in self._parts() if int(fields[-1]) not in leaders]

    def _parts(self) -> Iterator[tuple[str, list[str]]]:
        """Each process by its group's name, with its fields of /proc from the state on, and its pid."""
        groups = {process.pid: name for name, process in list(self._running.items())}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it just ended
                continue
            if int(fields[2]) in groups:
                yield groups[int(fields[2])], [*fields, path.parent.name]

    def said(self) -> str:
        """What the processes wrote so far."""
        return self._log.read_text(errors="replace")

    def wait_ready(self) -> None:
        """Until /readyz answers 200."""
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                if self.request("GET", "/readyz", seconds=5).status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < end, "the service did not become ready"
            assert not self.dead(), f"ended while starting: {self.dead()}"
            time.sleep(0.1)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = HANGS_AFTER,
    ) -> Answer:
        """One request on a connection of its own. Raises OSError or HTTPException when it breaks off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            named = {"Host": f"localhost:{self.port}", **(headers or {})}
            connection.request(method, path, body=body, headers=named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()


def run_web(listener: socket.socket, options: list[str]) -> object:
    """As `python -m gunicorn` would."""
    from gunicorn.app.wsgiapp import run

    listener.set_inheritable(True)
    sys.argv = ["gunicorn", "credserv.wsgi:app", "--bind", f"fd://{listener.fileno()}", *options]
    return run()


def run_worker() -> object:
    """As `python -m credserv worker` would."""
    return run_command(["worker"])


def run_command(arguments: list[str]) -> object:
    return start.main(arguments)


@contextmanager
def running(
    settings: Settings,
    *,
    webs: int = 1,
    workers: int = 1,
    web_threads: int = 8,
    silent_seconds: int = 60,
    log: Path | None = None,
    clock: Path | None = None,
) -> Iterator[Processes]:
    """Started and ready; all of it is gone at the end.

    silent_seconds: after which a web process that gives no sign of life is started anew. log: what they say,
    else data_dir/processes.log. clock: the file of a ShiftedClock that they go by.
    """
    path = log or settings.data_dir / "processes.log"
    path.touch()
    with open_listener("127.0.0.1", settings.port) as listener:
        processes = Processes(
            settings, listener, path, web_threads=web_threads, silent_seconds=silent_seconds, clock=clock
        )
        try:
            for number in range(webs):
                processes.start(f"web-{number + 1}")
            for number in range(workers):
                processes.start(f"worker-{number + 1}")
            if webs:
                processes.wait_ready()
            yield processes
        except BaseException:
            sys.stderr.write(path.read_text(errors="replace")[-8_000:])
            raise
        finally:
            for name in processes.names():
                processes.kill(name)

"""One process tree: a supervisor, gunicorn with the web processes, and the worker.

The supervisor holds the listening socket and passes it to gunicorn, so that an occupied port is reported
first of all, and the port is never lost while the web restarts. Whatever dies is restarted after a growing
pause. On SIGTERM or SIGINT everything ends, after the web has finished its requests. On SIGHUP both restart
and reload keys and certificates without refusing a request. While the web is down the supervisor itself
answers 503, so that nobody waits in vain.
"""

from __future__ import annotations

import ctypes
import errno
import http.client
import logging
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from credserv.app.logs import configure_logging
from credserv.app.settings import Settings
from credserv.ground.errors import SettingsError
from credserv.processes.notify import PLACE, READY, STOPPING, notify
from credserv.processes.refusal import Refusal

WEB_THREADS = "credserv.processes.web_threads.PatientThreads"  # as gunicorn finds it
READY_SECONDS = 120.0  # enough for a small, busy machine
STOP_SECONDS = 25.0  # then SIGKILL, so that everything ends within half a minute
_GRACE_SECONDS = 20
_MAX_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0  # a process that ran this long restarts without a pause
_POLL_SECONDS = 0.1
_LOG_BYTES = 10_485_760
_LINUX_PR_SET_PDEATHSIG = 1
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's name for it


logger = logging.getLogger(__name__)


@dataclass
class _Child:
    """One supervised process; `pause` grows while it keeps dying early."""

    name: str
    command: list[str]
    output: IO[bytes] | None
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)

    def start(self, environ: Mapping[str, str], now: float) -> None:
        self.started = now
        self.process = subprocess.Popen(  # noqa: S603 - our own modules, no shell
            self.command,
            env=dict(environ),
            pass_fds=self.pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,  # Ctrl-C reaches only the supervisor, which ends the others in order
            preexec_fn=_die_with_parent,
        )

    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def schedule(self, now: float) -> None:
        """Record that it died, and when to restart it."""
        steady = now - self.started > _STEADY_SECONDS
        self.pause = 0.0 if steady else min(max(1.0, self.pause * 2), _MAX_PAUSE_SECONDS)
        self.due = now + self.pause
        self.process = None


def serve(
    settings: Settings,
    environ: Mapping[str, str],
    listener: socket.socket,
    *,
    on_ready: Callable[[], None],
    log: Path | None = None,
    with_worker: bool = True,
) -> int:
    """Run web and worker until a signal ends them; returns the exit code.

    Args:
        environ: for the processes, which read their own Settings from it.
        listener: from `open_listener`; closed at the end.
        on_ready: called once, when /readyz answers.
        log: file for the processes' own lines; None for standard error.
        with_worker: false if a worker runs elsewhere.
    """
    if settings.log_format == "json":
        configure_logging(form="json")
        logger.addHandler(logging.NullHandler())
    with listener, _open_log(log) as output, _signals() as (stopping, reloading):
        children = [_web(settings, listener.fileno(), output)]
        if with_worker:
            children.append(_worker(output))
        asked = environ
        environ = {**environ, **_temporary(settings), "PYTHONPATH": _python_path(environ)}
        environ.pop(PLACE, None)  # gunicorn would report ready before /readyz does
        environ |= _counting(settings, environ)
        try:
            for child in children:
                child.start(environ, time.monotonic())
            if not _wait_ready(settings, children, stopping):
                return 0 if stopping else _tell_failed(log)
            notify(READY, asked)
            on_ready()
            refuse = Refusal(listener, encrypted=settings.tls_cert is not None)
            _watch(children, environ, stopping, reloading, refuse)
            return 0
        finally:
            notify(STOPPING, asked)
            _stop(children)


def open_listener(host: str, port: int, *, other: str = "set CREDSERV_PORT") -> socket.socket:
    """Return a bound, listening socket. Raises SettingsError with one line if it is not available.

    Args:
        other: how to choose another port, for the message.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is in use: to take another, {other}") from error
        raise SettingsError(f"Cannot listen on {host} port {port}: {error.strerror}") from error
    listener.set_inheritable(True)
    return listener


def _temporary(settings: Settings) -> dict[str, str]:
    """Put temporary files into the data folder if the root file system is read-only (B14)."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        folder = settings.data_dir / "tmp"
        folder.mkdir(mode=0o700, exist_ok=True)
        return {"TMPDIR": str(folder)}
    return {}


def _counting(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the folder where processes combine their metrics, from zero at each start."""
    if environ.get(_COUNTS):
        return {}
    folder = settings.data_dir / "counts"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return {_COUNTS: str(folder)}


def _web(settings: Settings, listener: int, output: IO[bytes] | None) -> _Child:
    command = [sys.executable, "-m", "gunicorn", "credserv.wsgi:app"]
    command += ["--worker-class", WEB_THREADS]
    command += ["--bind", f"fd://{listener}", "--no-control-socket", "--log-level", "warning"]
    command += ["--logger-class", "credserv.processes.web_log.WebLog"]
    # No caller, not even on this machine, may state the path or scheme that the service is reached under.
    command += ["--forwarded-allow-ips", ""]
    command += ["--workers", str(settings.web_workers), "--threads", str(settings.thread_count)]
    if settings.tls_cert and settings.tls_key:
        command += ["--certfile", str(settings.tls_cert), "--keyfile", str(settings.tls_key)]
    command += ["--timeout", "60", "--graceful-timeout", str(_GRACE_SECONDS), "--keep-alive", "5"]
    return _Child("web", command, output, pass_fds=(listener,))


def _worker(output: IO[bytes] | None) -> _Child:
    return _Child("worker", [sys.executable, "-m", "credserv", "worker"], output)


@contextmanager
def _open_log(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Open the file, readable only by its owner, or None. A large one is rotated once."""
    if path is None:
        yield None
        return
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        yield file


def _python_path(environ: Mapping[str, str]) -> str:
    """Return a path that lets the processes find the package wherever they are started."""
    paths = [str(Path(__file__).resolve().parents[2]), environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, paths))


def _die_with_parent() -> None:
    """On Linux, end the processes of a supervisor that is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_LINUX_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _signals() -> Iterator[tuple[list[int], list[int]]]:
    """Yield two lists, filled when SIGTERM or SIGINT, or SIGHUP, comes."""
    stopping: list[int] = []
    reloading: list[int] = []
    handled = {signal.SIGTERM: stopping, signal.SIGINT: stopping, signal.SIGHUP: reloading}

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a handler
        handled[signal.Signals(number)].append(number)

    before = {number: signal.signal(number, note) for number in handled}
    try:
        yield stopping, reloading
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_ready(settings: Settings, children: list[_Child], stopping: list[int]) -> bool:
    """Return True once /readyz answers 200; False on a signal, a dead process, or a timeout."""
    deadline = time.monotonic() + READY_SECONDS
    while not stopping and time.monotonic() < deadline:
        for child in children:
            if (code := child.exit_code()) is not None:
                _say(f"The {child.name} process ended with code {code} while starting.")
                return False
        if _answers_ready(settings):
            return True
        time.sleep(_POLL_SECONDS)
    if not stopping:
        _say(f"The service did not become ready within {READY_SECONDS:.0f} seconds.")
    return False


def _tell_failed(log: Path | None) -> int:
    if log is not None:
        _say(f"What the processes said is in {log}, at its end.")
    return 1


def _answers_ready(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    connection = _connection(settings, host)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connection(settings: Settings, host: str) -> http.client.HTTPConnection:
    """Connect to our own process: its certificate names the public host, so it is not checked."""
    if settings.tls_cert is None:
        return http.client.HTTPConnection(host, settings.port, timeout=2)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, settings.port, timeout=2, context=context)


def _watch(
    children: list[_Child],
    environ: Mapping[str, str],
    stopping: list[int],
    reloading: list[int],
    refuse: Refusal,
) -> None:
    """Restart whatever dies, until told to stop."""
    web = children[0]
    while not stopping:
        now = time.monotonic()
        if reloading:
            reloading.clear()
            _reload(children)
        for child in children:
            if (code := child.exit_code()) is not None:
                child.schedule(now)
                _say(f"The {child.name} process ended with code {code}: again in {child.pause:.0f} s.")
            if child.process is None and now >= child.due:
                child.start(environ, now)
        if web.process is None:
            refuse.whoever_waits()
        time.sleep(_POLL_SECONDS)


def _reload(children: list[_Child]) -> None:
    """Reload: gunicorn replaces its processes one by one; the worker ends properly and restarts at once."""
    _say("Reloading.")
    for child in children:
        if child.process is None:
            child.due = 0.0
        elif child.name == "web":
            child.process.send_signal(signal.SIGHUP)
        else:
            child.started -= _STEADY_SECONDS + 1  # its end is no failure
            child.process.terminate()


def _stop(children: list[_Child]) -> None:
    running = [child.process for child in children if child.process is not None]
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _say(line: str) -> None:
    if logger.handlers:  # the log is for programs
        logger.warning(line)
        return
    sys.stderr.write(f"credserv: {line}\n")
    sys.stderr.flush()

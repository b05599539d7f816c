"""Processes that have the service imported already: forked from a server that did it once.

Most of a start is imports, and tests start hundreds of processes. What they do from there on is the same;
how they start from nothing is for journeys/operate/test_demo.py and unit/processes/test_supervisor.py.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "credserv.processes.worker",
        "gunicorn.app.wsgiapp",
        "credserv.processes.web_threads",
        "tests.testkit.issuing",
        "tests.testkit.jobworker",
        "tests.testkit.writers",
        "credserv.processes.conformance",
        "tests.testkit.warm_forked",
    ]
)


class Forked:
    """As much of `subprocess.Popen` as tests use."""

    def __init__(
        self,
        main: Callable[..., object],
        *arguments: object,
        environ: Mapping[str, str],
        talks: socket.socket | None = None,
        says: Path | None = None,
    ) -> None:
        """Run `main(*arguments)`, in a process group of its own.

        Args:
            talks: what standard input comes from and standard output goes to.
            says: the file that standard output and error are added to.
        """
        ours, theirs = CONTEXT.Pipe(duplex=False)
        given = (main, arguments, dict(environ), talks, says, theirs)
        self._process = CONTEXT.Process(target=_begin, args=given)
        self._process.start()
        theirs.close()
        assert ours.recv() == "begun"
        ours.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        self._process.join(seconds)
        ended = self._process.exitcode
        if ended is None:
            raise subprocess.TimeoutExpired(self._process.name, seconds or 0)
        return ended

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _begin(
    main: Callable[..., object],
    arguments: tuple[object, ...],
    environ: Mapping[str, str],
    talks: socket.socket | None,
    says: Path | None,
    begun: Connection,
) -> None:
    os.setsid()
    begun.send("begun")
    begun.close()
    os.environ.clear()
    os.environ.update(environ)
    nothing = os.open(os.devnull, os.O_RDWR)
    put_in = talks.fileno() if talks else nothing
    put_out = os.open(says, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if says else put_in
    os.dup2(put_in, 0)
    os.dup2(put_out, 1)
    if says:
        os.dup2(put_out, 2)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    raise SystemExit(main(*arguments))

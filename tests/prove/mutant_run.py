"""Run by `mutants.py`, in a process of its own: for each of many changes of the code, some tests.

Standard input is JSON, {at_once, jobs: [{module, path, number, tests, seconds, anew}]}; for each job that
ends a line of standard output is its place in the list and how pytest ended, 0 where all tests passed. number
None changes nothing.

All tests are collected once. A fork of this process then puts the change into the functions that are loaded,
and goes on with the tests of that change. What is run as modules are loaded (anew) cannot be changed like
that: such a fork happens before anything of the service is loaded, and loads the changed module.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import TextIO

import pytest
from hypothesis import Phase, settings

from tests.prove.mutations import mutate
from tests.prove.swapped import Loaded, changed_functions
from tests.testkit.memory import folder_in_memory

# `tests` itself has imported what pytest would have rewritten.
OPTIONS = (
    "-x", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already imported",
)  # fmt: skip
BEFORE = (
    "AntiSSRF", "PIL.Image", "alembic", "cryptography.x509.verification", "flask", "jinja2", "joserfc",
    "jsonschema", "lxml.etree", "psycopg", "pyld", "requests", "sqlalchemy",
)  # fmt: skip
# How much longer than its tests' CPU time a change may take, before it waits for ever: where others want the
# CPU too, so much longer again.
PATIENCE = 4


@dataclass(frozen=True)
class Job:
    """seconds: of CPU time, after which the change is one that never ends: noticed."""

    place: int
    module: str
    path: str
    number: int | None
    tests: Sequence[str]
    seconds: int
    anew: bool


class Forks:
    """Makes a fork of this process for each job, and tells how it ended."""

    def __init__(self, at_once: int, told: TextIO) -> None:
        self._at_once, self._told = at_once, told
        self._running: dict[int, tuple[Job, str]] = {}

    def run(self, jobs: Sequence[Job]) -> Job | None:
        """Returns in each fork, with its job, and here with None when all have ended."""
        for job in jobs:
            if len(self._running) == self._at_once:
                self._end_one()
            folder = tempfile.mkdtemp(prefix="credserv-mutant-", dir=folder_in_memory())
            child = os.fork()
            if child == 0:
                _live_in(folder, job.seconds)
                return job
            self._running[child] = job, folder
        while self._running:
            self._end_one()
        return None

    def _end_one(self) -> None:
        child, ended = os.waitpid(-1, 0)
        job, folder = self._running.pop(child)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what its tests started
        shutil.rmtree(folder, ignore_errors=True)
        self._told.write(f"{job.place} {os.waitstatus_to_exitcode(ended)}\n")
        self._told.flush()


def _live_in(folder: str, seconds: int) -> None:
    os.setsid()
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = folder
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    signal.alarm(int(seconds * PATIENCE * busy))


class _Collected:
    """A plugin of pytest: in the place of running what was collected, forks run parts of it."""

    def __init__(self, jobs: Sequence[Job], forks: Forks) -> None:
        self._jobs, self._forks = jobs, forks
        self.forked = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        from tests.testkit import ready

        loaded = Loaded(Path("credserv").resolve())
        served = {"database_url", "sqlite_template"}
        if any(served & set(getattr(item, "fixturenames", ())) for item in session.items):
            _make_ready(Path(ready.new_folder()))  # once for all
        self._kept = ready._folder()  # which would go away with it
        items = {item.nodeid: item for item in session.items}
        job = self._forks.run(self._jobs)
        if job is None:
            return True
        self.forked = True
        ready._folder.cache_clear()  # each fork has one of its own
        if job.number is not None:
            loaded.swap(changed_functions(Path(job.path), job.number))
        session.items = [items[test] for test in job.tests if test in items]
        return None  # pytest goes on with these

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[object]) -> None:
        if self.forked and call.excinfo and not isinstance(call.excinfo.value, pytest.skip.Exception):
            os._exit(1)  # nobody reads why: neither look for it nor tidy up

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self.forked:
            os._exit(exitstatus)


def _make_ready(folder: Path) -> None:
    """A migrated file and an installation, of which each fork then only makes copies."""
    from tests.testkit.service import make_service

    make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder).services.close()


class _Changed(MetaPathFinder, SourceFileLoader):
    """Finds one module, and loads its mutant."""

    def __init__(self, module: str, path: str, number: int) -> None:
        super().__init__(module, path)
        self._number = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(mutate(Path(self.path), self._number), self.path, "exec")


def main() -> None:
    asked = json.loads(sys.stdin.read())
    jobs = [Job(place, **job) for place, job in enumerate(asked["jobs"])]
    forks = Forks(asked["at_once"], os.fdopen(os.dup(1), "w"))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(2):
        os.dup2(nowhere, stream)
    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("mutants")  # what fails is not made smaller
    for name in BEFORE:
        import_module(name)
    assert not any(name.partition(".")[0] == "credserv" for name in sys.modules)
    job = forks.run([job for job in jobs if job.anew])
    if job is not None:
        os._exit(_run_anew(job))
    others = [job for job in jobs if not job.anew]
    collected = _Collected(others, forks)
    files = sorted({test.partition("::")[0] for job in others for test in job.tests})
    ended = pytest.main([*OPTIONS, "-k", "not postgresql", *files], plugins=[collected]) if others else 0
    raise SystemExit(int(ended))


def _run_anew(job: Job) -> int:
    if job.number is not None:
        sys.meta_path.insert(0, _Changed(job.module, job.path, job.number))
    return int(pytest.main([*OPTIONS, *job.tests]))


if __name__ == "__main__":
    main()

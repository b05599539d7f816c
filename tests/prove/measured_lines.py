"""Which test runs which line: measured once, and kept for as long as the lines are the same.

What was measured of a file that was changed since is told of the file as a whole: all tests that run any line
of it. So an old measurement costs time, and at worst finds fewer tests: never one that notices too much.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from coverage import CoverageData

ROOT = Path(__file__).parents[2]
_DATA, _SOURCES, _FAILED = "coverage", "sources.json", "failed.json"


@dataclass(frozen=True)
class Measured:
    """sources: the SHA-256 of each file as it was measured. failed: tests that did not pass, which would
    notice everything."""

    data: CoverageData
    sources: Mapping[str, str]
    failed: frozenset[str]

    def tests(self, path: Path, line: int) -> list[str]:
        """That run this line of a file; of one that was changed, or where none runs it, any of its lines."""
        by_line = self.data.contexts_by_lineno(str(path))
        exact = by_line.get(line, ()) if self.sources.get(_name(path)) == _digest(path) else ()
        return self._of(exact) or self._of(one for found in by_line.values() for one in found)

    def lines_run(self, test: str) -> int:
        return self._counts[test]

    @cached_property
    def _counts(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for path in self.data.measured_files():
            for found in self.data.contexts_by_lineno(path).values():
                counts.update(_test(one) for one in found)
        return counts

    def _of(self, contexts: Iterable[str]) -> list[str]:
        return sorted({_test(one) for one in contexts if one.endswith("|run")} - self.failed)


def measure(folder: Path, tests: Sequence[str], left_out: Sequence[str]) -> Measured:
    """What lies in the folder from before, or else a run of all these tests, which is left there."""
    if not (folder / _FAILED).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run(folder, tests, left_out)
    data = CoverageData(str(folder / _DATA))
    data.read()
    sources, failed = (json.loads((folder / name).read_text()) for name in (_SOURCES, _FAILED))
    return Measured(data, sources, frozenset(failed))


def _run(folder: Path, tests: Sequence[str], left_out: Sequence[str]) -> None:
    settings = folder / "coveragerc"
    settings.write_text("[run]\nsource = credserv\n")
    sources = {_name(path): _digest(path) for path in (ROOT / "credserv").rglob("*.py")}
    (folder / _SOURCES).write_text(json.dumps(sources))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-o", f"cache_dir={folder}", "-k", "not postgresql",
         "--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=", "--cov-fail-under=0",
         *(f"--ignore={one}" for one in left_out), *tests],
        cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(folder / _DATA)}, check=False, stdout=sys.stderr,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise RuntimeError("the tests did not run")
    failed = folder / "v" / "cache" / "lastfailed"
    (folder / _FAILED).write_text(failed.read_text() if failed.exists() else "{}")


def _test(context: str) -> str:
    return context.rpartition("|")[0]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

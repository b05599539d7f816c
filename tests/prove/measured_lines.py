"""Which test runs which line, and how long it takes: measured once, and kept.

What was measured of a file that was changed since is told of the file as a whole: all tests that run any line
of it. So an old measurement costs time, and at worst finds fewer tests: never one that notices too much.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData
from lxml import etree

ROOT = Path(__file__).parents[2]
_DATA, _SOURCES, _TESTS = "coverage", "sources.json", "tests.xml"


@dataclass(frozen=True)
class Measured:
    """data: of files by their path below the root. sources: the SHA-256 of each as it was measured. seconds:
    what each test took that passed, in the order of its file; others would notice everything."""

    data: CoverageData
    sources: Mapping[str, str]
    seconds: Mapping[str, float]
    _read: dict[Path, Mapping[int, Sequence[str]]] = field(default_factory=dict)

    def tests(self, path: Path, line: int) -> list[str]:
        """That run this line of a file, or make it run for tests that share what it made; of one that was
        changed, and of lines that run as it is loaded alone, any of its lines; failing those, the tests
        beside it."""
        by_line = self._by_line(path)
        exact = self._of(by_line.get(line, ()))
        if self._is_as_measured(path) and (exact or not self.is_loaded(path, line)):
            return exact
        return self._of(one for found in by_line.values() for one in found) or self._beside(path)

    def _beside(self, path: Path) -> list[str]:
        """The unit tests of its folder, for a file of constants, of which no test runs a line."""
        folder = path.parent.relative_to(ROOT / "credserv").as_posix()
        return sorted(test for test in self.seconds if test.startswith(f"tests/unit/{folder}/"))

    def is_loaded(self, path: Path, line: int) -> bool:
        """Whether the line runs before any test does, as modules are loaded."""
        return self._is_as_measured(path) and "" in self._by_line(path).get(line, ())

    def _by_line(self, path: Path) -> Mapping[int, Sequence[str]]:
        if path not in self._read:
            self._read[path] = self.data.contexts_by_lineno(_name(path))
        return self._read[path]

    def _is_as_measured(self, path: Path) -> bool:
        return self.sources.get(_name(path)) == _digest(path)

    def _of(self, contexts: Iterable[str]) -> list[str]:
        return sorted({one.rpartition("|")[0] for one in contexts} & self.seconds.keys())


def measure(folder: Path, tests: Sequence[str], left_out: Sequence[str]) -> Measured:
    """What lies in the folder from before, or else a run of all these tests, which is left there."""
    if not (folder / _TESTS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run(folder, tests, left_out)
    data = CoverageData(str(folder / _DATA))
    data.read()
    return Measured(data, json.loads((folder / _SOURCES).read_text()), _seconds(folder / _TESTS))


def _run(folder: Path, tests: Sequence[str], left_out: Sequence[str]) -> None:
    settings = folder / "coveragerc"
    settings.write_text("[run]\nsource = credserv\nrelative_files = true\n")
    sources = {_name(path): _digest(path) for path in (ROOT / "credserv").rglob("*.py")}
    (folder / _SOURCES).write_text(json.dumps(sources))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-k", "not postgresql",
         "--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=", "--cov-fail-under=0",
         f"--junitxml={folder / _TESTS}", "-o", "junit_family=xunit1",
         *(f"--ignore={one}" for one in left_out), *tests],
        cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(folder / _DATA)}, check=False, stdout=sys.stderr,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise RuntimeError("the tests did not run")


def _seconds(path: Path) -> dict[str, float]:
    passed = (
        case
        for case in etree.parse(path).iter("testcase")
        if case.find("failure") is None and case.find("error") is None
    )
    in_order = sorted(passed, key=lambda case: (case.get("file", ""), int(case.get("line", "0"))))
    return {_test(case): float(case.get("time", "0")) for case in in_order}


def _test(case: etree._Element) -> str:
    """As pytest names it on its command line: file, classes, function with its parameters."""
    path = case.get("file", "")
    classes = case.get("classname", "").removeprefix(path.removesuffix(".py").replace("/", ".")).split(".")
    return "::".join((path, *filter(None, classes), case.get("name", "")))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

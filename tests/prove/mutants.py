"""`./dev prove mutants`: change the code in one place, ask the tests, and count who notices.

First the tests near these packages run once, measured (`measured_lines.py`), so that it is known which test
runs which line. Then each mutant is loaded in the place of its module by a process of its own
(`mutant_run.py`), with the tests that run its line; a mutant lives where all of them pass. Those that lived
are asked of all other tests in the same way, unless only the near ones are wanted: then the score is the
least that it can be. Every tenth is run without its change as well: it has to live, or what is called noticed
is only a test that cannot run by itself.

A mutant that lives is judged in `judged_mutants.json`, by its key: the reason why it is no change that anyone
could see. All others count against the score.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from select import select

from tests.prove.ledger import Ledger
from tests.prove.measured_lines import ROOT, Measured, measure
from tests.prove.mutations import Mutant, find_mutants

PACKAGES = (
    "credserv/proof",
    "credserv/verifying",
    "credserv/status",
    "credserv/issuing",
    "credserv/journeys/award",
)
NEAR = (
    "tests/unit/proof", "tests/unit/verifying", "tests/unit/status", "tests/unit/issuing", "tests/unit/trust",
    "tests/unit/journeys", "tests/vectors", "tests/hostile", "tests/journeys/test_award.py",
    "tests/journeys/test_batch.py", "tests/journeys/test_one_award.py", "tests/journeys/test_lot.py",
    "tests/journeys/test_reissue.py", "tests/journeys/test_bulk.py", "tests/journeys/test_declining.py",
    "tests/journeys/test_stacking.py", "tests/journeys/test_rules.py",
    "tests/journeys/test_check.py", "tests/journeys/test_check_tokens.py",
    "tests/journeys/test_recent_lists.py", "tests/journeys/test_verify_many.py",
)  # fmt: skip
ALL = ("tests/unit", "tests/journeys")
# They start processes, which would not be changed, or are about other packages.
LEFT_OUT = (
    "tests/unit/jobs", "tests/unit/outbound", "tests/unit/processes", "tests/unit/test_house.py",
    "tests/unit/test_benchmarks.py", "tests/journeys/test_kill.py", "tests/journeys/test_demo.py",
    "tests/journeys/test_conformance_serve.py", "tests/journeys/test_remembered.py",
    "tests/journeys/test_released.py", "tests/journeys/test_manual.py", "tests/journeys/test_threads.py",
    "tests/hostile/test_openapi.py", "tests/hostile/test_machine.py", "tests/hostile/test_slow_hosts.py",
)  # fmt: skip
JUDGED = Path(__file__).parent / "judged_mutants.json"
WANTED = 0.95
MOST_TESTS = 150  # that are asked of one mutant: two thirds run the least besides, the others by chance
SECONDS = 900.0  # of one process, after which its mutant is one that never ends: noticed
EVERY_TENTH = 10


def prove_mutants(
    ledger: Ledger,
    *,
    count: int,
    seed: int,
    packages: Sequence[str] = PACKAGES,
    folder: Path | None = None,
    near_alone: bool = False,
) -> None:
    """Count the mutants that the tests notice; what nobody noticed is a fault where the score is too low.

    Args:
        count: mutants, drawn by the seed.
        folder: where to keep what was measured, for the next run; None for nowhere.
        near_alone: ask the tests near these packages, and no others.
    """
    mutants = _draw(count, seed, packages)
    with tempfile.TemporaryDirectory(prefix="credserv-mutants-") as passing:
        kept = folder or Path(passing)
        lived = ask(ledger, mutants, measure(kept / "near", NEAR, LEFT_OUT), seed)
        if lived and not near_alone:
            lived = ask(ledger, lived, measure(kept / "others", ALL, (*LEFT_OUT, *NEAR)), seed)
    judged = json.loads(JUDGED.read_text())
    equal = [mutant for mutant in lived if mutant.key in judged]
    missed = [mutant for mutant in lived if mutant.key not in judged]
    counted = len(mutants) - len(equal)
    ledger.count("mutants", len(mutants))
    ledger.count("judged to change nothing", len(equal))
    ledger.count("noticed", counted - len(missed))
    ledger.count("per cent noticed", round(100 * (counted - len(missed)) / max(counted, 1)))
    for mutant in missed:
        ledger.note(f"line {mutant.line}, {mutant.key}")
    if counted - len(missed) < WANTED * counted:
        ledger.fault(f"less than {WANTED:.0%} of the mutants were noticed")


def _draw(count: int, seed: int, packages: Sequence[str]) -> list[Mutant]:
    every = [
        mutant
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        for mutant in find_mutants(".".join(path.relative_to(ROOT).with_suffix("").parts), path)
    ]
    return random.Random(seed).sample(every, min(count, len(every)))


def ask(
    ledger: Ledger, mutants: Sequence[Mutant], ran: Measured, seed: int, *, at_once: int = 2
) -> list[Mutant]:
    """The mutants that lived, those that no test runs among them."""
    lived: list[Mutant] = []
    chance = random.Random(seed)
    asked = [(mutant, _tests(mutant, ran, chance)) for mutant in mutants]
    with _Runners(at_once) as runners, ThreadPoolExecutor(at_once) as pool:
        codes = pool.map(lambda one: runners.run(*one), asked)
        for done, ((mutant, tests), code) in enumerate(zip(asked, codes, strict=True), 1):
            if code == 0:
                lived.append(mutant)
                sys.stderr.write(f"lives: line {mutant.line}, {mutant.key} ({len(tests)} tests)\n")
            ledger.progress(done, len(mutants), "mutants")
        controls = [(mutant, tests) for mutant, tests in asked[::EVERY_TENTH] if tests]
        unchanged = pool.map(lambda one: runners.run(*one, changed=False), controls)
        for (mutant, tests), code in zip(controls, unchanged, strict=True):
            ledger.count("run unchanged")
            if code != 0:
                ledger.fault(f"unchanged, its {len(tests)} tests do not pass: {mutant.key}")
    return lived


def _tests(mutant: Mutant, ran: Measured, chance: random.Random) -> Sequence[str]:
    """Those that run the least first: they are about little else, and are soon over."""
    found = sorted(ran.tests(_path(mutant.module), mutant.line), key=ran.lines_run)
    first = 2 * MOST_TESTS // 3
    others = found[first:]
    chance.shuffle(others)
    return [*found[:first], *others[: MOST_TESTS - first]]


def _path(module: str) -> Path:
    return (ROOT / module.replace(".", "/")).with_suffix(".py")


class _Runners:
    """Processes of `mutant_run.py`, as many as are asked at once."""

    def __init__(self, at_once: int) -> None:
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for _ in range(at_once):
            self._idle.put(_start())

    def __enter__(self) -> _Runners:
        return self

    def __exit__(self, *_: object) -> None:
        while not self._idle.empty():
            _end(self._idle.get())

    def run(self, mutant: Mutant, tests: Sequence[str], *, changed: bool = True) -> int:
        """Pytest's exit code, 0 where nobody noticed; 1 for what never ends."""
        if not tests:
            return 0
        asked = {"module": mutant.module, "path": str(_path(mutant.module)), "tests": list(tests)}
        asked["number"] = mutant.number if changed else None
        runner = self._idle.get()
        assert runner.stdin is not None
        assert runner.stdout is not None
        runner.stdin.write(json.dumps(asked) + "\n")
        runner.stdin.flush()
        if select([runner.stdout], [], [], SECONDS)[0]:
            self._idle.put(runner)
            return int(runner.stdout.readline())
        _end(runner)
        self._idle.put(_start())
        return 1


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.prove.mutant_run"],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def _end(runner: subprocess.Popen[str]) -> None:
    os.killpg(runner.pid, signal.SIGKILL)
    runner.communicate()

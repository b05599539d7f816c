"""`./dev prove mutants`: change the code in one place, ask the tests, and count who notices.

First all tests of these packages run once, measured, so that it is known which test runs which line. Then
each mutant is loaded in the place of its module by a process of its own (`mutant_run.py`), with the tests
that run its line; a mutant lives where all of them pass. Every tenth is run without its change as well: it
has to live, or what is called noticed is only a test that cannot run by itself.

A mutant that lives is judged in `judged_mutants.json`, by its key: the reason why it is no change that anyone
could see. All others count against the score.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from coverage import CoverageData

from tests.prove.ledger import Ledger
from tests.prove.mutations import Mutant, find_mutants

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "credserv/proof",
    "credserv/verifying",
    "credserv/status",
    "credserv/issuing",
    "credserv/journeys/award",
)
TESTS = ("tests/unit", "tests/hostile", "tests/vectors", "tests/journeys")
# They start processes, which would not be changed, or are about other packages.
LEFT_OUT = (
    "tests/unit/jobs", "tests/unit/outbound", "tests/unit/processes", "tests/unit/test_house.py",
    "tests/unit/test_benchmarks.py", "tests/journeys/test_kill.py", "tests/journeys/test_demo.py",
    "tests/journeys/test_conformance_serve.py", "tests/journeys/test_remembered.py",
    "tests/journeys/test_released.py", "tests/journeys/test_manual.py", "tests/journeys/test_threads.py",
    "tests/hostile/test_openapi.py",
)  # fmt: skip
JUDGED = Path(__file__).parent / "judged_mutants.json"
WANTED = 0.95
MOST_TESTS = 150  # that are asked of one mutant, spread over all that run its line
SECONDS = 900.0  # of one process, after which its mutant is one that never ends: noticed
EVERY_TENTH = 10

Lines = Mapping[int, Sequence[str]]


def prove_mutants(ledger: Ledger, *, count: int, seed: int, packages: Sequence[str] = PACKAGES) -> None:
    """count: mutants, drawn by the seed. Those that nobody noticed are faults where the score is too low."""
    mutants = _draw(count, seed, packages)
    with tempfile.TemporaryDirectory(prefix="credserv-mutants-") as folder:
        ran = measure(Path(folder), TESTS)
        lived = ask(ledger, mutants, ran, seed)
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


def measure(folder: Path, tests: Sequence[str]) -> Mapping[str, Lines]:
    """By file: which tests run which line. Line 0: all that run any line of it. A test that fails is left
    out: it would notice everything."""
    settings = folder / "coveragerc"
    settings.write_text("[run]\nsource = credserv\n")
    data = folder / "coverage"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-o", f"cache_dir={folder}", "-k", "not postgresql",
         "--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=", "--cov-fail-under=0",
         *(f"--ignore={one}" for one in LEFT_OUT), *tests],
        cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(data)}, check=False, stdout=sys.stderr,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise RuntimeError("the tests did not run")
    failed = folder / "v" / "cache" / "lastfailed"
    faulty = frozenset(json.loads(failed.read_text())) if failed.exists() else frozenset()
    measured = CoverageData(str(data))
    measured.read()
    files = measured.measured_files()
    return {path: _by_line(measured.contexts_by_lineno(path), faulty) for path in files}


def _by_line(contexts: Mapping[int, Sequence[str]], faulty: frozenset[str]) -> Lines:
    lines: dict[int, Sequence[str]] = {0: ()}
    for line, found in contexts.items():
        tests = sorted({one.rpartition("|")[0] for one in found if one.endswith("|run")} - faulty)
        lines[line] = tests
        lines[0] = sorted({*lines[0], *tests})
    return lines


def ask(
    ledger: Ledger, mutants: Sequence[Mutant], ran: Mapping[str, Lines], seed: int, *, at_once: int = 2
) -> list[Mutant]:
    """The mutants that lived, those that no test runs among them."""
    lived: list[Mutant] = []
    chance = random.Random(seed)
    asked = [(mutant, _tests(mutant, ran, chance)) for mutant in mutants]
    with ThreadPoolExecutor(at_once) as pool:
        for done, (mutant, tests, code) in enumerate(pool.map(_run, *zip(*asked, strict=True)), 1):
            if code == 0:
                lived.append(mutant)
                sys.stderr.write(f"lives: line {mutant.line}, {mutant.key} ({len(tests)} tests)\n")
            ledger.progress(done, len(mutants), "mutants")
        controls = [(mutant, tests) for mutant, tests in asked[::EVERY_TENTH] if tests]
        for mutant, tests, code in pool.map(lambda one: _run(*one, changed=False), controls):
            ledger.count("run unchanged")
            if code != 0:
                ledger.fault(f"unchanged, its {len(tests)} tests do not pass: {mutant.key}")
    return lived


def _tests(mutant: Mutant, ran: Mapping[str, Lines], chance: random.Random) -> Sequence[str]:
    lines = ran.get(str(_path(mutant.module)), {})
    found = list(lines.get(mutant.line) or lines.get(0, ()))
    chance.shuffle(found)
    return found[:MOST_TESTS]


def _path(module: str) -> Path:
    return (ROOT / module.replace(".", "/")).with_suffix(".py")


def _run(mutant: Mutant, tests: Sequence[str], *, changed: bool = True) -> tuple[Mutant, Sequence[str], int]:
    """Its exit code: pytest's, 0 where nobody noticed."""
    if not tests:
        return mutant, tests, 0
    asked = {"module": mutant.module, "path": str(_path(mutant.module)), "tests": list(tests)}
    asked["number"] = mutant.number if changed else None
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.prove.mutant_run"],
            input=json.dumps(asked).encode(), cwd=ROOT, timeout=SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return mutant, tests, 1
    return mutant, tests, done.returncode

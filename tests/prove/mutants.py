"""`./dev prove mutants`: change the code in one place, ask the tests, and count who notices.

First the tests near these packages run once, measured (`measured_lines.py`), so that it is known which test
runs which line, and for how long. Then each mutant is put in its place in a process of its own
(`mutant_run.py`), with the tests that run its line; a mutant lives where all of them pass. Those that lived
are asked of all other tests in the same way, unless only the near ones are wanted: then the score is the
least that it can be. Every tenth is run without its change as well: it has to live, or what is called noticed
is only a test that cannot run by itself.

A mutant that lives is judged in `judged_mutants.json`, by its key: the reason why it is no change that anyone
could see. All others count against the score.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from credserv.ground.json_types import JsonObject
from tests.prove.ledger import Ledger
from tests.prove.measured_lines import ROOT, Measured, measure
from tests.prove.mutations import Mutant, find_mutants
from tests.prove.swapped import can_be_swapped

PACKAGES = (
    "credserv/proof",
    "credserv/verifying",
    "credserv/status",
    "credserv/issuing",
    "credserv/journeys/award",
)
# What is about little runs first: most mutants are noticed there, soonest.
NEAR = {
    "unit": (
        "tests/unit/proof", "tests/unit/verifying", "tests/unit/status", "tests/unit/issuing",
        "tests/unit/trust", "tests/vectors",
    ),
    "journeys": ("tests/unit/journeys",),
    "hostile": ("tests/hostile",),
    "award": (
        "tests/journeys/accredit/test_cohorts.py", "tests/journeys/award/test_assess.py",
        "tests/journeys/award/test_award.py", "tests/journeys/award/test_batch.py",
        "tests/journeys/award/test_bulk.py", "tests/journeys/award/test_bulk_closed.py",
        "tests/journeys/award/test_employment_asked.py",
        "tests/journeys/award/test_handed_in.py", "tests/journeys/award/test_lot.py",
        "tests/journeys/award/test_lti.py", "tests/journeys/award/test_moving_in.py",
        "tests/journeys/award/test_objections.py", "tests/journeys/award/test_observations.py",
        "tests/journeys/award/test_one_award.py", "tests/journeys/award/test_progress.py",
        "tests/journeys/award/test_reissue.py", "tests/journeys/award/test_rounds.py",
        "tests/journeys/award/test_rule_dry_run.py", "tests/journeys/award/test_settling.py",
        "tests/journeys/award/test_stacking.py", "tests/journeys/award/test_xapi.py",
        "tests/journeys/check/test_check.py", "tests/journeys/check/test_check_tokens.py",
        "tests/journeys/check/test_verify_many.py", "tests/journeys/connect/test_connecting.py",
        "tests/journeys/connect/test_dialects.py", "tests/journeys/connect/test_pulling.py",
        "tests/journeys/define/test_pathway_pages.py", "tests/journeys/define/test_profile_pathways.py",
        "tests/journeys/define/test_rules.py", "tests/journeys/define/test_skills_served.py",
        "tests/journeys/hold/test_declining.py", "tests/journeys/measure/test_answering.py",
        "tests/journeys/measure/test_employment.py", "tests/journeys/operate/test_retention.py",
        "tests/journeys/operate/test_sandbox.py", "tests/journeys/publish/test_recent_lists.py",
        "tests/journeys/transfer/test_cv.py",
    ),
}  # fmt: skip
OTHERS = ("tests/unit", "tests/journeys")
# They start processes, which would not be changed, or are about other packages; or they enter the whole
# service by its doors, which takes too long for each change. What one of them alone notices counts as lived.
LEFT_OUT = (
    "tests/unit/jobs", "tests/unit/outbound", "tests/unit/processes", "tests/unit/sources",
    "tests/unit/test_house.py", "tests/unit/test_benchmarks.py", "tests/journeys/award/test_kill.py",
    "tests/journeys/operate/test_demo.py", "tests/journeys/sign/test_conformance_serve.py",
    "tests/journeys/admit/test_remembered.py", "tests/journeys/operate/test_released.py",
    "tests/journeys/test_manual.py", "tests/journeys/operate/test_threads.py",
    "tests/journeys/operate/test_deploy.py", "tests/journeys/sign/test_keys_in_hardware.py",
    "tests/journeys/transfer/test_kill_import.py", "tests/hostile/test_audit_trail.py",
    "tests/hostile/test_cost.py", "tests/hostile/test_erasure.py", "tests/hostile/test_fetch.py",
    "tests/hostile/test_found_b14.py", "tests/hostile/test_http.py", "tests/hostile/test_lanes.py",
    "tests/hostile/test_machine.py", "tests/hostile/test_oauth.py", "tests/hostile/test_openapi.py",
    "tests/hostile/test_organisations.py", "tests/hostile/test_roles.py", "tests/hostile/test_slow_hosts.py",
    "tests/hostile/test_store.py", "tests/hostile/test_visitors.py", "tests/hostile/test_webhook.py",
    "tests/hostile/test_answering.py", "tests/hostile/test_archive.py", "tests/hostile/test_crowd.py",
    "tests/hostile/test_exchanges.py", "tests/hostile/test_faults.py", "tests/hostile/test_found_cost.py",
    "tests/hostile/test_found_readiness.py", "tests/hostile/test_found_restored.py",
    "tests/hostile/test_images.py", "tests/hostile/test_logs.py", "tests/hostile/test_oid4vci.py",
    "tests/hostile/test_results.py", "tests/hostile/test_saml.py", "tests/hostile/test_sandbox.py",
    "tests/hostile/test_submission.py", "tests/hostile/test_taking.py",
    "tests/hostile/test_verify_doors.py",
)  # fmt: skip
JUDGED = Path(__file__).parent / "judged_mutants.json"
WANTED = 0.95
MOST_SECONDS = 60.0  # of tests that are asked of one mutant, the shortest
# Of CPU time that those tests may take, before the mutant is one that never ends.
LEAST_SECONDS, TIMES_SECONDS = 20, 5
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
        packages: folders or modules, as paths.
        folder: where to keep what was measured, for the next run; None for nowhere.
        near_alone: ask the tests near these packages, and no others.
    """
    mutants = _draw(count, seed, packages)
    with tempfile.TemporaryDirectory(prefix="credserv-mutants-") as passing:
        kept = folder or Path(passing)
        lived: Sequence[Mutant] = mutants
        for name, tests in NEAR.items():
            lived = ask(ledger, lived, measure(kept / name, tests, LEFT_OUT))
        if not near_alone:
            near = itertools.chain(*NEAR.values())
            lived = ask(ledger, lived, measure(kept / "others", OTHERS, (*LEFT_OUT, *near)))
    judged = json.loads(JUDGED.read_text())
    equal = [mutant for mutant in lived if mutant.key in judged]
    missed = [mutant for mutant in lived if mutant.key not in judged]
    counted = len(mutants) - len(equal)
    ledger.count("mutants", len(mutants))
    ledger.count("judged to change nothing", len(equal))
    ledger.count("noticed", counted - len(missed))
    ledger.count("per cent noticed", round(100 * (counted - len(missed)) / max(counted, 1)))
    for mutant in missed:
        ledger.note(told(mutant))
    if counted - len(missed) < WANTED * counted:
        ledger.fault(f"less than {WANTED:.0%} of the mutants were noticed")


def _draw(count: int, seed: int, packages: Sequence[str]) -> list[Mutant]:
    every = [
        mutant
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py")) or [ROOT / package]
        for mutant in find_mutants(".".join(path.relative_to(ROOT).with_suffix("").parts), path)
    ]
    return random.Random(seed).sample(every, min(count, len(every)))


def ask(ledger: Ledger, mutants: Sequence[Mutant], ran: Measured, *, at_once: int = 2) -> list[Mutant]:
    """The mutants that lived, those that no test runs among them."""
    tests = {mutant: _tests(mutant, ran) for mutant in mutants}
    asked = [mutant for mutant in mutants if tests[mutant]]
    controls = asked[::EVERY_TENTH]
    jobs = [_job(mutant, tests[mutant], ran, changed=True) for mutant in asked]
    jobs += [_job(mutant, tests[mutant], ran, changed=False) for mutant in controls]
    noticed: set[Mutant] = set()
    for done, (place, code) in enumerate(_run(jobs, at_once), 1):
        if place >= len(asked):
            ledger.count("run unchanged")
            if code != 0:
                unchanged = controls[place - len(asked)]
                ledger.fault(f"unchanged, its {len(tests[unchanged])} tests end with {code}: {unchanged.key}")
        elif code != 0:
            ledger.count("of which their tests never ended", code < 0)
            noticed.add(asked[place])
        else:
            sys.stderr.write(f"lives: {told(asked[place])} ({len(tests[asked[place]])} tests)\n")
        ledger.progress(done, len(jobs), "mutants")
    return [mutant for mutant in mutants if mutant not in noticed]


def told(mutant: Mutant) -> str:
    return f"line {mutant.line}, {mutant.key}"


def _tests(mutant: Mutant, ran: Measured) -> Sequence[str]:
    """The shortest, as many as there is time for.

    Those of a file stay together and in its order: what they share is made once.
    """
    found = sorted(ran.tests(_path(mutant.module), mutant.line), key=lambda test: ran.seconds[test])
    seconds = itertools.accumulate(ran.seconds[test] for test in found)
    chosen = [test for test, so_far in zip(found, seconds, strict=True) if so_far < MOST_SECONDS]
    files = list(dict.fromkeys(test.partition("::")[0] for test in chosen))
    places = {test: place for place, test in enumerate(ran.seconds)}
    return sorted(chosen, key=lambda test: (files.index(test.partition("::")[0]), places[test]))


def _job(mutant: Mutant, tests: Sequence[str], ran: Measured, *, changed: bool) -> JsonObject:
    path = _path(mutant.module)
    return {
        "module": mutant.module,
        "path": str(path),
        "number": mutant.number if changed else None,
        "tests": list(tests),
        "seconds": LEAST_SECONDS + int(TIMES_SECONDS * sum(ran.seconds[test] for test in tests)),
        "anew": mutant.is_loaded
        or ran.is_loaded(path, mutant.line)
        or not can_be_swapped(path, mutant.number),
    }


def _path(module: str) -> Path:
    return (ROOT / module.replace(".", "/")).with_suffix(".py")


def _run(jobs: Sequence[JsonObject], at_once: int) -> Iterator[tuple[int, int]]:
    """The place of each job as it ends, and its exit code.

    Raises RuntimeError where not all were run.
    """
    ended = 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.prove.mutant_run"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as runner:  # fmt: skip
        assert runner.stdin is not None
        assert runner.stdout is not None
        runner.stdin.write(json.dumps({"at_once": at_once, "jobs": jobs}))
        runner.stdin.close()
        for line in runner.stdout:
            place, code = map(int, line.split())
            yield place, code
            ended += 1
    if ended != len(jobs):
        raise RuntimeError(f"only {ended} of {len(jobs)} changes were asked about")

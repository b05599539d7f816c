"""The small form of each long proof: the same code over less."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.prove.bulk import prove_bulk
from tests.prove.fault_kinds import FAULTS
from tests.prove.faults import FEWEST_ACTS, plan, prove_faults
from tests.prove.growth import judge_by_badge, judge_flat, judge_wal
from tests.prove.ledger import Ledger
from tests.prove.made import for_processes
from tests.prove.measured_lines import ROOT, Measured
from tests.prove.mutants import _tests, ask
from tests.prove.mutations import find_mutants
from tests.prove.random_documents import prove_random
from tests.prove.rows import prove_rows
from tests.prove.simulation import prove_simulation
from tests.prove.soak import prove_soak
from tests.prove.swapped import can_be_swapped
from tests.prove.upgrade import upgrade
from tests.testkit.small_disk import HOW_TO_GET_IT, may_mount

# Some on one database alone: what the kind may change under kills, journeys/award/test_kill.py tries on both.


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_attack_136_a_small_bulk_while_processes_are_killed(database_url: str, tmp_path: Path) -> None:
    ledger = Ledger("bulk")
    prove_bulk(for_processes(database_url, tmp_path), ledger, events=60, kill_seconds=0.1, kills=3, seed=1)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["events accepted"] == 60
    assert ledger.counts["verified, active"] == 60
    assert ledger.counts["web killed"] + ledger.counts["worker killed"]


def test_attack_136_two_thousand_rows_while_the_worker_is_killed(database_url: str, tmp_path: Path) -> None:
    ledger, service = Ledger("rows"), for_processes(database_url, tmp_path)
    prove_rows(service, ledger, rows=2_000, kill_seconds=0, kills=2, seed=1, samples=50)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["rows issued"] == 2_000
    assert ledger.counts["verified, active"] == 50
    assert ledger.counts["worker killed"] == 2


def test_attack_134_five_hundred_badges_of_the_released_version(
    empty_database_url: str, tmp_path: Path
) -> None:
    ledger = Ledger("upgrade")
    upgrade(empty_database_url, tmp_path, ledger, credentials=500, samples=60)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["verified, active"] + ledger.counts["verified, revoked"] == 60
    assert ledger.counts["verified, revoked"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_attack_140_a_short_soak(database_url: str, tmp_path: Path) -> None:
    ledger = Ledger("soak")
    prove_soak(for_processes(database_url, tmp_path), ledger, seconds=8, seed=1, flat=False)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["verdict verified"] > 20
    assert ledger.counts["credentials revoked"]
    assert ledger.counts["web-1 open files, first sample"] > 10
    assert ledger.counts["database bytes, last sample"] > 1_000_000
    assert "jobs that wait, first sample" in ledger.counts
    assert "write-ahead log MiB, at most" in ledger.counts


def test_random_documents_leave_a_ledger() -> None:
    ledger = Ledger("random")
    prove_random(ledger, documents=20, seed=1)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["compared"] + ledger.counts["outside what is compiled"] == 20
    assert "faults: 0" in ledger.text()


@pytest.mark.parametrize(("samples", "faults"), [([100] * 40, 0), ([*range(100, 300, 5)], 1)])
def test_what_grows_is_a_fault(samples: list[int], faults: int) -> None:
    """Of memory, files and waiting jobs; of what comes with each badge; and of the log, past what checkpoints
    keep."""
    ledger = Ledger("soak")
    judge_flat("web-1 MiB", samples, ledger, slack=16, flat=True)
    assert len(ledger.faults) == faults
    total = list(zip(range(0, 4_000, 100), accumulate(100 * one for one in samples), strict=True))
    judge_by_badge("database bytes", total, ledger, flat=True)
    assert len(ledger.faults) == faults
    judge_wal([one * 1_048_576 for one in samples], 200 * 1_048_576, ledger, flat=True)
    assert len(ledger.faults) == 2 * faults


def test_what_a_badge_brings_may_not_become_more() -> None:
    ledger = Ledger("soak")
    steep = [(badges * 10, badges**4) for badges in range(40)]
    judge_by_badge("database bytes", steep, ledger, flat=False)
    assert not ledger.faults, "while it warms up"
    judge_by_badge("database bytes", steep, ledger, flat=True)
    assert len(ledger.faults) == 1


def test_a_change_of_the_code_is_noticed_where_a_test_asks_for_it() -> None:
    """One that is asked for, one that is not, and one process without any change."""
    path = ROOT / "credserv/status/bitstring.py"
    every = find_mutants("credserv.status.bitstring", path)
    noticed = next(one for one in every if "MINIMUM_ENTRIES" in one.code and one.what == "without operand 1")
    other = next(one for one in every if "int(status, 16)" in one.code)
    test = "tests/unit/status/test_bitstring.py::test_our_own_lists_are_never_small_broken_or_huge[0]"
    data = CoverageData(no_disk=True)
    data.set_context(f"{test}|run")
    data.add_lines({"credserv/status/bitstring.py": [noticed.line, other.line]})
    ran = Measured(data, {}, {test: 0.1})  # of a file that was changed since, which is told of as a whole
    ledger = Ledger("mutants")
    assert ask(ledger, [noticed, other], ran) == [other]
    assert not ledger.faults, ledger.text()
    assert ledger.counts["run unchanged"] == 1


def test_tests_of_a_file_stay_together_in_its_order() -> None:
    """Else what they share is made twice, and some fail by themselves: each change would seem noticed."""
    mutant = find_mutants("credserv.status.bitstring", ROOT / "credserv/status/bitstring.py")[0]
    data = CoverageData(no_disk=True)
    seconds = {"a.py::one": 0.3, "a.py::two": 0.1, "b.py::one": 0.2, "b.py::long": 99.0}
    for test in seconds:
        data.set_context(f"{test}|run")
        data.add_lines({"credserv/status/bitstring.py": [mutant.line]})
    assert _tests(mutant, Measured(data, {}, seconds)) == ["a.py::one", "a.py::two", "b.py::one"]


def test_a_change_that_cannot_be_put_into_what_is_loaded_is_loaded_anew() -> None:
    path = ROOT / "credserv/verifying/assertion_hosts.py"
    every = find_mutants("credserv.verifying.assertion_hosts", path)
    others = [one.code for one in every[:6] if not can_be_swapped(path, one.number)]
    assert others == ["super().__init__(reason)"]


@pytest.mark.parametrize(
    ("database_url", "seed"), [("sqlite", 1), ("postgresql", 2)], indirect=["database_url"]
)
def test_a_short_simulation_keeps_every_promise(database_url: str, tmp_path: Path, seed: int) -> None:
    ledger = Ledger("simulation")
    prove_simulation(database_url, tmp_path, ledger, steps=150, seed=seed)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["processes killed"]
    assert ledger.counts["statements refused"]


@pytest.mark.skipif(not may_mount(), reason=HOW_TO_GET_IT)
@pytest.mark.parametrize(
    ("kind", "seed", "faults"),
    [
        ("sqlite", 1, ("kill", "disk-full", "clock-ahead")),
        ("postgresql", 2, ("network-cut", "read-only")),
    ],
    ids=["sqlite", "postgresql"],
)
def test_attack_127_128_129_132_nothing_is_lost_doubled_or_wrong_by_any_fault(
    kind: str, seed: int, faults: tuple[str, ...]
) -> None:
    ledger = Ledger("faults")
    prove_faults(kind, ledger, seed=seed, rounds=1, acts=FEWEST_ACTS, faults=faults)
    assert not ledger.faults, ledger.text()
    assert ledger.counts["met 503"], "nothing was in its way"
    assert f"--seed {seed} --rounds 1 --acts {FEWEST_ACTS} --database {kind} --fault" in ledger.text()


def test_a_seed_makes_one_plan_and_each_fault_ends_between_acts() -> None:
    made = plan(7, tuple(FAULTS), 2, FEWEST_ACTS)
    assert plan(7, tuple(FAULTS), 2, FEWEST_ACTS) == made
    assert plan(8, tuple(FAULTS), 2, FEWEST_ACTS) != made
    alone = plan(7, ("kill",), 2, FEWEST_ACTS)
    assert sorted(one.name for one in alone) == ["kill-1", "kill-2"]
    assert all(one in made for one in alone)
    for one in made:
        assert len(one.strikes) == FAULTS[one.fault].strikes
        marks = [0, *(mark for strike in one.strikes for mark in strike), len(one.acts)]
        assert marks == sorted(marks)
        assert len(set(marks)) == len(marks), "an act before, in and after each"

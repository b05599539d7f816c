"""`./dev prove PROOF`: run one of the long proofs and print its ledger. Exit code 0 where it has no fault."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from tests.prove.bulk import prove_bulk
from tests.prove.fault_kinds import FAULTS
from tests.prove.faults import FEWEST_ACTS, prove_faults
from tests.prove.firm import prove_firm
from tests.prove.ledger import Ledger
from tests.prove.made import DATABASES, database_in_folder, service_on
from tests.prove.mutants import PACKAGES, prove_mutants
from tests.prove.random_documents import prove_random
from tests.prove.rows import prove_rows
from tests.prove.simulation import prove_simulation
from tests.prove.soak import prove_soak
from tests.prove.upgrade import prove_upgrade
from tests.testkit.small_disk import HOW_TO_GET_IT, may_mount

WITHOUT_DATABASE = ("random", "mutants")


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.proof == "faults" and not may_mount():
        parser.error(HOW_TO_GET_IT)
    faults = 0
    for database in chosen.database or (("none",) if chosen.proof in WITHOUT_DATABASE else DATABASES):
        name = chosen.proof if database == "none" else f"{chosen.proof} on {database}"
        ledger = Ledger(name)
        _run(chosen, database, ledger)
        sys.stdout.write(ledger.text() + "\n")
        faults += len(ledger.faults)
    return 1 if faults else 0


def _run(chosen: argparse.Namespace, database: str, ledger: Ledger) -> None:
    if chosen.proof == "random":
        prove_random(ledger, documents=chosen.documents, seed=chosen.seed)
    elif chosen.proof == "mutants":
        prove_mutants(
            ledger,
            count=chosen.count,
            seed=chosen.seed,
            packages=chosen.package or PACKAGES,
            folder=chosen.measured,
            near_alone=chosen.near,
        )
    elif chosen.proof == "simulation":
        with database_in_folder(database) as (url, folder):
            prove_simulation(url, folder, ledger, steps=chosen.steps, seed=chosen.seed)
    elif chosen.proof == "firm":
        with database_in_folder(database) as (url, folder):
            people, months = chosen.people, chosen.months
            prove_firm(url, folder, ledger, people=people, months=months, seed=chosen.seed)
    elif chosen.proof == "faults":
        prove_faults(
            database,
            ledger,
            seed=chosen.seed,
            rounds=chosen.rounds,
            acts=chosen.acts,
            faults=chosen.fault or (),
        )
    elif chosen.proof == "upgrade":
        prove_upgrade(database, ledger, credentials=chosen.credentials, samples=chosen.samples)
    else:
        with service_on(database) as service:
            if chosen.proof == "soak":
                seconds = chosen.minutes * 60
                prove_soak(service, ledger, seconds=seconds, seed=chosen.seed, pause=chosen.pause)
            elif chosen.proof == "rows":
                kills = chosen.kill_seconds
                prove_rows(service, ledger, rows=chosen.rows, kill_seconds=kills, seed=chosen.seed)
            else:
                kills = chosen.kill_seconds
                prove_bulk(service, ledger, events=chosen.events, kill_seconds=kills, seed=chosen.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev prove", description=__doc__)
    parser.set_defaults(database=(), seed=0)
    proofs = parser.add_subparsers(dest="proof", required=True)
    soak = proofs.add_parser("soak", help="mixed load for minutes; nothing grows, every answer right")
    soak.add_argument("--minutes", type=float, default=240)
    soak.add_argument(
        "--pause", type=float, default=0.0, help="seconds between two visits of one of six people [0]"
    )
    bulk = proofs.add_parser("bulk", help="many events while processes are killed")
    bulk.add_argument("--events", type=int, default=100_000)
    bulk.add_argument("--kill-seconds", type=float, default=10)
    rows = proofs.add_parser("rows", help="a file of many rows while its worker is killed")
    rows.add_argument("--rows", type=int, default=100_000)
    rows.add_argument("--kill-seconds", type=float, default=10)
    upgrade = proofs.add_parser("upgrade", help="the released version's data, migrated, and the way back")
    upgrade.add_argument("--credentials", type=int, default=100_000)
    upgrade.add_argument("--samples", type=int, default=1_000)
    made_up = proofs.add_parser("random", help="random documents against two independent implementations")
    made_up.add_argument("--documents", type=int, default=300)
    simulation = proofs.add_parser("simulation", help="all that may happen, with faults between, by a seed")
    simulation.add_argument("--steps", type=int, default=20_000)
    firm = proofs.add_parser("firm", help="a firm's mentors, played from its log; every figure is known")
    firm.add_argument("--people", type=int, default=500)
    firm.add_argument("--months", type=int, default=18)
    faults = proofs.add_parser("faults", help="each fault of a table under real processes, by a seed")
    faults.add_argument("--rounds", type=int, default=3, help="how often each fault comes")
    faults.add_argument("--acts", type=_acts, default=60, help="of people and systems in each round")
    faults.add_argument("--fault", action="append", choices=FAULTS, help="this one alone; otherwise all")
    mutants = proofs.add_parser("mutants", help="single changes of the code, which the tests have to notice")
    mutants.add_argument("--count", type=int, default=300, help="how many, drawn by the seed")
    mutants.add_argument(
        "--package", action="append", help=f"this folder or module alone; otherwise {', '.join(PACKAGES)}"
    )
    mutants.add_argument("--near", action="store_true", help="ask the tests near these packages alone")
    mutants.add_argument(
        "--measured", type=Path, help="folder that keeps which test runs which line, for the next run"
    )
    for proof in (soak, bulk, rows, made_up, mutants, simulation, faults, firm):
        proof.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    for proof in (soak, bulk, rows, upgrade, simulation, faults, firm):
        proof.add_argument(
            "--database", action="append", choices=DATABASES, help="this one alone; otherwise both in turn"
        )
    return parser


def _acts(text: str) -> int:
    """Raises ArgumentTypeError: a fault has to have acts before, while and after it."""
    if not text.isdecimal() or int(text) < FEWEST_ACTS:
        raise argparse.ArgumentTypeError(f"it is a number of {FEWEST_ACTS} or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

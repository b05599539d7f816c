"""A firm of many people, played from its log; every figure and every invariant held against what is right."""

from __future__ import annotations

import time
from pathlib import Path

from credserv.processes.playing.log import read_log
from credserv.processes.playing.simulation import simulate_log
from tests.prove.ledger import Ledger
from tests.testkit.firm import make_firm
from tests.testkit.firm.answers import answers
from tests.testkit.firm.comparing import differences


def prove_firm(
    database_url: str | None, folder: Path, ledger: Ledger, *, people: int, months: int, seed: int
) -> None:
    """database_url: of an empty database; None for one that is made for it alone."""
    firm = make_firm(people, months, seed)
    log, _ = firm.write(folder)
    began = time.process_time()
    done = simulate_log(
        read_log(log),
        firm.programme,
        cut=firm.cut,
        instants=firm.instants,
        database_url=database_url,
        tell=ledger.hear,
    )
    spent = time.process_time() - began
    ledger.note(f"seed {seed}; {len(firm.events) / spent:.0f} events per CPU second")
    ledger.count("events played", len(firm.events))
    for kind, codes in sorted(done.refused.items()):
        for code, count in sorted(codes.items()):
            ledger.count(f"refused: {kind}, {code}", count)
    for name, faults in done.invariants.items():
        ledger.count(f"holds: {name}", not faults)
        for fault in faults:
            ledger.fault(f"{name}: {fault}")
    right = answers(firm.events, firm.programme, firm.cut, firm.instants)
    for difference in differences(done.report, right):
        ledger.fault(difference)

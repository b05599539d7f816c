"""Faults by a seed, one after the other, under the service's real processes while people and systems go on.

The plan is drawn from the seed before anything starts: what is sent, in which order, at which act each fault
strikes and ends, and what it does exactly. The same seed on the same commit makes the same plan. How
processes interleave is the machine's; a run that repeats every statement is `./dev prove simulation`, in one
process.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from tests.prove.fault_account import Account, Accountant
from tests.prove.fault_kinds import FAULTS
from tests.prove.fault_load import Act, Load, plan_acts
from tests.prove.fault_site import Site, site_on
from tests.prove.ledger import Ledger
from tests.testkit.small_disk import HOW_TO_GET_IT, may_mount

AT_ONCE = 4
CLAIMS = 2
FEWEST_ACTS = 16
_COLUMNS = ("tried", "taken", "owed", "refused", "lost", "doubled", "wrong", "heals s", "settles s")


@dataclass(frozen=True)
class Round:
    """strikes: at which act the fault begins and ends, each time. pauses: seconds before each act."""

    fault: str
    name: str
    seed: str
    acts: list[Act]
    strikes: list[tuple[int, int]]
    pauses: list[float]


def plan(seed: int, faults: Sequence[str], rounds: int, acts: int) -> list[Round]:
    """The same for the same arguments. A fault is not planned other than it is without the others."""
    order = [(fault, number) for fault in faults for number in range(1, rounds + 1)]
    random.Random(seed).shuffle(order)
    return [_round(f"{seed} {fault} {number}", fault, f"{fault}-{number}", acts) for fault, number in order]


def _round(seed: str, fault: str, name: str, count: int) -> Round:
    chance = random.Random(seed)
    acts, strikes = plan_acts(chance, count), FAULTS[fault].strikes
    # Each within a part of its own, for half of it, between acts before and after.
    part = (count - 1) // strikes
    begins = [number * part + chance.randint(1, max(1, part // 4)) for number in range(strikes)]
    planned = [(begin, begin + part // 2) for begin in begins]
    return Round(fault, name, seed, acts, planned, [chance.uniform(0, 0.15) for _ in acts])


def prove_faults(
    kind: str, ledger: Ledger, *, seed: int, rounds: int, acts: int, faults: Sequence[str] = ()
) -> None:
    """kind: of the database. faults: by name; all of them where none is named. Raises ValueError for one that
    there is not, and PermissionError where nothing may be mounted."""
    chosen = tuple(faults) or tuple(FAULTS)
    if unknown := set(chosen) - set(FAULTS):
        raise ValueError(f"there is no fault {', '.join(sorted(unknown))}: {', '.join(FAULTS)}")
    if not may_mount():
        raise PermissionError(HOW_TO_GET_IT)
    ledger.count("seed", seed)
    ledger.hear(again := _again(kind, seed, rounds, acts, faults))  # also where it breaks off
    accounts: dict[str, Account] = {fault: Account() for fault in chosen}
    loads: list[tuple[Round, Load]] = []
    planned = plan(seed, chosen, rounds, acts)
    with site_on(kind) as site:
        accountant, api = Accountant(site), site.service.api_headers()
        for number, one in enumerate(planned):
            load = Load(site, one.name, one.seed, api)
            accounts[one.fault].add(_play(site, one, load, accountant, ledger))
            loads.append((one, load))
            ledger.progress(number + 1, len(planned), "rounds")
        # What a later fault does to what was promised before it is no less wrong.
        for one, load in loads:
            account = Account()
            accountant.judge(load, [promise for promise in load.every() if promise.address], account)
            accounts[one.fault].add(account)
        for _, load in loads:
            for trouble, count in load.troubles.items():
                ledger.count(f"met {trouble}", count)
        states = site.service.services.store.credentials.count_by_state()
        promised = sum(len(load.every()) for _, load in loads)
        if sum(states.values()) != promised:
            ledger.fault(f"{promised} orders and events, and {sum(states.values())} credentials")
    _tell(ledger, kind, accounts)
    ledger.note(again)


def _play(site: Site, one: Round, load: Load, accountant: Accountant, ledger: Ledger) -> Account:
    load.prepare(one.acts, CLAIMS)
    chance = random.Random(f"{one.seed} fault")
    strike = FAULTS[one.fault].strike
    begins, ends = {begin for begin, _ in one.strikes}, {end for _, end in one.strikes}
    running: list[Future[None]] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        with ExitStack() as struck:
            for number, act in enumerate(one.acts):
                if number in ends:
                    struck.close()
                if number in begins:
                    struck.enter_context(strike(site, chance))
                time.sleep(one.pauses[number])
                while sum(not future.done() for future in running) >= AT_ONCE:
                    time.sleep(0.01)
                running.append(pool.submit(load.act, act))
        for future in running:
            future.result()
    site.restore()
    account = Account()
    accountant.settle(load, account)
    found = len(account.lost) + len(account.doubled) + len(account.wrong)
    ledger.hear(
        f"{one.name}: {found} lost, doubled or wrong; healed after {account.heals:.1f} s, settled after "
        f"{account.settles:.1f} s"
    )
    return account


def _tell(ledger: Ledger, kind: str, accounts: dict[str, Account]) -> None:
    width = max(len(fault) for fault in accounts)
    ledger.note(f"{kind:<{width}}  " + "".join(f"{name:>10}" for name in _COLUMNS))
    for fault, one in accounts.items():
        counted = (
            one.tried,
            one.taken,
            one.tried - one.taken,
            one.refused,
            len(one.lost),
            len(one.doubled),
            len(one.wrong),
        )
        cells = [*(str(number) for number in counted), f"{one.heals:.1f}", f"{one.settles:.1f}"]
        ledger.note(f"{fault:<{width}}  " + "".join(f"{cell:>10}" for cell in cells))
        for name in ("lost", "doubled", "wrong"):
            for what in getattr(one, name):
                ledger.fault(f"{fault}: {name}: {what}")
        if one.letters_twice:
            ledger.count("letters that came twice", one.letters_twice)


def _again(kind: str, seed: int, rounds: int, acts: int, faults: Sequence[str]) -> str:
    """The command that repeats the plan."""
    named = "".join(f" --fault {fault}" for fault in faults)
    return (
        f"again, at commit {_commit()}: ./dev prove faults --seed {seed} --rounds {rounds} --acts {acts}"
        f" --database {kind}{named}"
    )


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

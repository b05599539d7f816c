"""How long others wait while eight of the dearest requests that attacks found are worked on, again and again.

    python -m benchmarks.crowded [--rounds N] [--processes N]

One web process as `credserv serve` runs it, without its rate limits; the eight come from as many visitors
(`tests/testkit/crowd.py`). An event of a learning system, a page of a wallet, the console and a status list
are asked for in turns, first alone, then beside them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.testkit import crowd
from tests.testkit.processes import Processes, running
from tests.testkit.ready import migrated_sqlite

TARGET = 1.0  # second, found F1b


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowded", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each is asked for [20]")
    parser.add_argument("--processes", type=int, default=1, help="web processes [1]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="credserv-bench-") as name:
        service, port = crowd.crowdable(Path(name), migrated_sqlite())
        kinds, dearest = crowd.beside(service), crowd.dearest()
        threads = service.settings.thread_count
        with running(service.settings, webs=options.processes, workers=0, web_threads=threads) as processes:
            _tell("alone", _wait(processes, kinds, options.rounds))
            with crowd.in_flight(port, dearest) as flight:
                _tell("beside the eight", _wait(processes, kinds, options.rounds))
                told = ", ".join(f"{many} of number {which}" for which, many in flight.counted())
                sys.stdout.write(f"of the eight were answered meanwhile: {told or 'none'}\n")
                for web in processes.names():
                    processes.kill(web)
    return 0


def _wait(
    processes: Processes, kinds: dict[str, Callable[[], crowd.Wish]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each. Raises RuntimeError for one that was refused."""
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, make in kinds.items():
            wish, began = make(), time.monotonic()
            status = crowd.ask(processes, wish)
            if status >= 300:
                raise RuntimeError(f"{kind}: {status}")
            taken[kind].append(time.monotonic() - began)
    return taken


def _tell(when: str, taken: dict[str, list[float]]) -> None:
    for kind, seconds in taken.items():
        told = f"p50 {statistics.median(seconds) * 1_000:.0f} ms, longest {max(seconds) * 1_000:.0f} ms"
        sys.stdout.write(f"{when}, {kind}: {told} (at most {TARGET * 1_000:.0f} wanted)\n")


if __name__ == "__main__":
    sys.exit(main())

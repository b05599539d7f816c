"""Verifying over HTTP alone, without the peers: a second, and a CPU second of the service.

    python -m benchmarks.checks [--seconds S]

Asked for many credentials of one achievement in turn, and for one again and again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.load import Rate, Request, ask, measure
from benchmarks.processes import cores, on_core
from benchmarks.reference import build_reference
from benchmarks.service import Access, batch_request, credential_at, free_port, ours, verify_request
from benchmarks.visits import Issuers, foreign_request, outside

MANY = 1_200  # more than are remembered (`credserv/verifying/checks/document_memory.py`)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement [8]")
    seconds: float = parser.parse_args().seconds
    core, other = cores()
    with on_core(other):
        for name, rate in measure_checks(seconds, core):
            sys.stdout.write(f"{name:44s} {rate.per_second:8.0f} {rate.per_cpu_second:8.0f}\n")
            sys.stdout.flush()
    return 0


def measure_checks(seconds: float, core: int) -> Iterator[tuple[str, Rate]]:
    """Rates a second, and a CPU second. Raises LoadError."""
    with ours(core) as access:
        own = [verify_request(one) for one in _issued(access)]
        yield "own, many", _rate(access.port, seconds, own, access.cpu_seconds)
        yield "own, the same", _rate(access.port, seconds, own[:1], access.cpu_seconds)
    issuers, port = Issuers(build_reference()), free_port()
    with outside(issuers, core, port) as used:
        foreign = [foreign_request({"credential": issuers.credential(0, which)}) for which in range(MANY)]
        yield "of another issuer, many", _rate(port, seconds, foreign, used)
        yield "of another issuer, the same", _rate(port, seconds, foreign[:1], used)


def _rate(port: int, seconds: float, requests: Sequence[Request], used: Callable[[], float]) -> Rate:
    turns = itertools.cycle(requests)
    lock = threading.Lock()

    def following() -> Request:
        with lock:
            return next(turns)

    return measure(port, seconds, following, used=used)


def _issued(access: Access) -> list[dict[str, Any]]:
    made: list[str] = []
    while len(made) < MANY:
        made += [item["credential"] for item in json.loads(ask(access.port, batch_request(access)))["items"]]
    return [credential_at(access, url) for url in made]


if __name__ == "__main__":
    sys.exit(main())

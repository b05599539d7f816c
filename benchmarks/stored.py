"""Whether a service slows down as it fills, and as more ask at once.

    python -m benchmarks.stored [--stored 1000 10000 100000] [--clients 1 8 64] [--database sqlite|postgresql]
                                [--seconds 4]

Credentials are issued by HTTP, a hundred a request, until so many are stored; what that takes is printed as
well. Then single orders, verifications of one of them and its public page are asked for by so many clients:
how many a CPU second of web and worker, and within what time 99 of 100 are answered. Service and database
are on one core, the clients on another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.load import LoadError, Request, ask, measure, percentile_99
from benchmarks.orders import CLIENTS, Access, database_on, order_request, service_on
from benchmarks.processes import cores
from benchmarks.service import BATCH, batch_request, credential_at, free_port, verify_request

STORED = (1_000, 10_000, 100_000)
DATABASES = ("sqlite", "postgresql")

Make = Callable[[], Request]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stored", description=__doc__)
    parser.add_argument("--stored", type=int, nargs="+", default=list(STORED), help="credentials, rising")
    parser.add_argument("--clients", type=int, nargs="+", default=list(CLIENTS), help="that ask at once")
    parser.add_argument("--database", choices=DATABASES, help="this one alone; otherwise both in turn")
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement [4]")
    options = parser.parse_args()
    for database in [options.database] if options.database else DATABASES:
        for line in measure_stored(database, options.stored, options.clients, options.seconds):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


def measure_stored(
    database: str, stored: Sequence[int], clients: Sequence[int], seconds: float
) -> Iterator[str]:
    """Lines to print. Raises LoadError, RuntimeError."""
    with _service(database) as access:
        there = 0
        for wanted in stored:
            number = max(wanted - there, 0) // BATCH * BATCH
            filled, there = _fill(access, number), there + number
            yield f"{database}, {there:,} credentials stored{filled}"
            ordered: list[Request] = []
            for name, make in _makes(access, ordered).items():
                for many in clients:
                    taken: list[float] = []
                    try:
                        rate = measure(
                            access.port, seconds, make, used=access.cpu_seconds, clients=many, taken=taken
                        )
                    except LoadError as error:
                        if "answered 503" not in str(error):
                            raise
                        yield f"  {name:24} {many:3} clients  some had no place, and were refused (503)"
                        continue
                    within = percentile_99(taken) * 1e3
                    yield (
                        f"  {name:24} {many:3} clients  {rate.per_second:7.0f} a second"
                        f"  {rate.per_cpu_second:7.0f} a CPU second  99 of 100 within {within:7.1f} ms"
                    )
            there += len(ordered)


@contextmanager
def _service(database: str) -> Iterator[Access]:
    core = cores()[0]
    with database_on(core, database) as url, service_on(url, core, free_port(), 1) as access:
        yield access


def _fill(access: Access, number: int) -> str:
    """Issue so many, a multiple of a batch, and say what it took."""
    if not number:
        return ", those of the orders before among them"
    before = access.cpu_seconds()
    for _ in range(number // BATCH):
        ask(access.port, batch_request(access))
    used = max(access.cpu_seconds() - before, 0.01)
    return f" (the last {number:,} of them at {number / used:,.0f} a CPU second)"


def _makes(access: Access, ordered: list[Request]) -> dict[str, Make]:
    """Orders come last, for they add to what is stored; each is added to `ordered`."""

    def order() -> Request:
        ordered.append(order_request(access.api_token))
        return ordered[-1]

    url = json.loads(ask(access.port, order()))["credential"]
    verifying = verify_request(credential_at(access, url))
    page = Request("GET", "/credentials/" + url.rsplit("/", 1)[1], b"", {"Accept": "text/html"}, 200)
    return {
        "verifications of our own": lambda: verifying,
        "public pages": lambda: page,
        "single orders": order,
    }


if __name__ == "__main__":
    sys.exit(main())

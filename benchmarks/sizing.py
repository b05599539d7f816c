"""How large a machine has to be: what is measured here on PostgreSQL, and a simulated day that is made of it.

    python -m benchmarks.sizing [--seconds 8] [--badges 10000] [--json FILE]

Measured: single orders with one, two and four web processes, all on one core with the database, and what of
their CPU time was whose; batches, verifications, status lists and public pages with one; what the database
does for each, by its own counters; how much it grows by each badge. Simulated, from these costs alone: the
busiest hour of a day of a million verifications, with ten million badges in store, on one to eight virtual
CPUs. CPU time is what counts: seconds of the clock are of this machine alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from benchmarks.day import Waits, simulate_hour
from benchmarks.load import Request, ask, measure
from benchmarks.orders import Access, order_request, service_on
from benchmarks.processes import cores, cpu_seconds, family, on_core
from benchmarks.service import BATCH, batch_request, free_port, verify_request
from tests.testkit.databases import postgres_server

PROCESSES = (1, 2, 4)
CLIENTS = 64  # as many as four processes have threads
FEW_CLIENTS = 8  # for what one process does
BADGES = 10_000_000
VERIFICATIONS = 1_000_000  # a day
BUSIEST_HOUR = 0.15  # of a day's verifications
LIST_ENTRIES = 131_072
_COUNTERS = "SELECT xact_commit + xact_rollback, tup_inserted, tup_updated + tup_deleted, tup_fetched FROM "
_OF_THIS = "pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Cost:
    """Of one thing that is asked for. per_second: of the clock, on one core. web, worker, database:
    milliseconds of CPU. transactions, inserted, changed, read: of the database; rows but for the first."""

    per_second: float
    web: float
    worker: float
    database: float
    transactions: float
    inserted: float
    changed: float
    read: float

    @property
    def milliseconds(self) -> float:
        return self.web + self.worker + self.database


@dataclass(frozen=True)
class Sizing:
    """orders: by web processes. costs: with one. badge_bytes: by which the database grows for each badge."""

    orders: Mapping[int, Cost]
    costs: Mapping[str, Cost]
    badge_bytes: float
    list_bytes: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement [8]")
    parser.add_argument("--badges", type=int, default=10_000, help="to measure the growth by [10000]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    measured, other = cores()
    with on_core(other):
        found = measure_sizing(options.seconds, options.badges, measured)
    waits = simulate(found)
    sys.stdout.write(render(found, waits))
    if options.json:
        told = asdict(found) | {"busiest_hour": [asdict(one) for one in waits]}
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    return 0


def measure_sizing(seconds: float, badges: int, core: int) -> Sizing:
    """Raises LoadError, RuntimeError."""
    orders, costs = {}, {}
    with on_core(core), _server() as (url_of_new, postmaster):
        for processes in PROCESSES:
            url = url_of_new()
            with (
                service_on(url, core, free_port(), processes) as access,
                _meter(url, access, postmaster) as of,
            ):
                make = _ordering(access)
                orders[processes] = of(seconds, make, clients=CLIENTS)
                if processes == 1:
                    costs, grown, list_bytes = _others(url, access, of, seconds, badges)
    return Sizing(orders, costs | {"order": orders[1]}, grown, list_bytes)


def _others(
    url: str, access: Access, of: Callable[..., Cost], seconds: float, badges: int
) -> tuple[dict[str, Cost], float, int]:
    issued = json.loads(ask(access.port, order_request(access.api_token)))
    page = "/" + issued["credential"].split("/", 3)[3]
    credential = json.loads(ask(access.port, _get(page, "application/vc")))
    status = "/" + credential["credentialStatus"]["statusListCredential"].split("/", 3)[3]
    listed = ask(access.port, _get(status, "application/vc"))
    before = _size(url)
    for _ in range(max(1, badges // BATCH)):
        ask(access.port, batch_request(access))
    grown = (_size(url) - before) / (max(1, badges // BATCH) * BATCH)
    verifying = verify_request(credential)
    asked = {
        "badge of a batch": (lambda: batch_request(access), BATCH),
        "verification": (lambda: verifying, 1),
        "status list": (lambda: _get(status, "application/vc"), 1),
        "badge's page": (lambda: _get(page, "text/html"), 1),
    }
    return {name: of(seconds, make, each) for name, (make, each) in asked.items()}, grown, len(listed)


def _get(path: str, kind: str) -> Request:
    return Request("GET", path, b"", {"Accept": kind}, 200)


def _ordering(access: Access) -> Callable[[], Request]:
    return lambda: order_request(access.api_token)


# --- what it is measured with -----------------------------------------------------------------------


@contextmanager
def _server() -> Iterator[tuple[Callable[[], str], int]]:
    """Makes databases; and the process id of the server."""
    with postgres_server(vacuums=True) as server, psycopg.connect(server.url) as connection:
        backend = connection.info.backend_pid
        fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
        yield lambda: server.database_url(server.create()), int(fields[1])


@contextmanager
def _meter(url: str, access: Access, postmaster: int) -> Iterator[Callable[..., Cost]]:
    """Measures what one of something costs."""

    def used() -> dict[str, float]:
        ours = {pid: _command(pid) for pid in family(access.pid)}
        worker = sum(cpu_seconds(pid) for pid, command in ours.items() if "worker" in command.split())
        return {
            "worker": worker,
            "web": sum(cpu_seconds(pid) for pid in ours) - worker,
            "database": sum(cpu_seconds(pid) for pid in family(postmaster)),
        }

    with psycopg.connect(url, autocommit=True) as connection:

        def counted() -> tuple[int, ...]:
            connection.execute("SELECT pg_stat_clear_snapshot()")
            row = connection.execute(_COUNTERS + _OF_THIS).fetchone()
            return tuple(row) if row else (0, 0, 0, 0)

        def measured(
            seconds: float, make: Callable[[], Request], each: int = 1, clients: int = FEW_CLIENTS
        ) -> Cost:
            measure(access.port, 1.0, make, used=access.cpu_seconds, each=each, clients=clients)
            rows, before = counted(), used()
            rate = measure(access.port, seconds, make, used=access.cpu_seconds, each=each, clients=clients)
            after, done = used(), (rate.per_second * seconds)
            spent = {name: (after[name] - before[name]) / done * 1e3 for name in after}
            each_row = [(now - then) / done for now, then in zip(counted(), rows, strict=True)]
            return Cost(rate.per_second, spent["web"], spent["worker"], spent["database"], *each_row)

        yield measured


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _size(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


# --- a day ------------------------------------------------------------------------------------------


def simulate(found: Sizing) -> list[Waits]:
    """The busiest hour of verifying, on one to eight virtual CPUs that do nothing else."""
    cost = found.costs["verification"].milliseconds / 1e3
    return [simulate_hour(VERIFICATIONS * BUSIEST_HOUR, cost, cpus=cpus, seed=1) for cpus in (1, 2, 4, 8)]


def render(found: Sizing, waits: list[Waits]) -> str:
    lines = [f"{'on PostgreSQL, each':28s} {'a CPU second':>12s} {'web':>7s} {'worker':>7s} {'database':>9s}"]
    lines[0] += f" {'transactions':>13s} {'rows in':>8s} {'changed':>8s} {'read':>8s}"
    orders = {f"order, {count} web processes": cost for count, cost in found.orders.items()}
    others = {name: cost for name, cost in found.costs.items() if name != "order"}
    for name, cost in (orders | others).items():
        spent = f"{cost.web:7.2f} {cost.worker:7.2f} {cost.database:9.2f}"
        rows = f"{cost.inserted:8.1f} {cost.changed:8.1f} {cost.read:8.1f}"
        lines.append(f"{name:28s} {1e3 / cost.milliseconds:12.0f} {spent} {cost.transactions:13.2f} {rows}")
    lines += ["milliseconds of CPU; rows and transactions of one", ""]
    lists = -(-BADGES // LIST_ENTRIES)
    lines += [
        f"{BADGES:,} badges: {BADGES * found.badge_bytes / 2**30:.0f} GiB of database"
        f" ({found.badge_bytes:,.0f} bytes each), {lists} status lists ({found.list_bytes:,} bytes now)",
        "",
        f"{VERIFICATIONS:,} verifications a day, {BUSIEST_HOUR:.0%} of them in the busiest hour",
        f"{'virtual CPUs':28s} {'busy':>12s} {'99 of 100 wait':>16s} {'longest':>10s}",
    ]
    for one in waits:
        lines.append(f"{one.cpus:<28d} {one.busy:12.0%} {one.p99_ms:13.0f} ms {one.longest_ms:7.0f} ms")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

"""Frameworks: `python -m benchmarks.frameworks [TERMS] [DATABASE-URL]`.

Prints the CPU seconds in which ESCO's skills are read and kept (at most 3 are wanted), and the milliseconds
of a search over TERMS items, half the best and the 95th percentile, as somebody types: after each letter of
words, codes and URIs (20 hits within 50 are wanted). Beside them stands the CPU of a search, which on a
machine that does other things says more; that of PostgreSQL's server on this machine is in it. Without an
address on SQLite and, where one can be started (tests/testkit/databases.py), on PostgreSQL.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import psycopg
from sqlalchemy.engine import make_url

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Item
from credserv.frameworks.readers import read_framework
from credserv.records.frameworks import FrameworkRecord, SkillRecord, Term
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store, open_store
from tests.testkit.databases import postgres_server

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SHARED = Path(os.environ.get("CREDSERV_SHARED", Path(__file__).resolve().parents[2] / "shared"))
_VERBS = ("manage", "assess", "develop", "monitor", "design", "apply", "plan", "advise", "teach", "test")
_LOT = 1_000


def main(terms: int, database_url: str) -> None:
    store = open_store(database_url, secret_key=b"k" * 32)
    store.migrate()
    store.organisations.create(OrganisationRecord("did:web:badges.example", {}, name="Bench"), _NOW)
    esco = _SHARED / "frameworks" / "esco" / "skills_en.csv"
    words = _words(terms)
    if esco.exists():
        begun = time.process_time()
        found = read_framework(esco.read_bytes(), Asked(file=esco.name))
        read = time.process_time() - begun
        _keep(store, "esco", found.items)
        taken = time.process_time() - begun
        print(f"{len(found.items)} skills of ESCO read and kept: {taken:.2f} CPU s ({read:.2f} to read)")
        words = [item.label for item in found.items]
    begun = time.process_time()
    _keep(store, "made", list(_made(terms, words)))
    print(f"{terms} more kept: {time.process_time() - begun:.2f} CPU s")
    cpu = _cpu_clock(database_url)
    times = list(_typed(store, words, cpu))
    for what, taken in (("", [one for one, _ in times]), (" of CPU", [one for _, one in times])):
        cuts = quantiles(taken, n=20)
        told = f"median {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms, longest {max(taken):.1f} ms"
        print(f"{len(times)} searches: {told}{what}")
    store.close()


def _words(terms: int) -> list[str]:
    return [f"{_VERBS[number % 10]} things{number % 997} thoroughly" for number in range(terms)]


def _made(terms: int, words: list[str]) -> Iterator[Item]:
    """Labels out of the words of others, so that they are as common as in ESCO."""
    chance = random.Random(7)
    for number in range(terms):
        one, other = chance.choice(words), chance.choice(words)
        half = len(other.split()) // 2 + 1
        yield Item(
            f"https://frameworks.example/made/{number}",
            f"M{number % 90}.{number}",
            labels={"en": f"{one} {' '.join(other.split()[:half])}"},
        )


def _keep(store: Store, name: str, items: tuple[Item, ...] | list[Item]) -> None:
    record = FrameworkRecord(name, f"https://frameworks.example/{name}", name, "csv", 1, _NOW)
    store.frameworks.put(record)
    for start in range(0, len(items), _LOT):
        store.frameworks.put_items(
            name,
            [
                SkillRecord(
                    start + place,
                    item.uri,
                    item.label,
                    {"labels": dict(item.labels)},
                    hashlib.sha256(item.label.encode()).hexdigest(),
                    item.code,
                    terms=tuple((Term.LABEL, text) for text in item.labels.values()),
                )
                for place, item in enumerate(items[start : start + _LOT])
            ],
        )


def _typed(store: Store, words: list[str], cpu: Callable[[], float]) -> Iterator[tuple[float, float]]:
    """Milliseconds after each letter, and those of CPU."""
    chance = random.Random(11)
    asked = [chance.choice(words) for _ in range(20)]
    asked += [f"M{number}.{number + 90}" for number in range(3)]
    for text in asked:
        for length in range(1, min(len(text), 24) + 1):
            yield _timed(store, text[:length], cpu)
    for number in range(10):
        yield _timed(store, f"https://frameworks.example/made/{number}", cpu)


def _timed(store: Store, text: str, cpu: Callable[[], float]) -> tuple[float, float]:
    worked, begun = cpu(), time.perf_counter()
    store.skill_search.search(text)
    taken = time.perf_counter() - begun
    return taken * 1_000, (cpu() - worked) * 1_000


def _cpu_clock(database_url: str) -> Callable[[], float]:
    """Seconds of CPU of this process, and of those of PostgreSQL for this database, if they run here."""
    if not database_url.startswith("postgresql"):
        return time.process_time
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in connection.execute(asked)]
    servers = [file for pid in pids if (file := Path(f"/proc/{pid}/schedstat")).exists()]

    def clock() -> float:
        return time.process_time() + sum(int(file.read_text().split()[0]) for file in servers) / 1e9

    return clock


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        main(wanted, sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as folder:
            print("SQLite")
            main(wanted, f"sqlite:///{folder}/bench.sqlite")
        with postgres_server() as server:
            print("PostgreSQL")
            main(wanted, server.database_url(server.create()))

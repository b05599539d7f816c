"""Frameworks: `python -m benchmarks.frameworks [TERMS] [DATABASE-URL]`.

Prints the CPU seconds in which ESCO's skills are read and kept (at most 3 are wanted), and the milliseconds
of a search over TERMS items, half the best and the 95th percentile, as somebody types: after each letter of
words, codes and URIs (20 hits within 50 are wanted). Beside them stands the CPU of this process, which on a
machine that does other things says more; on PostgreSQL its server's is not in it.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Item
from credserv.frameworks.readers import read_framework
from credserv.records.frameworks import FrameworkRecord, SkillRecord, Term
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store, open_store

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
    times = list(_typed(store, words))
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


def _typed(store: Store, words: list[str]) -> Iterator[tuple[float, float]]:
    """Milliseconds after each letter, and those of CPU."""
    chance = random.Random(11)
    asked = [chance.choice(words) for _ in range(20)]
    asked += [f"M{number}.{number + 90}" for number in range(3)]
    for text in asked:
        for length in range(1, min(len(text), 24) + 1):
            yield _timed(store, text[:length])
    for number in range(10):
        yield _timed(store, f"https://frameworks.example/made/{number}")


def _timed(store: Store, text: str) -> tuple[float, float]:
    begun, worked = time.perf_counter(), time.process_time()
    store.skill_search.search(text)
    return (time.perf_counter() - begun) * 1_000, (time.process_time() - worked) * 1_000


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/bench.sqlite"
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, url)

"""The console's lists over many credentials: `python -m benchmarks.lists [ROWS] [DATABASE-URL]`.

Prints the milliseconds of the store for a page of 25, the best of five: the first page, the last one, and
searches that find a person, a badge, nearly everybody, and nobody.
"""

from __future__ import annotations

import hashlib
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from credserv.records.achievements import AchievementKind, AchievementVersion, ImageRecord
from credserv.records.credentials import IssueOrder, Recipient
from credserv.records.organisations import OrganisationRecord
from credserv.records.paging import Place
from credserv.store.award.lots import Making
from credserv.store.hold.credential_rows import Claim
from credserv.store.store import Store, open_store

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_LOT = 500
_SIGNED = b'{"signed": "' + b"x" * 4_500 + b'"}'
_GIVEN = ("José", "Anna", "Łukasz", "Maria", "Jürgen", "Aïcha", "Tom", "Olga")


def main(rows: int, database_url: str) -> None:
    store = open_store(database_url, secret_key=b"k" * 32)
    store.migrate()
    _fill(store, rows)
    search = store.credentials.search
    last = search(limit=25, before=Place(_BEGIN - timedelta(days=1), "~"))
    after = Place(last.items[0].issued_at, last.items[0].id)
    one = f"surname{rows // 3}"
    for label, ask in (
        ("first page", lambda: search(limit=25)),
        ("last page", lambda: search(limit=25, after=after)),
        ("one person", lambda: search(f"{one} jose", limit=25)),
        ("a part of every address", lambda: search("example.org", limit=25)),
        ("nobody", lambda: search("nobody at all", limit=25)),
        ("a badge that one in a thousand has", lambda: search("rare badge", limit=25)),
        ("a person and a badge", lambda: search(f"{one} common", limit=25)),
    ):
        print(f"{label:40} {_best(ask):8.1f} ms")
    store.close()


def _best(ask: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return min(taken) * 1_000


def _fill(store: Store, rows: int) -> None:
    store.organisations.create(OrganisationRecord("did:web:badges.example", {}, name="Bench"), _BEGIN)
    image = ImageRecord(hashlib.sha256(b"x").hexdigest(), "image/png", b"x")
    for key, name in (("common", "Common badge"), ("rare", "Rare badge")):
        made = {"id": f"https://badges.example/{key}", "name": name}
        kind = AchievementKind.COMPETENCY_MASTERY
        store.achievements.add(AchievementVersion(key, 1, kind, made, key, _BEGIN, image.sha256), [image])
    for first in range(0, rows, _LOT):
        now = _BEGIN + timedelta(seconds=first)
        claims = [_claim(number, now) for number in range(first, min(rows, first + _LOT))]
        with store.transaction(savepoints=False):
            reserved = store.lots.reserve(claims, now=now).records.values()
            store.lots.keep([Making(record.id, _SIGNED) for record in reserved], now=now)


def _claim(number: int, now: datetime) -> Claim:
    name = f"{_GIVEN[number % len(_GIVEN)]} Surname{number}"
    order = IssueOrder(
        scope="bench",
        idempotency_key=str(number),
        order_sha256="0" * 64,
        achievement_key="common" if number % 1_000 else "rare",
        achievement_version=1,
        recipient=Recipient(email=f"person{number}@example.org", name=name),
        awarded_at=now,
    )
    return Claim(order, secrets.token_urlsafe(16), "salt", now, {})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        chosen = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'lists.db'}"
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, chosen)

"""Keys that the service holds for people: one that signs, sealed, and what was shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import text

from credserv.records.exchanges import ExchangeRecord
from credserv.records.presentations import HolderKeyRecord, ShownRecord
from credserv.store.store import Store


def test_of_eight_at_once_all_get_the_same_key_and_it_is_sealed(store: Store, now: datetime) -> None:
    person = store.people.add("Pat", now)

    def add(number: int) -> str:
        return store.holder_keys.add(HolderKeyRecord(person, f"did:key:{number}", "private", now)).did

    with ThreadPoolExecutor(8) as pool:
        (kept,) = set(pool.map(add, range(8)))
    found = store.holder_keys.get(person)
    assert found == HolderKeyRecord(person, kept, "private", now)
    with store._database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM holder_keys")).all()
    assert len(rows) == 1
    assert "private" not in str(rows)
    assert store.holder_keys.get(store.people.add("Kim", now)) is None


def test_what_was_shown_is_listed_newest_first_and_what_was_not_sent_is_not(
    store: Store, now: datetime
) -> None:
    person = store.people.add("Pat", now)
    records = [
        ShownRecord(person, now + timedelta(minutes=number), "v.example", ("A",), number == 1)
        for number in range(3)
    ]
    numbers = [store.holder_keys.note(record) for record in records]
    store.holder_keys.forget(numbers[2])
    assert store.holder_keys.shown(person) == (records[1], records[0])
    assert store.holder_keys.shown(store.people.add("Kim", now)) == ()


def test_of_eight_wallets_at_once_one_completes_an_exchange(store: Store, now: datetime) -> None:
    person = store.people.add("Pat", now)
    record = ExchangeRecord(person, "credential", "challenge", now, now + timedelta(minutes=15))
    store.exchanges.add(record, "token")
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda number: store.exchanges.complete("token", f"did:{number}", now), range(8)))
    assert len(kept) == 1
    found = store.exchanges.find("token", now)
    assert found is not None
    assert {found.holder_did} == kept
    assert store.exchanges.complete("token", "did:9", record.ends_at) is None
    assert (store.exchanges.purge(record.ends_at), store.exchanges.find("token", now)) == (1, None)

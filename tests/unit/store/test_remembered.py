"""What processes remember: their own writes at once, those of others within a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from credserv.records.access import ApiKeyRecord
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.store.frame.remembered import LOOK_SECONDS
from credserv.store.store import Store, open_store
from tests.conftest import SECRET_KEY
from tests.unit.store.samples import image, source, version

KEY = "a1b2c3d4e5f6"
PROMISED_SECONDS = 1.0


@pytest.fixture
def other(database_url: str) -> Iterator[Store]:
    """Another process's."""
    opened = open_store(database_url, secret_key=SECRET_KEY)
    yield opened
    opened.close()


def count(store: Store) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(text("SELECT number FROM generations")).scalar_one())


def api_key(now: datetime) -> ApiKeyRecord:
    return ApiKeyRecord(KEY, "a test", ("credentials:issue",), now)


def signing_key(now: datetime) -> SigningKeyRecord:
    return SigningKeyRecord("did:web:a.example#9", "z6MkNine", "file:nine", KeyState.PENDING, now)


WRITES: dict[str, Callable[[Store, datetime], object]] = {
    "an API key": lambda store, now: store.access.add_api_key(api_key(now), "0" * 64),
    "its end": lambda store, now: store.access.end_api_key(KEY, now),
    "a source": lambda store, now: store.sources.create(source(now, "fresh")),
    "a secret": lambda store, now: store.sources.add_secret("fresh", "whsec_third"),
    "the end of a secret": lambda store, now: store.sources.remove_secret("fresh", "whsec_third"),
    "a mapping": lambda store, now: store.sources.set_mapping("fresh", {"rules": []}),
    "a pause": lambda store, now: store.sources.set_enabled("fresh", False),
    "an achievement": lambda store, now: store.achievements.add(version(now, number=2), [image()]),
    "a signing key": lambda store, now: store.organisation.add_key(signing_key(now)),
    "its beginning": lambda store, now: store.organisation.activate_key("did:web:a.example#9", now),
    "its retirement": lambda store, now: store.organisation.retire_key("did:web:a.example#9", now),
    "its revocation": lambda store, now: store.organisation.revoke_key("did:web:a.example#9", now),
    "an organisation": lambda store, now: store.organisations.create(
        OrganisationRecord("did:web:b.example", {}, id="b", name="B"), now
    ),
}


def test_every_write_of_what_is_remembered_counts(filled: Store, now: datetime) -> None:
    for what, write in WRITES.items():
        before = count(filled)
        write(filled, now)
        assert count(filled) > before, what


def test_what_was_undone_does_not_count(filled: Store, now: datetime) -> None:
    before = count(filled)

    def undo() -> None:
        with filled.transaction():
            filled.access.add_api_key(api_key(now), "0" * 64)
            assert filled.access.find_api_key(KEY) is not None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undo()
    assert count(filled) == before
    assert filled.access.find_api_key(KEY) is None


def test_a_process_sees_its_own_writes_at_once(filled: Store, now: datetime) -> None:
    filled.access.add_api_key(api_key(now), "0" * 64)
    for _ in range(2):
        found = filled.access.find_api_key(KEY)
        assert found is not None
        assert found[0].ended_at is None
    with filled.transaction():
        filled.access.end_api_key(KEY, now)
    found = filled.access.find_api_key(KEY)
    assert found is not None
    assert found[0].ended_at == now
    filled.sources.remove_secret("academy", "whsec_old")
    kept = filled.sources.get("academy")
    assert kept is not None
    assert kept.secrets == ("whsec_new",)


def test_others_see_a_write_within_a_second(filled: Store, other: Store, now: datetime) -> None:
    filled.access.add_api_key(api_key(now), "0" * 64)
    remembered = (other.access.find_api_key(KEY), other.sources.get("academy"))
    assert all(remembered)
    newest = other.achievements.newest("mentor-foundation")
    filled.access.end_api_key(KEY, now)
    filled.sources.remove_secret("academy", "whsec_old")
    filled.achievements.add(version(now, number=2), [image()])
    written = time.monotonic()
    while time.monotonic() < written + PROMISED_SECONDS:
        other.access.find_api_key(KEY)  # busy all the time
    key, kept = other.access.find_api_key(KEY), other.sources.get("academy")
    assert key is not None
    assert key[0].ended_at == now
    assert kept is not None
    assert kept.secrets == ("whsec_new",)
    assert other.achievements.newest("mentor-foundation") != newest


def test_what_is_remembered_is_not_read_again(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled.sources.get("academy")
    reads = []
    reading = filled._database.reading
    monkeypatch.setattr(filled._database, "reading", lambda: (reads.append(1), reading())[1])
    begun = time.monotonic()
    while time.monotonic() < begun + LOOK_SECONDS / 2:
        assert filled.sources.get("academy") is first
    assert len(reads) <= 1


def test_what_is_not_there_is_asked_for_each_time(filled: Store, other: Store, now: datetime) -> None:
    assert other.access.find_api_key(KEY) is None
    filled.access.add_api_key(api_key(now), "0" * 64)
    assert other.access.find_api_key(KEY) is not None


def test_a_use_of_a_key_is_noted_to_the_minute(filled: Store, now: datetime) -> None:
    filled.access.add_api_key(api_key(now), "0" * 64)
    for seconds in (0, 30, 59, 61):
        filled.access.touch_api_key(KEY, now + timedelta(seconds=seconds))
    (key,) = filled.access.list_api_keys()
    assert key.last_used_at == now + timedelta(seconds=61)

"""Sources, and webhook secrets that the database file does not give away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from credserv.ground.errors import ConflictError, NotFoundError, SettingsError
from credserv.store.store import Store, open_store
from tests.unit.store.samples import source


def test_a_source_comes_back_as_it_was(store: Store, now: datetime) -> None:
    store.sources.create(source(now))
    store.sources.create(replace(source(now, "a"), enabled=False, secrets=()))

    assert store.sources.get("academy") == source(now)
    assert [found.name for found in store.sources.list()] == ["a", "academy"]
    assert store.sources.get("other") is None


def test_a_name_is_taken_once(store: Store, now: datetime) -> None:
    store.sources.create(source(now))

    with pytest.raises(ConflictError):
        store.sources.create(replace(source(now), secrets=("whsec_mine",)))
    assert store.sources.get("academy") == source(now)


def test_secrets_rotate_newest_first(store: Store, now: datetime) -> None:
    store.sources.create(source(now))
    store.sources.add_secret("academy", "whsec_newest")
    store.sources.add_secret("academy", "whsec_newest")  # again: no second copy
    store.sources.remove_secret("academy", "whsec_new")

    found = store.sources.get("academy")
    assert found is not None
    assert found.secrets == ("whsec_newest", "whsec_old")


def test_a_secret_counts_until_its_end(store: Store, now: datetime) -> None:
    later, soon = now + timedelta(days=30), now + timedelta(days=3)
    store.sources.create(source(now))
    store.sources.end_secret("academy", "whsec_old", later)
    store.sources.end_secret("academy", "whsec_old", soon)
    store.sources.end_secret("academy", "whsec_old", later)  # an end is never put off
    store.sources.add_secret("academy", "whsec_newest", later)

    found = store.sources.get("academy")
    assert found is not None
    assert found.secrets == ("whsec_newest", "whsec_new", "whsec_old")
    assert found.secret_ends == (later, None, soon)
    assert found.secrets_at(soon - timedelta(seconds=1)) == found.secrets
    assert found.secrets_at(soon) == ("whsec_newest", "whsec_new")
    assert found.secrets_at(later) == ("whsec_new",)
    with pytest.raises(NotFoundError):
        store.sources.end_secret("academy", "whsec_never", soon)


def test_mapping_and_enabled_change(store: Store, now: datetime) -> None:
    store.sources.create(source(now))
    store.sources.set_mapping("academy", {"rules": []})
    store.sources.set_enabled("academy", False)

    assert store.sources.get("academy") == replace(source(now), mapping={"rules": []}, enabled=False)


def test_an_unknown_source_or_secret_is_told(store: Store, now: datetime) -> None:
    store.sources.create(source(now))
    for call in (
        lambda: store.sources.add_secret("x", "s"),
        lambda: store.sources.remove_secret("x", "s"),
        lambda: store.sources.remove_secret("academy", "whsec_never"),
        lambda: store.sources.set_mapping("x", {}),
        lambda: store.sources.set_enabled("x", True),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_attack_78_a_dump_of_the_database_holds_no_secret(
    store: Store, database_url: str, now: datetime
) -> None:
    store.sources.create(source(now))
    store.sources.add_secret("academy", "whsec_new2")

    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT sealed FROM source_secrets")).scalars().all()
    engine.dispose()
    assert len(set(rows)) == 3
    assert not [row for row in rows if "whsec" in row]


def test_another_secret_key_is_refused_in_plain_words(store: Store, database_url: str, now: datetime) -> None:
    store.sources.create(source(now))

    with (
        _opened(database_url, b"another secret key, 32 bytes or more") as other,
        pytest.raises(SettingsError, match="CREDSERV_SECRET_KEY"),
    ):
        other.sources.get("academy")


@contextmanager
def _opened(url: str, key: bytes) -> Iterator[Store]:
    store = open_store(url, secret_key=key)
    try:
        yield store
    finally:
        store.close()

"""Indexes given out, lists filled and followed, bits published without losing one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from credserv.ground.errors import NotFoundError
from credserv.records.credentials import CredentialState, StatusListRecord
from credserv.store.frame.database import Database, open_engine
from credserv.store.frame.secrets import SecretBox
from credserv.store.store import Store
from credserv.store.tables import status_indexes, status_lists
from tests.testkit.organisations import MAIN_ORGANISATION
from tests.unit.store.samples import image, issue, order, reserve, version

_SHORT = 64


@pytest.fixture
def short(database_url: str, now: datetime) -> Iterator[Store]:
    """A store with lists so short that a test can fill them; the product's are never shorter than 131,072."""
    store = Store(Database(open_engine(database_url)), SecretBox(b"k" * 32), status_list_length=_SHORT)
    store.organisations.create(MAIN_ORGANISATION, now)
    store.achievements.add(version(now), [image()])
    yield store
    store.close()


def _the_list(store: Store, list_id: str) -> StatusListRecord:
    record = store.status_lists.get(list_id)
    assert record is not None
    return record


def test_a_new_list_follows_when_half_is_used(short: Store, database_url: str, now: datetime) -> None:
    records = [reserve(short, order(now), now) for _ in range(3 * _SHORT)]

    places = {(record.status_list_id, record.status_index) for record in records}
    assert len(places) == len(records)
    assert all(0 <= index < _SHORT for _, index in places)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        used: dict[str, int] = dict(
            connection.execute(
                select(status_indexes.c.list_id, func.count()).group_by(status_indexes.c.list_id)
            ).all()
        )
        rows = connection.execute(select(status_lists).order_by(status_lists.c.number)).all()
    engine.dispose()
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.is_open for row in rows] == [False] * (len(rows) - 1) + [True]
    assert len(rows) >= 3
    assert all(used[row.id] * 2 >= _SHORT for row in rows[:-1])


def test_bits_are_what_is_suspended_or_revoked(filled: Store, now: datetime) -> None:
    one, two, three = (issue(filled, now) for _ in range(3))
    list_id = one.status_list_id
    assert filled.status_lists.set_indexes(list_id) == ()
    assert _the_list(filled, list_id).revision == 0

    later = now + timedelta(minutes=1)
    filled.credentials.set_state(one.id, CredentialState.REVOKED, reason="", now=later, actor="t")
    filled.credentials.set_state(two.id, CredentialState.SUSPENDED, reason="", now=later, actor="t")
    assert filled.status_lists.set_indexes(list_id) == tuple(sorted((one.status_index, two.status_index)))
    filled.credentials.set_state(two.id, CredentialState.ACTIVE, reason="", now=later, actor="t")
    assert filled.status_lists.set_indexes(list_id) == (one.status_index,)
    assert three.status_list_id == list_id
    record = _the_list(filled, list_id)
    assert (record.revision, record.changed_at, record.published_revision) == (3, later, -1)


def test_publishing_is_compare_and_set(filled: Store, now: datetime) -> None:
    list_id = issue(filled, now).status_list_id
    first = filled.status_lists.publish(list_id, version_before=0, revision=0, signed=b"first", now=now)
    later = now + timedelta(1)
    loser = filled.status_lists.publish(list_id, version_before=0, revision=0, signed=b"loser", now=later)

    assert (first.signed, first.version, first.published_at, first.published_revision) == (
        b"first",
        1,
        now,
        0,
    )
    assert loser == first
    second = filled.status_lists.publish(list_id, version_before=1, revision=0, signed=b"second", now=later)
    assert (second.signed, second.version, second.published_at) == (b"second", 2, later)


def test_a_change_while_signing_leaves_the_list_due(filled: Store, now: datetime) -> None:
    credential = issue(filled, now)
    read = _the_list(filled, credential.status_list_id)
    # The revocation's instant is earlier than the publication's, as when it waited for the database.
    filled.credentials.set_state(
        credential.id, CredentialState.REVOKED, reason="", now=now - timedelta(1), actor="t"
    )

    published = filled.status_lists.publish(
        read.id, version_before=read.version, revision=read.revision, signed=b"without", now=now
    )
    assert published.signed == b"without"
    assert published.revision != published.published_revision


def test_older_bits_never_replace_newer_ones(filled: Store, now: datetime) -> None:
    credential = issue(filled, now)
    old = _the_list(filled, credential.status_list_id)
    filled.credentials.set_state(credential.id, CredentialState.REVOKED, reason="", now=now, actor="t")
    new = filled.status_lists.publish(old.id, version_before=0, revision=1, signed=b"revoked", now=now)

    for seen in (old.version, new.version):
        kept = filled.status_lists.publish(
            old.id, version_before=seen, revision=old.revision, signed=b"not revoked", now=now
        )
        assert kept == new


def test_no_such_list(store: Store, now: datetime) -> None:
    assert store.status_lists.get("x") is None
    assert store.status_lists.set_indexes("x") == ()
    with pytest.raises(NotFoundError):
        store.status_lists.publish("x", version_before=0, revision=0, signed=b"", now=now)


def test_the_bytes_of_a_known_publication_are_not_read_again(filled: Store, now: datetime) -> None:
    list_id = issue(filled, now).status_list_id
    first = filled.status_lists.publish(list_id, version_before=0, revision=0, signed=b"first", now=now)
    assert first.published_at == now
    known = (first.version, now)
    again = filled.status_lists.get(list_id, known_by=known)
    assert again is not None
    assert again.signed is None
    assert replace(again, signed=b"first") == first
    # The same version of another instant, as after a backup was put back, is other bytes.
    other = filled.status_lists.get(list_id, known_by=(first.version, now + timedelta(microseconds=1)))
    assert other == first
    late = now + timedelta(minutes=1)
    filled.status_lists.publish(list_id, version_before=1, revision=0, signed=b"second", now=late)
    fresh = filled.status_lists.get(list_id, known_by=known)
    assert fresh is not None
    assert fresh.signed == b"second"

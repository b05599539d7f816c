"""Versions are immutable and come back as they were; images are kept by content."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from credserv.ground.errors import ConflictError
from credserv.store.store import Store
from tests.unit.store.samples import image, version


def test_a_version_comes_back_as_it_was(store: Store, now: datetime) -> None:
    added = store.achievements.add(version(now), [image()])

    assert added == version(now)
    assert store.achievements.get("mentor-foundation", 1) == version(now)
    assert store.achievements.image(image().sha256) == image()


def test_a_version_is_never_replaced(store: Store, now: datetime) -> None:
    store.achievements.add(version(now), [image()])

    with pytest.raises(ConflictError, match="version 1 of mentor-foundation"):
        store.achievements.add(replace(version(now), achievement={"name": "other"}), [image()])
    assert store.achievements.get("mentor-foundation", 1) == version(now)


def test_newest_and_versions(store: Store, now: datetime) -> None:
    for key, number in (("b", 1), ("a", 9), ("b", 10), ("b", 2)):
        store.achievements.add(version(now, key, number), [image()])

    newest = store.achievements.newest("b")
    assert newest is not None
    assert newest.version == 10
    assert [found.version for found in store.achievements.versions("b")] == [10, 2, 1]
    assert [(found.key, found.version) for found in store.achievements.list_newest()] == [("a", 9), ("b", 10)]


def test_what_is_not_there(store: Store) -> None:
    assert store.achievements.newest("x") is None
    assert store.achievements.get("x", 1) is None
    assert store.achievements.versions("x") == ()
    assert store.achievements.list_newest() == ()
    assert store.achievements.image("0" * 64) is None


def test_a_version_needs_its_image(store: Store, now: datetime) -> None:
    with pytest.raises(ConflictError):
        store.achievements.add(version(now), [])
    assert store.achievements.list_newest() == ()

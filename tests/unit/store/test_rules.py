"""Rules of achievements: versions that never change, the newest first, and of one organisation alone."""

from __future__ import annotations

from datetime import datetime

import pytest

from credserv.ground.errors import ConflictError
from credserv.records.organisations import OrganisationRecord
from credserv.records.rules import RuleVersion
from credserv.store.store import Store


def rule(now: datetime, number: int = 1, key: str = "mentor", document: object = "x") -> RuleVersion:
    return RuleVersion(key, number, {"when": document} if document else None, str(number) * 64, now, "cli")


def test_versions_stay_and_the_newest_counts(store: Store, now: datetime) -> None:
    first, ended, other = rule(now), rule(now, 2, document=None), rule(now, key="other")
    for version in (first, ended, other):
        store.rules.add(version)

    assert store.rules.get("mentor", 1) == first
    assert store.rules.newest("mentor") == ended
    assert store.rules.versions("mentor") == (ended, first)
    assert store.rules.list_newest() == (ended, other)
    assert (store.rules.get("mentor", 3), store.rules.newest("nobody's")) == (None, None)
    with pytest.raises(ConflictError):
        store.rules.add(rule(now, document="changed"))
    assert store.rules.get("mentor", 1) == first


def test_another_organisation_has_its_own(store: Store, now: datetime) -> None:
    store.organisations.create(OrganisationRecord("did:web:b.example", {}, id="b", name="B"), now)
    store.rules.add(rule(now))
    assert store.of("b").rules.list_newest() == ()
    store.of("b").rules.add(rule(now, document="theirs"))
    assert store.rules.newest("mentor") == rule(now)

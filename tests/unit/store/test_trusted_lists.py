"""Lists of trusted issuers: kept apart by organisation, changed whole, found with what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.store.store import Store

_HOUR = timedelta(hours=1)
SCHOOL = TrustedIssuerRecord("did:web:school.example", "Schule für Ä", "https://school.example")
COLLEGE = TrustedIssuerRecord("did:web:college.example", "College")


def _own(now: datetime, organisation: str = "", name: str = "own") -> TrustedListRecord:
    return TrustedListRecord(f"{organisation}-{name}", organisation, name, TrustedListKind.OWN, now)


def _fetched(now: datetime, name: str = "registry", organisation: str = "") -> TrustedListRecord:
    made = _own(now, organisation, name)
    return replace(made, kind=TrustedListKind.DCC_REGISTRY, url="https://lists.example/registry.json")


def test_a_list_is_found_with_what_it_says(store: Store, now: datetime) -> None:
    dated = replace(SCHOOL, valid_from=now, valid_until=now + _HOUR)
    store.trusted_lists.create(_fetched(now - _HOUR))
    store.trusted_lists.create(_own(now))
    assert store.trusted_lists.put_issuer("-own", dated, now)

    found = store.trusted_lists.find("", SCHOOL.issuer)
    assert found == [(_own(now), dated), (_fetched(now - _HOUR), None)]  # its own first, though younger
    assert store.trusted_lists.get("-own") == _own(now)
    assert store.trusted_lists.get("other") is None
    assert store.trusted_lists.issuers("-own") == (dated,)


def test_organisations_are_kept_apart(store: Store, now: datetime) -> None:
    for organisation in ("", "acme"):
        store.trusted_lists.create(_own(now, organisation))
    store.trusted_lists.put_issuer("acme-own", SCHOOL, now)

    assert store.trusted_lists.find("", SCHOOL.issuer) == [(_own(now), None)]
    assert store.trusted_lists.find("acme", SCHOOL.issuer) == [(_own(now, "acme"), SCHOOL)]
    assert store.trusted_lists.find("other", SCHOOL.issuer) == []
    assert store.trusted_lists.list("acme") == (_own(now, "acme"),)
    assert store.trusted_lists.list() == (_own(now), _own(now, "acme"))


def test_a_name_is_taken_once_in_an_organisation(store: Store, now: datetime) -> None:
    store.trusted_lists.create(_own(now))
    store.trusted_lists.create(_own(now, "acme"))
    with pytest.raises(ConflictError):
        store.trusted_lists.create(replace(_own(now), id="another"))


def test_an_entry_is_changed_and_removed(store: Store, now: datetime) -> None:
    store.trusted_lists.create(_own(now))
    renamed = replace(SCHOOL, name="Renamed", url=None)
    assert store.trusted_lists.put_issuer("-own", SCHOOL, now)
    assert not store.trusted_lists.put_issuer("-own", renamed, now)
    assert store.trusted_lists.issuers("-own") == (renamed,)

    store.trusted_lists.remove_issuer("-own", SCHOOL.issuer)
    assert store.trusted_lists.find("", SCHOOL.issuer) == [(_own(now), None)]
    for absent in (
        lambda: store.trusted_lists.remove_issuer("-own", SCHOOL.issuer),
        lambda: store.trusted_lists.put_issuer("no-list", SCHOOL, now),
        lambda: store.trusted_lists.replace_issuers("no-list", [SCHOOL], now, fetched=True),
        lambda: store.trusted_lists.remove("no-list"),
    ):
        with pytest.raises(NotFoundError):
            absent()


def test_what_was_fetched_replaces_all_and_a_failure_nothing(store: Store, now: datetime) -> None:
    store.trusted_lists.create(_fetched(now))
    store.trusted_lists.replace_issuers("-registry", [SCHOOL, COLLEGE], now, fetched=True)
    store.trusted_lists.note_failure("-registry", "HTTP status 404", now + _HOUR)

    assert store.trusted_lists.get("-registry") == replace(
        _fetched(now), tried_at=now + _HOUR, fetched_at=now, last_error="HTTP status 404"
    )
    assert store.trusted_lists.count_issuers() == {"-registry": 2}
    assert store.trusted_lists.issuers("-registry", limit=1, after=COLLEGE.issuer) == (SCHOOL,)

    store.trusted_lists.replace_issuers("-registry", [COLLEGE], now + 2 * _HOUR, fetched=True)
    again = store.trusted_lists.get("-registry")
    assert again is not None
    assert (again.tried_at, again.fetched_at, again.last_error) == (now + 2 * _HOUR, now + 2 * _HOUR, "")
    assert store.trusted_lists.issuers("-registry") == (COLLEGE,)
    store.trusted_lists.note_failure("gone", "meanwhile", now)


def test_lists_are_due_by_when_they_were_tried(store: Store, now: datetime) -> None:
    for name in ("a", "b", "c"):
        store.trusted_lists.create(_fetched(now, name))
    store.trusted_lists.create(_own(now))
    store.trusted_lists.note_failure("-a", "away", now - _HOUR)
    store.trusted_lists.note_failure("-b", "away", now)
    store.trusted_lists.note_failure("-c", "away", now - 2 * _HOUR)

    assert [known.id for known in store.trusted_lists.due(now - _HOUR)] == ["-c", "-a"]


def test_a_list_goes_with_all_that_is_in_it(store: Store, now: datetime) -> None:
    store.trusted_lists.create(_own(now))
    store.trusted_lists.put_issuer("-own", SCHOOL, now)
    store.trusted_lists.remove("-own")

    assert store.trusted_lists.list() == ()
    assert store.trusted_lists.count_issuers() == {}


def test_one_list_is_refreshed_by_several_at_once(store: Store, now: datetime) -> None:
    store.trusted_lists.create(_fetched(now))
    with ThreadPoolExecutor(4) as pool:
        done = [
            pool.submit(
                store.trusted_lists.replace_issuers, "-registry", [SCHOOL, COLLEGE], now, fetched=True
            )
            for _ in range(8)
        ]
    assert [future.exception() for future in done] == [None] * 8
    assert store.trusted_lists.count_issuers() == {"-registry": 2}

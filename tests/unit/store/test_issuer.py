"""One issuer, and keys that are never told apart wrongly."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.issuer import IssuerRecord, KeyState, SigningKeyRecord
from credserv.store.store import Store


def _key(now: datetime, name: str = "z6Mk1") -> SigningKeyRecord:
    return SigningKeyRecord(f"did:key:{name}#{name}", name, f"file:{name}.pem", KeyState.ACTIVE, now)


def _issuer(now: datetime) -> IssuerRecord:
    return IssuerRecord("did:key:z6Mk1", {"name": "Academy", "url": "https://academy.example"}, (_key(now),))


def test_there_is_none_at_first(store: Store) -> None:
    assert store.issuer.get() is None


def test_it_comes_back_as_it_was_with_its_keys_in_order(store: Store, now: datetime) -> None:
    later = _key(now + timedelta(seconds=1), "z6Mk0")
    store.issuer.create(_issuer(now))
    store.issuer.add_key(later)

    assert store.issuer.get() == replace(_issuer(now), keys=(_key(now), later))


def test_there_is_only_one(store: Store, now: datetime) -> None:
    store.issuer.create(_issuer(now))

    with pytest.raises(ConflictError):
        store.issuer.create(IssuerRecord("did:key:z6MkOther", {}, (_key(now, "z6MkOther"),)))
    assert store.issuer.get() == _issuer(now)


def test_attack_77_a_key_or_its_name_is_never_used_twice(store: Store, now: datetime) -> None:
    store.issuer.create(_issuer(now))

    for same in (
        replace(_key(now, "z6Mk2"), verification_method=_key(now).verification_method),
        replace(_key(now, "z6Mk2"), public_key_multibase=_key(now).public_key_multibase),
    ):
        with pytest.raises(ConflictError):
            store.issuer.add_key(same)
    assert store.issuer.get() == _issuer(now)


def test_a_retired_key_stays(store: Store, now: datetime) -> None:
    store.issuer.create(_issuer(now))
    store.issuer.retire_key(_key(now).verification_method)

    found = store.issuer.get()
    assert found is not None
    assert found.keys == (replace(_key(now), state=KeyState.RETIRED),)
    with pytest.raises(NotFoundError):
        store.issuer.retire_key("did:key:z6Mk9#z6Mk9")

"""Holders are found however their address is written, and never joined by what an order claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.records.credentials import Recipient
from credserv.records.people import ShareRecord
from credserv.store.database import open_engine
from credserv.store.store import Store
from tests.unit.store.samples import issue, order, reserve


def test_one_address_is_one_holder(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email="Ann@Example.org", name=None), now)
    second = reserve(filled, order(now, email=" ann@example.ORG ", name="Ann"), now + timedelta(1))
    third = reserve(filled, order(now, email="ann@example.org", name="Someone Else"), now)

    assert first.holder_id == second.holder_id == third.holder_id
    holder = filled.holders.find_by_email("ANN@example.org")
    assert holder is not None
    assert holder == filled.holders.get(first.holder_id)
    assert (holder.email, holder.name, holder.created_at) == ("Ann@example.org", "Ann", now)


def test_b1_domain_in_letters_and_as_a_label_is_one_holder(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email="Pat@xn--bcher-kva.example"), now)
    second = reserve(filled, order(now, email="pat@bu\u0308cher.example"), now)
    other = reserve(filled, order(now, email="pat@fass.example"), now)
    sharp = reserve(filled, order(now, email="pat@faß.example"), now)

    assert first.holder_id == second.holder_id
    assert len({first.holder_id, other.holder_id, sharp.holder_id}) == 3
    holder = filled.holders.get(first.holder_id)
    assert holder is not None
    assert holder.email == "Pat@bücher.example"


def test_b1_who_was_kept_under_an_a_label_is_found_in_either_spelling(
    filled: Store, database_url: str, now: datetime
) -> None:
    known = reserve(filled, order(now, email="pat@bücher.example"), now)
    engine = open_engine(database_url)
    with engine.begin() as connection:  # as versions before 2026-12 kept it
        connection.execute(text("UPDATE holders SET identity = 'mailto:pat@xn--bcher-kva.example'"))
    engine.dispose()

    for written in ("pat@bücher.example", "PAT@xn--bcher-kva.example", "pat@bu\u0308cher.example"):
        holder = filled.holders.find_by_email(written)
        assert holder is not None
        assert holder.id == known.holder_id
        assert reserve(filled, order(now, email=written), now).holder_id == known.holder_id


def test_a_did_alone_is_a_holder(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email=None, did="did:key:z6Mk1"), now)
    second = reserve(filled, order(now, email=None, did="did:key:z6Mk1"), now)

    assert first.holder_id == second.holder_id
    holder = filled.holders.get(first.holder_id)
    assert holder is not None
    assert (holder.email, holder.did) == (None, "did:key:z6Mk1")


def test_an_order_cannot_reach_into_anothers_wallet_by_a_did(filled: Store, now: datetime) -> None:
    victim = reserve(filled, order(now, email=None, did="did:key:z6MkVictim"), now)
    eve = reserve(filled, order(now, email="eve@example.org", did="did:key:z6MkVictim"), now)

    assert eve.holder_id != victim.holder_id
    assert (
        reserve(filled, order(now, email=None, did="did:key:z6MkVictim"), now).holder_id == victim.holder_id
    )


def test_nobody_is_no_recipient(filled: Store, now: datetime) -> None:
    with pytest.raises(InputError, match="recipient"):
        reserve(filled, replace(order(now), recipient=Recipient(name="Nobody")), now)
    assert filled.holders.get("x") is None
    assert filled.holders.find_by_email("x@example.org") is None


def _share(store: Store, now: datetime, token: str = "1" * 64) -> ShareRecord:
    credential = issue(store, now)
    share = ShareRecord(token, credential.id, credential.holder_id, now, "for the new employer")
    store.shares.create(share)
    return share


def test_a_share_is_found_and_ended_once(filled: Store, now: datetime) -> None:
    share = _share(filled, now)
    assert filled.shares.get(share.token_sha256) == share

    filled.shares.end(share.token_sha256, share.holder_id, now + timedelta(1))
    filled.shares.end(share.token_sha256, share.holder_id, now + timedelta(2))
    ended = replace(share, ended_at=now + timedelta(1))
    assert filled.shares.get(share.token_sha256) == ended
    newer = _share(filled, now + timedelta(3), "2" * 64)
    assert filled.shares.of_holder(share.holder_id) == (newer, ended)


def test_only_ones_own_credential_and_link(filled: Store, now: datetime) -> None:
    share = _share(filled, now)
    bob = issue(filled, now, order(now, email="bob@example.org"))

    with pytest.raises(NotFoundError):
        filled.shares.create(replace(share, token_sha256="3" * 64, holder_id=bob.holder_id))
    for token, holder in ((share.token_sha256, bob.holder_id), ("4" * 64, share.holder_id)):
        with pytest.raises(NotFoundError):
            filled.shares.end(token, holder, now)
    with pytest.raises(ConflictError):
        filled.shares.create(share)
    assert filled.shares.get(share.token_sha256) == share
    assert filled.shares.get("3" * 64) is None

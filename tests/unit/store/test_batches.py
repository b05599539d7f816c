"""A batch is what its orders would be one by one, in few statements."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from credserv.ground.errors import ConflictError
from credserv.records.credentials import CredentialState, IssuanceStep, IssueOrder
from credserv.store.credential_rows import Claim
from credserv.store.store import Store, open_store
from tests.conftest import SECRET_KEY
from tests.unit.store.samples import order

SCOPE = "api:batch"


def claims(now: datetime, count: int, *, offset: int = 0) -> list[Claim]:
    orders = [
        order(now, scope=SCOPE, key=f"k{number}", email=f"p{number % 7}@example.org")
        for number in range(offset, offset + count)
    ]
    return [claim(wanted) for wanted in orders]


def claim(wanted: IssueOrder) -> Claim:
    return Claim(wanted, secrets.token_urlsafe(16), secrets.token_hex(16))


def test_a_batch_reserves_what_each_order_would(filled: Store, now: datetime) -> None:
    wanted = claims(now, 50)
    records = filled.batches.reserve(SCOPE, wanted, now=now)

    assert {key: record.id for key, record in records.items()} == {
        one.order.idempotency_key: one.new_id for one in wanted
    }
    for one in wanted:
        record = records[one.order.idempotency_key]
        assert record == filled.credentials.get(one.new_id)
        assert record.order == one.order
        assert (record.state, record.step, record.salt) == (
            CredentialState.PENDING,
            IssuanceStep.RESERVED,
            one.salt,
        )
    assert len({(record.status_list_id, record.status_index) for record in records.values()}) == 50
    assert len({record.person_id for record in records.values()}) == 7


def test_a_repeat_keeps_the_first_records(filled: Store, now: datetime) -> None:
    first = filled.batches.reserve(SCOPE, claims(now, 10), now=now)
    again = filled.batches.reserve(SCOPE, claims(now, 20), now=now + timedelta(days=1))

    assert {key: again[key] for key in first} == first
    assert len(again) == 20


def test_a_batch_meets_what_was_ordered_alone(filled: Store, now: datetime) -> None:
    alone, _ = filled.credentials.reserve(
        order(now, scope=SCOPE, key="k3", sha256="f" * 64), now=now, new_id="alone", salt="s"
    )
    records = filled.batches.reserve(SCOPE, claims(now, 5), now=now)
    assert records["k3"] == alone


def test_an_unknown_achievement_undoes_the_whole_batch(filled: Store, now: datetime) -> None:
    wanted = claims(now, 3)
    wanted.append(claim(replace(wanted[0].order, achievement_key="nothing", idempotency_key="k9")))
    with pytest.raises(ConflictError):
        filled.batches.reserve(SCOPE, wanted, now=now)
    assert filled.credentials.find(SCOPE, "k0") is None


def test_intentions_and_signatures_are_written_down(filled: Store, now: datetime) -> None:
    wanted = [replace(one, intent={"verification_method": "did:web:a#1"}) for one in claims(now, 4)]
    records = filled.batches.reserve(SCOPE, wanted, now=now)
    ids = [record.id for record in records.values()]
    assert {record.step for record in records.values()} == {IssuanceStep.INTENDED}
    assert list(records.values()) == [filled.credentials.get(known) for known in ids]
    filled.batches.store_signed({known: known.encode() for known in ids}, now=now)
    filled.batches.store_signed({ids[0]: b"too late"}, now=now)

    for known in ids:
        record = filled.credentials.get(known)
        assert record is not None
        assert (record.state, record.step, record.signed) == (
            CredentialState.ACTIVE,
            IssuanceStep.STORED,
            known.encode(),
        )
        assert [step for step, _ in filled.credentials.steps(known)] == [
            IssuanceStep.RESERVED,
            IssuanceStep.INTENDED,
            IssuanceStep.STORED,
        ]
        assert [(line.action, line.detail) for line in filled.audit.of_subject(known)] == [
            ("credential.sign", {"verification_method": "did:web:a#1"})
        ]


def test_a_repeat_is_not_intended_again(filled: Store, now: datetime) -> None:
    one = claims(now, 1)
    filled.batches.reserve(SCOPE, one, now=now)
    again = [replace(claims(now, 1)[0], intent={})]
    record = filled.batches.reserve(SCOPE, again, now=now)["k0"]
    assert (record.id, record.step) == (one[0].new_id, IssuanceStep.RESERVED)
    assert filled.audit.of_subject(record.id) == ()


def test_a_batch_goes_over_into_the_next_list(database_url: str, filled: Store, now: datetime) -> None:
    small = Store(filled._database, None, status_list_length=64)  # type: ignore[arg-type]
    records = small.batches.reserve(SCOPE, claims(now, 200), now=now)
    places = {(record.status_list_id, record.status_index) for record in records.values()}
    assert len(places) == 200
    assert len({place[0] for place in places}) > 3


def test_eight_writers_of_the_same_orders_make_each_once(
    database_url: str, filled: Store, now: datetime
) -> None:
    def write(_writer: int) -> Sequence[str]:
        store = open_store(database_url, secret_key=SECRET_KEY)
        try:
            return [record.id for record in store.batches.reserve(SCOPE, claims(now, 40), now=now).values()]
        finally:
            store.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert all(sorted(answer) == sorted(answers[0]) for answer in answers)
    with filled._database.reading() as connection:
        counted = connection.execute(text("SELECT count(*) FROM status_indexes")).scalar_one()
    assert counted == 40

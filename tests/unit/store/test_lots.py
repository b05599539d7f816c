"""A lot: many orders in two transactions, each with what would be its own alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import text

from credserv.ground.errors import ConflictError
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep
from credserv.records.letters import LetterRecord
from credserv.records.sources import EventState
from credserv.store.award import credentials as credentials_store
from credserv.store.award.lots import Making
from credserv.store.hold.credential_rows import Claim
from credserv.store.store import Store, open_store
from tests.conftest import SECRET_KEY
from tests.testkit.lots import INTENT, make_claim, reserve
from tests.unit.store.samples import event, order

SCOPE = "api:batch"
OTHER = "hook:academy"


def claims(now: datetime, count: int, *, scope: str = SCOPE) -> list[Claim]:
    return [
        make_claim(order(now, scope=scope, key=f"k{number}", email=f"p{number % 7}@example.org"), now)
        for number in range(count)
    ]


def reserve_all(store: Store, wanted: Sequence[Claim], now: datetime) -> Mapping[str, CredentialRecord]:
    """By idempotency key, for claims of one scope."""
    return {key: record for (_, key), record in store.lots.reserve(wanted, now=now).records.items()}


def test_a_lot_reserves_what_each_order_would(filled: Store, now: datetime) -> None:
    wanted = claims(now, 50)
    records = reserve_all(filled, wanted, now)

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
        assert [(line.action, line.actor, line.detail) for line in filled.audit.of_subject(record.id)] == [
            ("credential.sign", SCOPE, INTENT)
        ]
    assert len({(record.status_list_id, record.status_index) for record in records.values()}) == 50
    assert len({record.person_id for record in records.values()}) == 7


def test_orders_of_several_scopes_keep_apart(filled: Store, now: datetime) -> None:
    """The same keys in each; one of the pairs was there before."""
    before, _ = reserve(filled, order(now, scope=OTHER, key="k1"), now)
    wanted = [*claims(now, 3), *claims(now, 2, scope=OTHER)]
    records = filled.lots.reserve(wanted, now=now).records
    assert set(records) == {(SCOPE, "k0"), (SCOPE, "k1"), (SCOPE, "k2"), (OTHER, "k0"), (OTHER, "k1")}
    assert records[OTHER, "k1"] == before
    assert len({record.id for record in records.values()}) == 5


def test_a_repeat_keeps_the_first_records(filled: Store, now: datetime) -> None:
    first = reserve_all(filled, claims(now, 10), now)
    again = reserve_all(filled, claims(now + timedelta(days=1), 20), now + timedelta(days=1))

    assert {key: again[key] for key in first} == first
    assert len(again) == 20


def test_an_unknown_achievement_undoes_the_whole_lot(filled: Store, now: datetime) -> None:
    wanted = claims(now, 3)
    unknown = replace(wanted[0].order, achievement_key="nothing", idempotency_key="k9")
    with pytest.raises(ConflictError):
        filled.lots.reserve([*wanted, make_claim(unknown, now)], now=now)
    assert filled.credentials.find(SCOPE, "k0") is None


def test_signatures_letters_and_faults_are_kept_together(filled: Store, now: datetime) -> None:
    ids = [record.id for record in reserve_all(filled, claims(now, 4), now).values()]
    at = now + timedelta(seconds=1)
    makings = [Making(known, known.encode(), has_letter=known != ids[1]) for known in ids[:3]]
    assert filled.lots.keep([*makings, Making(ids[3], note="no such level")], now=at) == {}

    records = [filled.credentials.get(known) for known in ids]
    assert [record.state for record in records if record] == [CredentialState.ACTIVE] * 3 + [
        CredentialState.FAILED
    ]
    assert [record.signed for record in records if record] == [*(known.encode() for known in ids[:3]), None]
    assert [filled.letters.get(known) for known in ids] == [
        LetterRecord(ids[0], at, at),
        None,
        LetterRecord(ids[2], at, at),
        None,
    ]


def test_who_comes_second_is_given_the_winners(filled: Store, now: datetime) -> None:
    ids = [record.id for record in reserve_all(filled, claims(now, 3), now).values()]
    filled.lots.keep([Making(ids[0], b"first"), Making(ids[1], note="never")], now=now)
    late = now + timedelta(minutes=1)
    others = filled.lots.keep([Making(known, b"second", has_letter=True) for known in ids], now=late)

    assert others == {known: filled.credentials.get(known) for known in ids[:2]}
    assert (others[ids[0]].signed, others[ids[0]].stored_at) == (b"first", now)
    assert (others[ids[1]].state, others[ids[1]].signed) == (CredentialState.FAILED, None)
    assert [filled.letters.get(known) is not None for known in ids] == [False, False, True]


def test_an_event_is_written_with_its_reservation_and_ended_with_its_credential(
    filled: Store, now: datetime
) -> None:
    wanted = [
        replace(one, event=event(now, f"evt_{number}"))
        for number, one in enumerate(claims(now, 4, scope=OTHER))
    ]
    reserved = filled.lots.reserve(wanted, now=now)
    assert reserved.events == {}
    ids = [reserved.records[one.key].id for one in wanted]
    states = [filled.events.get("academy", f"evt_{number}") for number in range(4)]
    assert {kept.state for kept in states if kept} == {EventState.RECEIVED}

    filled.lots.keep([Making(ids[2], b"by somebody else")], now=now)
    filled.lots.keep(
        [
            Making(ids[0], b"signed", event=wanted[0].event),
            Making(ids[1], note="no such level", event=wanted[1].event),
            Making(ids[2], b"late", event=wanted[2].event),
        ],
        now=now,
    )
    ends = [filled.events.get("academy", f"evt_{number}") for number in range(4)]
    assert [(kept.state, kept.credential_id, kept.note) for kept in ends if kept] == [
        (EventState.ISSUED, ids[0], ""),
        (EventState.QUARANTINED, None, "no such level"),
        (EventState.ISSUED, ids[2], ""),
        (EventState.RECEIVED, None, ""),
    ]


def test_an_event_that_was_decided_reserves_nothing(filled: Store, now: datetime) -> None:
    filled.events.record(replace(event(now, "evt_0"), state=EventState.IGNORED, note="not passed"))
    filled.events.record(event(now, "evt_1", body=b"another"))
    filled.events.record(replace(event(now, "evt_2"), state=EventState.QUARANTINED))
    filled.events.record(replace(event(now, "evt_3"), state=EventState.QUARANTINED))
    wanted = [
        replace(one, event=event(now, f"evt_{number}"))
        for number, one in enumerate(claims(now, 5, scope=OTHER))
    ]
    tried_again = replace(event(now, "evt_3"), state=EventState.QUARANTINED)
    wanted[3] = replace(wanted[3], event=tried_again)
    reserved = filled.lots.reserve(wanted, now=now)
    assert {key for _, key in reserved.events} == {"k0", "k1", "k2"}
    assert {key for _, key in reserved.records} == {"k3", "k4"}
    assert reserved.events[OTHER, "k0"].note == "not passed"


def test_a_lot_goes_over_into_the_next_list(database_url: str, filled: Store, now: datetime) -> None:
    small = Store(filled._database, None, status_list_length=64)  # type: ignore[arg-type]
    records = reserve_all(small, claims(now, 200), now)
    places = {(record.status_list_id, record.status_index) for record in records.values()}
    assert len(places) == 200
    assert len({place[0] for place in places}) > 3


def test_eight_writers_of_the_same_orders_in_other_turns_make_each_once(
    database_url: str, filled: Store, now: datetime
) -> None:
    def write(writer: int) -> Sequence[str]:
        store = open_store(database_url, secret_key=SECRET_KEY)
        try:
            wanted = claims(now, 40)
            records = reserve_all(store, wanted if writer % 2 else wanted[::-1], now).values()
            makings = [Making(record.id, record.id.encode(), has_letter=True) for record in records]
            store.lots.keep(makings if writer % 2 else makings[::-1], now=now)
            return [record.id for record in records]
        finally:
            store.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert all(sorted(answer) == sorted(answers[0]) for answer in answers)
    with filled._database.reading() as connection:
        counted = connection.execute(text("SELECT count(*) FROM status_indexes")).scalar_one()
    assert counted == 40
    assert filled.letters.count_waiting() == 40


def test_a_sample_is_of_those_that_were_signed_and_each_once(filled: Store, now: datetime) -> None:
    wanted = claims(now, 40)
    reserve_all(filled, wanted, now)
    signed = {claim.new_id for claim in wanted[:30]}
    filled.lots.keep([Making(known, known.encode()) for known in signed], now=now)
    for most, expected in ((1, 1), (10, 10), (29, 29), (30, 30), (100, 30)):
        sample = filled.credentials.sample(most)
        assert len({record.id for record in sample} & signed) == len(sample) == expected


def test_a_sample_is_drawn_by_chance_and_by_few_statements(
    filled: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids begin with the time, so that places among all possible ids lead to the same few."""
    monkeypatch.setattr(credentials_store, "_AT_ONCE", 4)
    wanted = claims(now, 60)
    reserve_all(filled, wanted, now)
    filled.lots.keep([Making(claim.new_id, b"{}") for claim in wanted], now=now)
    asked: list[str] = []
    listening.listen(filled._database.engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))
    drawn = {frozenset(record.id for record in filled.credentials.sample(6)) for _ in range(4)}
    assert len(drawn) > 1
    assert len(frozenset().union(*drawn)) > 6
    assert len([one for one in asked if one.startswith("SELECT")]) == 4 * 3

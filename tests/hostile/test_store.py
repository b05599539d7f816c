"""Attacks on what the store promises: indexes, single issue, single use, final revocation.

Each runs on both databases, with threads and with processes, since a lock of Python guards against
neither the other process nor the other host.
"""

from __future__ import annotations

import json
import secrets
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event, Thread

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from credserv.ground.errors import ConflictError
from credserv.records.access import LinkPurpose
from credserv.records.credentials import CredentialRecord, CredentialState, StatusListRecord
from credserv.store.frame.database import open_engine
from credserv.store.store import Store
from credserv.store.tables import credentials, status_indexes
from tests.testkit import lots, writers
from tests.testkit.organisations import MAIN_ORGANISATION
from tests.testkit.writers import SHORT, at_once, in_processes, open_short
from tests.unit.store.samples import event, image, issue, order, source, version

_WRITERS = 8
_S = CredentialState


@pytest.fixture
def short(database_url: str, now: datetime) -> Iterator[Store]:
    store = open_short(database_url)
    store.organisations.create(MAIN_ORGANISATION, now)
    store.achievements.add(version(now), [image()])
    store.sources.create(source(now))
    yield store
    store.close()


def _assert_each_has_its_own(places: list[tuple[str, str, int]]) -> None:
    assert len({credential for credential, _, _ in places}) == len(places)
    assert len({(status_list, index) for _, status_list, index in places}) == len(places)
    assert all(0 <= index < SHORT for _, _, index in places)


def test_attack_64_duplicate_index_by_threads(short: Store, now: datetime) -> None:
    def reserve_some(_number: int) -> list[tuple[str, str, int]]:
        return [writers.reserve(short, order(now), now) for _ in range(40)]

    places = [place for some in at_once(_WRITERS, reserve_some) for place in some]
    assert len(places) == _WRITERS * 40
    _assert_each_has_its_own(places)


def test_attack_64_duplicate_index_by_processes(short: Store, database_url: str, now: datetime) -> None:
    shares = [(database_url, [order(now) for _ in range(40)], now) for _ in range(_WRITERS)]

    places = [place for some in in_processes(writers.reserve_each, shares) for place in some]
    assert len(places) == _WRITERS * 40
    assert len({status_list for _, status_list, _ in places}) > 1  # so lists were changed under way
    _assert_each_has_its_own(places)


def test_attack_64_the_database_itself_refuses_a_duplicate(
    short: Store, database_url: str, now: datetime
) -> None:
    one, other = (writers.reserve(short, order(now), now) for _ in range(2))
    engine = open_engine(database_url)
    for values in (
        {"list_id": one[1], "index": one[2], "credential_id": other[0]},  # the index of another
        {"list_id": one[1], "index": (one[2] + 1) % SHORT, "credential_id": one[0]},  # a second of its own
        {"list_id": one[1], "index": -1, "credential_id": other[0]},
    ):
        with engine.begin() as connection, pytest.raises(IntegrityError):
            connection.execute(insert(status_indexes).values(is_set=False, **values))
    engine.dispose()


def test_attack_65_an_index_is_not_reused_after_failure_retry_or_rollback(
    short: Store, database_url: str, now: datetime
) -> None:
    places = []
    for number in range(SHORT):
        wanted = order(now)
        place = writers.reserve(short, wanted, now)
        if number % 3 == 0:
            lots.fail(short, place[0], "could not be issued", now)
        if number % 3 == 1:
            with pytest.raises(RuntimeError):
                _reserve_and_stumble(short, now)
        assert writers.reserve(short, wanted, now) == place
        places.append(place)

    _assert_each_has_its_own(places)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        kept = connection.execute(select(status_indexes.c.credential_id)).scalars().all()
        known = connection.execute(select(credentials.c.id)).scalars().all()
    engine.dispose()
    assert Counter(kept) == Counter(known) == Counter(place[0] for place in places)


def _reserve_and_stumble(store: Store, now: datetime) -> None:
    with store.transaction():
        writers.reserve(store, order(now), now)
        raise RuntimeError


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # drawn here, whatever keeps it
def test_attack_71_allocation_order_tells_nothing(store: Store, now: datetime) -> None:
    store.achievements.add(version(now), [image()])
    with store.transaction():
        places = [writers.reserve(store, order(now), now) for _ in range(1_000)]
    indexes = [index for _, _, index in places]

    assert len({status_list for _, status_list, _ in places}) == 1
    assert abs(_runs_z(indexes)) < 4.5
    assert abs(statistics.correlation(list(range(1_000)), indexes)) < 4.5 / 1_000**0.5
    steps = [after - before for before, after in pairwise(indexes)]
    assert Counter(steps).most_common(1)[0][1] < 6  # no stride either


def _runs_z(values: list[int]) -> float:
    """Wald-Wolfowitz: standard deviations between the runs above and below the median and chance."""
    middle = statistics.median(values)
    above = [value > middle for value in values]
    runs = 1 + sum(a != b for a, b in pairwise(above))
    high, low, total = above.count(True), above.count(False), len(above)
    mean = 1 + 2 * high * low / total
    variance = (mean - 1) * (mean - 2) / (total - 1)
    return float((runs - mean) / variance**0.5)


def test_attack_73_revocation_is_final(short: Store, now: datetime) -> None:
    revoked = issue(short, now)
    short.credentials.set_state(revoked.id, _S.REVOKED, reason="fraud", now=now, actor="console")

    for state in (_S.ACTIVE, _S.SUSPENDED, _S.PENDING, _S.FAILED):
        with pytest.raises(ConflictError):
            short.credentials.set_state(revoked.id, state, reason="", now=now, actor="console")
    again = lots.keep(short, revoked.id, b"another", now)
    assert (again.state, again.signed) == (_S.REVOKED, revoked.signed)
    lots.fail(short, revoked.id, "too late", now)
    assert short.credentials.get(revoked.id) == again
    assert short.status_lists.set_indexes(revoked.status_list_id) == (revoked.status_index,)


@pytest.mark.parametrize("turn", range(3))
def test_attack_73_revoking_and_restoring_at_once_has_one_winner(
    short: Store, now: datetime, turn: int
) -> None:
    credential = issue(short, now)
    short.credentials.set_state(credential.id, _S.SUSPENDED, reason="", now=now, actor="t")

    def change(number: int) -> str:
        state = _S.REVOKED if number % 2 else _S.ACTIVE
        try:
            changed = short.credentials.set_state(
                credential.id, state, reason=f"{number}", now=now, actor=f"{number}"
            )
        except ConflictError:
            return "refused"
        return changed.state.value

    answers = at_once(10, change)
    assert answers[1::2] == ["revoked"] * 5
    found = short.credentials.get(credential.id)
    assert found is not None
    assert found.state is _S.REVOKED
    trail = [(line.detail["from"], line.detail["to"]) for line in short.audit.of_subject(credential.id)[1:]]
    assert [after for _, after in trail[:-1]] == [before for before, _ in trail[1:]]
    assert [after for _, after in trail].count("revoked") == 1
    assert trail[-1][1] == "revoked"
    assert short.status_lists.set_indexes(credential.status_list_id) == (credential.status_index,)


def test_attack_74_no_bit_is_lost_or_taken_back_while_lists_are_published(
    short: Store, now: datetime
) -> None:
    issued = [issue(short, now) for _ in range(40)]
    list_id = issued[0].status_list_id
    published: list[StatusListRecord] = []
    done = Event()

    def publish_all_the_time() -> None:
        while not done.is_set():
            published.append(_publish(short, list_id, now))

    publishers = [Thread(target=publish_all_the_time) for _ in range(2)]
    for publisher in publishers:
        publisher.start()
    try:
        at_once(4, lambda number: _revoke(short, issued[number::4], now))
    finally:
        done.set()
        for publisher in publishers:
            publisher.join()

    published.append(_publish(short, list_id, now))
    last = published[-1]
    assert last.published_revision == last.revision == len(issued)
    assert _bits(last) == {each.status_index for each in issued}
    published.sort(key=lambda record: record.version)
    for earlier, later in pairwise(published):
        # What was published as 1 stays 1, whoever published it (invariant I4); one version, one list.
        assert _bits(earlier) <= _bits(later)
        assert earlier.version < later.version or earlier.signed == later.signed


def _publish(store: Store, list_id: str, now: datetime) -> StatusListRecord:
    before = store.status_lists.get(list_id)
    assert before is not None
    bits = json.dumps(store.status_lists.set_indexes(list_id)).encode()
    return store.status_lists.publish(
        list_id, version_before=before.version, revision=before.revision, signed=bits, now=now
    )


def _bits(record: StatusListRecord) -> set[int]:
    assert record.signed is not None
    return set(json.loads(record.signed))


def _revoke(store: Store, issued: Sequence[CredentialRecord], now: datetime) -> None:
    for each in issued:
        store.credentials.set_state(each.id, _S.REVOKED, reason="", now=now, actor="t")


def test_attack_107_fifty_threads_order_one_credential(short: Store, now: datetime) -> None:
    wanted = order(now, key="evt_1")

    def reserve(number: int) -> tuple[str, bool]:
        record, created = lots.reserve(short, wanted, now, new_id=f"c{number}", salt=f"{number}")
        signed = lots.keep(short, record.id, f"{number}".encode(), now)
        return f"{record.id} {record.salt} {record.status_index} {signed.signed!r}", created

    answers = at_once(50, reserve)
    assert len({answer for answer, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1
    assert sum(short.credentials.count_by_state().values()) == 1
    with pytest.raises(ConflictError):
        writers.reserve(short, order(now, key="evt_1", sha256="1" * 64), now)


def test_attack_107_processes_order_one_credential(short: Store, database_url: str, now: datetime) -> None:
    wanted = [order(now, key=f"evt_{number}") for number in range(10)]

    answers = in_processes(writers.reserve_each, [(database_url, wanted, now)] * _WRITERS)
    assert answers == [answers[0]] * _WRITERS
    _assert_each_has_its_own(answers[0])
    assert sum(short.credentials.count_by_state().values()) == len(wanted)


def test_attack_107_the_same_key_with_other_orders_at_once_has_one_winner(
    short: Store, now: datetime
) -> None:
    def reserve(number: int) -> str:
        try:
            return writers.reserve(short, order(now, key="k", sha256=f"{number:064d}"), now)[0]
        except ConflictError:
            return "refused"

    answers = Counter(at_once(10, reserve))
    assert answers.pop("refused") == 9
    assert list(answers.values()) == [1]


def test_attack_104_fifty_threads_record_one_event(short: Store, now: datetime) -> None:
    answers = at_once(50, lambda _number: short.events.record(event(now)))

    assert {stored for stored, _ in answers} == {event(now)}
    assert [created for _, created in answers].count(True) == 1
    assert short.events.recent(None, limit=9) == (event(now),)


def test_attack_104_processes_record_one_event(short: Store, database_url: str, now: datetime) -> None:
    answers = in_processes(writers.record_event, [(database_url, event(now), 20)] * 4)

    assert sum(created for some in answers for created in some) == 1


def test_attack_121_a_wallet_link_is_used_once(short: Store, database_url: str, now: datetime) -> None:
    tokens = [secrets.token_hex(32) for _ in range(2)]
    for token in tokens:
        short.links.add(token, LinkPurpose.WALLET, "holder", now + timedelta(hours=1))

    def use(number: int) -> str | None:
        found = short.links.use(tokens[0], [LinkPurpose.WALLET], now, browser=f"{number:064}")
        return None if found is None else found.subject

    by_threads = at_once(20, use)
    by_processes = in_processes(
        writers.use_link, [(database_url, tokens[1], f"{number:064}", now) for number in range(4)]
    )
    assert Counter(by_threads) == {"holder": 1, None: 19}
    assert Counter(by_processes) == {"holder": 1, None: 3}

"""An order and something about the person it is for, at one moment, on the database where two can write.

The order stands still between finding its person and writing the credential down; meanwhile the other begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from credserv.records.people import ProvedKind
from credserv.store.store import Store, open_store
from tests.conftest import MAIN_ORGANISATION, SECRET_KEY, migrate
from tests.testkit.databases import PostgresServer
from tests.testkit.lots import make_claim
from tests.unit.store.samples import image, order, version

PATIENCE = 60
INTO, OTHER = "pat@home.example", "pat@work.example"


@pytest.fixture(scope="module")
def racing(postgres: PostgresServer) -> Iterator[Store]:
    name = postgres.create(template=postgres.template("migrated", migrate))
    opened = open_store(postgres.database_url(name), secret_key=SECRET_KEY)
    opened.organisations.create(MAIN_ORGANISATION, datetime(2026, 3, 1, tzinfo=UTC))
    opened.achievements.add(version(datetime(2026, 3, 1, tzinfo=UTC)), [image()])
    yield opened
    opened.close()
    postgres.drop(name)


def waits_or_ends(store: Store, done: Future[None]) -> None:
    """Until the other has ended, or the database makes it wait for the order."""
    ticking = threading.Event()
    for _ in range(PATIENCE * 20):
        with store._database.reading() as connection:
            found = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if done.done() or connection.execute(found).scalar_one():
                return
        ticking.wait(0.05)
    raise AssertionError("it neither ended nor waited")


def at_one_moment(store: Store, key: str, email: str, now: datetime, other: Callable[[], None]) -> str:
    """The order, with `other` beginning while it is under way; whose the credential is after both."""
    stands, go_on = threading.Event(), threading.Event()

    def step(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO credentials") and not stands.is_set():
            stands.set()
            assert go_on.wait(PATIENCE)

    claim = make_claim(order(now, key=key, email=email), now)
    event.listen(store._database.engine, "before_cursor_execute", step)
    try:
        with ThreadPoolExecutor(2) as pool:
            ordered = pool.submit(lambda: store.lots.reserve([claim], now=now))
            assert stands.wait(PATIENCE)
            meanwhile = pool.submit(other)
            waits_or_ends(store, meanwhile)
            go_on.set()
            wait([ordered, meanwhile], timeout=PATIENCE)
            ordered.result(), meanwhile.result()
    finally:
        event.remove(store._database.engine, "before_cursor_execute", step)
    record = store.credentials.get(claim.new_id)
    assert record is not None
    return record.person_id


def holder(store: Store, email: str, now: datetime) -> str:
    """Somebody who was awarded something, and has proved the address."""
    store.lots.reserve([make_claim(order(now, key=f"first {email}", email=email), now)], now=now)
    member = store.members.find_by_email(email)
    assert member is not None
    store.people.prove(member.person_id, ProvedKind.EMAIL, email, added_by="test", now=now)
    return member.person_id


def joined(store: Store, into: str, left: str, now: datetime) -> Callable[[], None]:
    (proof,) = store.people.proved(left)
    store.merges.show("a session", into, left, proof.id, now)
    begun = store.merges.begun("a session")
    assert begun is not None
    return lambda: store.merges.merge(begun.id, now)


def test_found_an_order_and_a_join_at_one_moment_award_the_person_who_is_left(
    racing: Store, now: datetime
) -> None:
    """Before, the order wrote the person down whom the join had just emptied: nobody's wallet showed it."""
    into, left = holder(racing, INTO, now), holder(racing, OTHER, now)
    assert at_one_moment(racing, "joined", OTHER, now, joined(racing, into, left, now)) == into


def test_an_order_and_the_claim_of_its_address_at_one_moment_award_who_proved_it(
    racing: Store, now: datetime
) -> None:
    person = holder(racing, "ana@home.example", now)
    racing.lots.reserve([make_claim(order(now, key="a1", email="ana@work.example"), now)], now=now)

    def claim() -> None:
        racing.people.prove(person, ProvedKind.EMAIL, "ana@work.example", added_by="test", now=now)

    assert at_one_moment(racing, "claimed", "ana@work.example", now, claim) == person


def test_who_declines_while_an_order_is_under_way_has_that_one_and_no_other(
    racing: Store, now: datetime
) -> None:
    person = holder(racing, "bo@example.org", now)
    decline = partial(racing.members.decline, person, now)
    assert at_one_moment(racing, "declined", "bo@example.org", now, decline) == person
    late = make_claim(order(now, key="late", email="bo@example.org"), now)
    answered = racing.lots.reserve([late], now=now)
    assert set(answered.declined) == {late.key}
    assert not answered.records
    assert racing.credentials.get(late.new_id) is None

"""xAPI statements: each id stands for one, and what is asked for is found page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError
from credserv.records.statements import StatementFilter, StatementRecord
from credserv.store.store import Store
from tests.unit.store.samples import event, source


def statement(number: int, now: datetime, **told: object) -> StatementRecord:
    made = StatementRecord(
        source="academy",
        id=f"00000000-0000-4000-8000-{number:012}",
        message="evt_1",
        place=number,
        digest="0" * 64,
        stored_at=now + timedelta(seconds=number // 2),  # two of a message have one time
        verb="http://adlnet.gov/expapi/verbs/passed",
    )
    return replace(made, **told)  # type: ignore[arg-type]  # any of its members


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    store.sources.create(source(now))
    store.events.record(event(now))
    store.statements.keep([statement(number, now) for number in range(5)])
    return store


def test_a_statement_is_kept_once_and_another_under_its_id_is_a_conflict(
    filled: Store, now: datetime
) -> None:
    filled.statements.keep([statement(0, now), statement(7, now)])
    later = statement(8, now), statement(1, now, digest="1" * 64)
    with pytest.raises(ConflictError, match="000000000001"):
        filled.statements.keep(later)
    assert filled.statements.get("academy", later[0].id) is None  # all or none
    assert filled.statements.get("academy", statement(1, now).id) == statement(1, now)
    assert filled.statements.get("another", statement(1, now).id) is None


@pytest.mark.parametrize("ascending", [True, False])
def test_pages_go_on_where_the_one_before_ended(filled: Store, now: datetime, ascending: bool) -> None:
    wanted, found = StatementFilter(ascending=ascending), []
    while page := filled.statements.find("academy", wanted, limit=2):
        found += page
        wanted = replace(wanted, after=(page[-1].stored_at, page[-1].id))
    numbers = [one.place for one in found]
    assert numbers == (list(range(5)) if ascending else list(reversed(range(5))))


def test_what_is_asked_for_is_found(filled: Store, now: datetime) -> None:
    told = {
        "verb": "urn:v",
        "activity": "https://x.example/" + "a" * 900,
        "actor": "mbox a",
        "registration": "r",
    }
    filled.statements.keep([statement(9, now, **told)])
    for name, value in told.items():
        found = filled.statements.find("academy", StatementFilter(**{name: value}), limit=9)  # type: ignore[arg-type]
        assert [one.place for one in found] == [9]
    since, until = StatementFilter(since=now), StatementFilter(until=now)
    assert [one.place for one in filled.statements.find("academy", since, limit=9)] == [9, 4, 3, 2]
    assert [one.place for one in filled.statements.find("academy", until, limit=9)] == [1, 0]


def test_a_voided_statement_is_not_among_the_others_and_its_voider_stays(
    filled: Store, now: datetime
) -> None:
    voider = statement(6, now, voids=statement(2, now).id)
    filled.statements.keep([voider, statement(7, now, voids=voider.id)])
    assert 2 not in [one.place for one in filled.statements.find("academy", StatementFilter(), limit=9)]
    voided, kept = (filled.statements.get("academy", one) for one in (statement(2, now).id, voider.id))
    assert voided is not None
    assert kept is not None
    assert (voided.voided, kept.voided) == (True, False)

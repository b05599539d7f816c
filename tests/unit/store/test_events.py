"""An event is kept once, and what became of it is not forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.event import listen, remove

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.paging import Place
from credserv.records.sources import EventState
from credserv.store.frame.database import open_engine
from credserv.store.store import Store
from credserv.store.tables import events
from tests.unit.store.samples import event, source

SECOND = timedelta(seconds=1)


def test_the_first_is_kept_and_every_repeat_gets_it(filled: Store, now: datetime) -> None:
    assert filled.events.record(event(now)) == (event(now), True)

    later = replace(event(now), received_at=now + timedelta(hours=1))
    assert filled.events.record(later) == (event(now), False)
    assert filled.events.get("academy", "evt_1") == event(now)


def test_the_same_id_with_another_body_is_refused(filled: Store, now: datetime) -> None:
    filled.events.record(event(now))

    with pytest.raises(ConflictError, match="another body"):
        filled.events.record(event(now, body=b'{"a":2}'))
    assert filled.events.get("academy", "evt_1") == event(now)


def test_the_same_id_of_another_source_is_another_event(filled: Store, now: datetime) -> None:
    filled.sources.create(source(now, "other"))
    filled.events.record(event(now))

    _, created = filled.events.record(replace(event(now, body=b"{}"), source="other"))
    assert created


def test_an_event_of_no_source_is_refused(filled: Store, now: datetime) -> None:
    with pytest.raises(ConflictError):
        filled.events.record(replace(event(now), source="nobody"))


def test_a_quarantined_event_can_still_be_issued_and_an_issued_one_stays(
    filled: Store, now: datetime
) -> None:
    filled.events.record(event(now))
    filled.events.finish("academy", "evt_1", EventState.QUARANTINED, note="no rule")
    issued = filled.events.finish("academy", "evt_1", EventState.ISSUED, credential_id="c1")

    assert (issued.state, issued.credential_id, issued.note) == (EventState.ISSUED, "c1", "")
    assert filled.events.finish("academy", "evt_1", EventState.QUARANTINED, note="late") == issued
    with pytest.raises(NotFoundError):
        filled.events.finish("academy", "evt_2", EventState.IGNORED)


def test_a_page_goes_on_behind_a_row_whatever_comes_meanwhile(filled: Store, now: datetime) -> None:
    """Of one instant, by the sender's ids; and what had come late, before the row, is in no later page."""
    for id_ in ("a", "b", "c", "d.1"):
        filled.events.record(event(now, id_))
    first = filled.events.recent("academy", limit=2)
    filled.events.record(event(now + timedelta(minutes=1), "e"))
    filled.events.record(event(now, "cc"))
    second = filled.events.recent("academy", limit=2, after=first[-1].place)
    assert [one.event_id for one in (*first, *second)] == ["d.1", "c", "b", "a"]
    assert filled.events.recent("academy", limit=2, after=second[-1].place) == ()
    assert Place.parse(str(first[0].place)) == first[0].place


def test_recent_and_unfinished(filled: Store, now: datetime) -> None:
    for number in range(4):
        filled.events.record(event(now + timedelta(minutes=number), f"evt_{number}"))
    filled.events.finish("academy", "evt_1", EventState.IGNORED, note="not passed")

    assert [found.event_id for found in filled.events.recent(None, limit=2)] == ["evt_3", "evt_2"]
    ignored = filled.events.recent("academy", state=EventState.IGNORED, limit=9)
    assert [found.event_id for found in ignored] == ["evt_1"]
    assert filled.events.recent("other", limit=9) == ()
    before = now + timedelta(minutes=3)
    assert [found.event_id for found in filled.events.unfinished(before, 9)] == ["evt_0", "evt_2"]
    assert [found.event_id for found in filled.events.unfinished(before, 1)] == ["evt_0"]


def test_a_page_of_a_source_is_found_by_its_index(filled: Store, database_url: str, now: datetime) -> None:
    """However many messages others sent since: among the newest of all, those are passed one by one."""
    filled.sources.create(source(now, "loud"))
    filled.events.record(event(now))
    engine = open_engine(database_url)
    with engine.begin() as connection:
        row = connection.execute(select(events)).mappings().one()
        connection.execute(
            insert(events),
            [
                {**row, "source": "loud", "event_id": str(number), "received_at": now + number * SECOND}
                for number in range(1_000)
            ],
        )
        connection.execute(text("ANALYZE events"))
    asked: list[tuple[str, object]] = []
    keep = partial(_keep_statement, asked)
    listen(Engine, "before_cursor_execute", keep)
    try:
        assert len(filled.events.recent("academy", limit=50)) == 1
    finally:
        remove(Engine, "before_cursor_execute", keep)
    explain = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with engine.connect() as connection:
        ((statement, values),) = asked
        plan = str(connection.exec_driver_sql(explain + statement, values).all())
    engine.dispose()
    assert "ix_events_organisation_id_source_received_at" in plan


def _keep_statement(
    asked: list[tuple[str, object]],
    _connection: object,
    _cursor: object,
    statement: str,
    values: object,
    *_: object,
) -> None:
    if "FROM events" in statement:
        asked.append((statement, values))

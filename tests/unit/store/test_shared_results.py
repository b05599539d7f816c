"""Results under a link: found by the token alone, until their end, and then gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from credserv.store.frame.database import open_engine
from credserv.store.store import Store

_DAY = timedelta(days=1)
_REPORT = {"verdict": "verified", "checks": [{"name": "proof", "data": {"ä": None}}]}


def test_a_result_is_found_by_its_token_until_it_ends(store: Store, now: datetime) -> None:
    token = store.shared_results.create(_REPORT, now=now, ends_at=now + _DAY)

    last = now + _DAY - timedelta(microseconds=1)
    assert store.shared_results.get(token, now) == store.shared_results.get(token, last) == _REPORT
    assert store.shared_results.get(token, now + _DAY) is None
    for other in ("", "x", token[:-1], "\0", "\ud800"):
        assert store.shared_results.get(other, now) is None


def test_an_ended_result_is_gone_and_the_others_stay(store: Store, now: datetime) -> None:
    token, other = (store.shared_results.create(_REPORT, now=now, ends_at=now + _DAY) for _ in range(2))
    store.shared_results.end(token)
    store.shared_results.end(token)

    assert store.shared_results.get(token, now) is None
    assert store.shared_results.get(other, now) == _REPORT


def test_purging_deletes_what_has_ended_alone(store: Store, now: datetime) -> None:
    ended = store.shared_results.create(_REPORT, now=now - _DAY, ends_at=now)
    live = store.shared_results.create(_REPORT, now=now, ends_at=now + _DAY)

    assert (store.shared_results.purge(now), store.shared_results.purge(now)) == (1, 0)
    assert store.shared_results.get(ended, now - _DAY) is None
    assert store.shared_results.get(live, now) == _REPORT


def test_attack_113_the_database_holds_no_token(store: Store, database_url: str, now: datetime) -> None:
    token = store.shared_results.create(_REPORT, now=now, ends_at=now + _DAY)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM shared_results")).one()
    engine.dispose()

    assert len(token) >= 43  # 256 bits
    assert all(token not in str(value) for value in row)

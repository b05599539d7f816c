"""Requests for presentations: answered once, found by their token alone, gone at their end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import text

from credserv.records.presentations import PresentationRequest
from credserv.store.present.presentation_requests import PresentationRequestRepository
from credserv.store.store import Store

SOON = timedelta(minutes=15)


def request(now: datetime, name: str = "r1") -> PresentationRequest:
    return PresentationRequest(
        name, {"title": ""}, "client", "nonce", "state", now, now + SOON, '{"d": "private"}'
    )


def test_it_is_found_by_its_id_and_watched_by_its_token_until_its_end(store: Store, now: datetime) -> None:
    kept = store.presentation_requests
    kept.add(request(now), "watch")
    assert kept.get("r1", now) == kept.watched("watch", now) == request(now)
    assert kept.get("watch", now) is kept.watched("r1", now) is kept.get("r1", now + SOON) is None
    with store._database.reading() as connection:
        row = str(connection.execute(text("SELECT * FROM presentation_requests")).one())
    assert "watch" not in row
    assert "private" not in row
    assert (kept.purge(now + SOON), kept.purge(now + SOON)) == (1, 0)


def test_of_eight_answers_at_once_one_counts(store: Store, now: datetime) -> None:
    kept = store.presentation_requests
    kept.add(request(now), "watch")

    def settle(number: int) -> bool:
        told = {"ends_at": now + 2 * SOON, "wanted": {}, "answer": {"number": number}}
        return kept.settle("r1", now, **told)  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(settle, range(8))) == [False] * 7 + [True]
    found = kept.watched("watch", now + SOON)
    assert found is not None
    assert (found.answered_at, found.wanted, found.decryption_key) == (now, {}, "")
    kept.end("watch")
    assert kept.watched("watch", now) is None


def test_it_is_not_answered_after_its_end(store: Store, now: datetime) -> None:
    store.presentation_requests.add(request(now), "watch")
    late = now + SOON
    assert not store.presentation_requests.settle("r1", late, ends_at=late + SOON, wanted={}, declined="x")


def test_so_many_are_kept_and_then_the_oldest_goes(store: Store, now: datetime) -> None:
    own = store.presentation_requests
    few = PresentationRequestRepository(own._database, store.organisation_id, own._secret_box, most=2)
    for number in range(3):
        few.add(request(now + timedelta(seconds=number), f"r{number}"), f"w{number}")
    assert [few.get(f"r{number}", now) is None for number in range(3)] == [True, False, False]

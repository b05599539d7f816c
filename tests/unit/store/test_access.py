"""API keys, links that work once, and sessions that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.access import ApiKeyRecord, LinkPurpose, SessionKind, SessionRecord
from credserv.store.store import Store

_SECOND = timedelta(seconds=1)
_TOKEN = "a" * 64


def _key(now: datetime, key_id: str = "k1") -> ApiKeyRecord:
    return ApiKeyRecord(key_id, "LMS", ("credentials:issue", "credentials:read"), now)


def test_an_api_key_comes_back_and_ends_once(store: Store, now: datetime) -> None:
    store.access.add_api_key(_key(now), "b" * 64)
    store.access.add_api_key(_key(now + _SECOND, "k2"), "c" * 64)
    assert store.access.find_api_key("k1") == (_key(now), "b" * 64)

    store.access.end_api_key("k1", now + _SECOND)
    store.access.end_api_key("k1", now + 2 * _SECOND)
    ended = replace(_key(now), ended_at=now + _SECOND)
    assert store.access.list_api_keys() == (_key(now + _SECOND, "k2"), ended)
    assert store.access.find_api_key("k1") == (ended, "b" * 64)


def test_unknown_and_repeated_api_keys(store: Store, now: datetime) -> None:
    store.access.add_api_key(_key(now), "b" * 64)

    assert store.access.find_api_key("x") is None
    with pytest.raises(NotFoundError):
        store.access.end_api_key("x", now)
    with pytest.raises(ConflictError):
        store.access.add_api_key(_key(now), "d" * 64)


def test_the_use_of_an_api_key_is_noted_to_the_minute(store: Store, now: datetime) -> None:
    store.access.add_api_key(_key(now), "b" * 64)
    seen = []
    for seconds in (0, 59, 60):
        store.access.touch_api_key("k1", now + seconds * _SECOND)
        seen.append(store.access.list_api_keys()[0].last_used_at)

    assert seen == [now, now, now + 60 * _SECOND]
    store.access.touch_api_key("x", now)
    store.access.touch_every = 10_000 * _SECOND
    store.access.touch_api_key("k1", now + 9_000 * _SECOND)
    assert store.access.list_api_keys()[0].last_used_at == now + 60 * _SECOND


_OTHER = "b" * 64
_WALLET = [LinkPurpose.WALLET]


def test_a_link_is_used_once(store: Store, now: datetime) -> None:
    store.links.add(_TOKEN, LinkPurpose.WALLET, "ann@example.org", now + _SECOND, claim="c1")

    for _ in range(2):
        found = store.links.find(_TOKEN, _WALLET)
        assert found is not None
        assert (found.subject, found.claim, found.is_open(now)) == ("ann@example.org", "c1", True)
    used = store.links.use(_TOKEN, _WALLET, now, browser="1")
    assert used is not None
    assert used.subject == "ann@example.org"
    assert store.links.use(_TOKEN, _WALLET, now, browser="2") is None
    found = store.links.find(_TOKEN, _WALLET)
    assert found is not None
    assert not found.is_open(now)


def test_b16_who_used_a_link_is_answered_alike_for_a_minute(store: Store, now: datetime) -> None:
    store.links.add(_TOKEN, LinkPurpose.WALLET, "ann@example.org", now + 90 * _SECOND)
    for seconds, browser, answered in ((0, "1", True), (1, "1", True), (59, "2", False), (60, "1", False)):
        used = store.links.use(_TOKEN, _WALLET, now + seconds * _SECOND, browser=browser)
        assert (used is not None) is answered, (seconds, browser)


def test_a_link_is_for_one_purpose_and_ends(store: Store, now: datetime) -> None:
    store.links.add(_TOKEN, LinkPurpose.WALLET, "", now + _SECOND)

    for token, purpose, at in (
        (_TOKEN, LinkPurpose.CONSOLE, now),
        (_TOKEN, LinkPurpose.WALLET, now + _SECOND),
        (_OTHER, LinkPurpose.WALLET, now),
    ):
        assert store.links.use(token, [purpose], at, browser="1") is None
    assert store.links.use(_TOKEN, _WALLET, now, browser="1") is not None


def test_f14_a_newer_link_ends_the_unused_ones_before_it(store: Store, now: datetime) -> None:
    store.links.add(_TOKEN, LinkPurpose.WALLET, "ann@example.org", now + _SECOND)
    store.links.add(_OTHER, LinkPurpose.WALLET, "bob@example.org", now + _SECOND)
    store.links.forget_unused(LinkPurpose.WALLET, "ann@example.org")

    assert store.links.find(_TOKEN, _WALLET) is None
    assert store.links.find(_OTHER, _WALLET) is not None


def test_the_sessions_of_a_person_are_listed_and_ended(store: Store, now: datetime) -> None:
    later = replace(_session(now, _OTHER), created_at=now + _SECOND)
    for session in (_session(now), later, _session(now, "c" * 64, "holder2")):
        store.access.add_session(session)

    assert store.access.sessions_of("holder1", now) == (later, _session(now))
    store.access.end_sessions("holder1")
    assert store.access.sessions_of("holder1", now) == ()
    assert len(store.access.sessions_of("holder2", now)) == 1


def _session(now: datetime, token: str = _TOKEN, subject: str = "holder1") -> SessionRecord:
    return SessionRecord(token, SessionKind.HOLDER, subject, now, now, now + timedelta(hours=8))


def test_a_session_is_found_until_it_ends(store: Store, now: datetime) -> None:
    store.access.add_session(_session(now))

    assert store.access.session(_TOKEN, now + 59 * _SECOND) == _session(now)
    assert store.access.session(_TOKEN, now + timedelta(hours=8)) is None
    assert store.access.session("b" * 64, now) is None
    store.access.end_session(_TOKEN)
    assert store.access.session(_TOKEN, now) is None


def test_a_session_tells_when_it_was_seen_before(store: Store, now: datetime) -> None:
    store.access.add_session(_session(now))
    later, last = now + timedelta(hours=1), now + timedelta(hours=2)

    assert store.access.session(_TOKEN, later) == _session(now)
    assert store.access.session(_TOKEN, last) == replace(_session(now), last_seen_at=later)


def test_what_has_expired_is_forgotten(store: Store, now: datetime) -> None:
    store.links.add(_TOKEN, LinkPurpose.WALLET, "old", now)
    store.links.add(_OTHER, LinkPurpose.WALLET, "live", now + _SECOND)
    store.access.add_session(_session(now - timedelta(hours=8)))
    store.access.add_session(_session(now, "b" * 64))
    store.access.forget_expired(now)

    earlier = now - timedelta(hours=1)
    assert store.links.find(_TOKEN, _WALLET) is None
    assert store.links.find(_OTHER, _WALLET) is not None
    assert store.access.session(_TOKEN, earlier) is None
    assert store.access.session("b" * 64, now) is not None

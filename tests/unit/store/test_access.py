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


def test_a_link_is_used_once(store: Store, now: datetime) -> None:
    store.access.add_link(_TOKEN, LinkPurpose.WALLET, "holder1", now + _SECOND)

    assert store.access.peek_link(_TOKEN, LinkPurpose.WALLET, now) == "holder1"
    assert store.access.peek_link(_TOKEN, LinkPurpose.WALLET, now) == "holder1"
    assert store.access.use_link(_TOKEN, LinkPurpose.WALLET, now) == "holder1"
    assert store.access.use_link(_TOKEN, LinkPurpose.WALLET, now) is None
    assert store.access.peek_link(_TOKEN, LinkPurpose.WALLET, now) is None


def test_a_link_is_for_one_purpose_and_ends(store: Store, now: datetime) -> None:
    store.access.add_link(_TOKEN, LinkPurpose.WALLET, "", now + _SECOND)

    for token, purpose, at in (
        (_TOKEN, LinkPurpose.CONSOLE, now),
        (_TOKEN, LinkPurpose.WALLET, now + _SECOND),
        ("b" * 64, LinkPurpose.WALLET, now),
    ):
        assert store.access.peek_link(token, purpose, at) is None
        assert store.access.use_link(token, purpose, at) is None
    assert store.access.use_link(_TOKEN, LinkPurpose.WALLET, now) == ""


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
    store.access.add_link(_TOKEN, LinkPurpose.WALLET, "old", now)
    store.access.add_link("b" * 64, LinkPurpose.WALLET, "live", now + _SECOND)
    store.access.add_session(_session(now - timedelta(hours=8)))
    store.access.add_session(_session(now, "b" * 64))
    store.access.forget_expired(now)

    earlier = now - timedelta(hours=1)
    assert store.access.peek_link(_TOKEN, LinkPurpose.WALLET, earlier) is None
    assert store.access.peek_link("b" * 64, LinkPurpose.WALLET, earlier) == "live"
    assert store.access.session(_TOKEN, earlier) is None
    assert store.access.session("b" * 64, now) is not None

"""Organisations that see nothing of each other, and keys that are never told apart wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.access import ApiKeyRecord, LinkPurpose, SessionKind, SessionRecord
from credserv.records.credentials import CredentialState
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.records.people import ShareRecord
from credserv.records.sources import EventState
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.store.store import Store, open_store
from tests.unit.store.samples import event, held, image, issue, order, reserve, source, version


def _key(now: datetime, name: str = "z6Mk1") -> SigningKeyRecord:
    return SigningKeyRecord(f"did:key:{name}#{name}", name, f"file:{name}.pem", KeyState.ACTIVE, now)


def _issuer(now: datetime) -> OrganisationRecord:
    profile = {"name": "Academy", "url": "https://academy.example"}
    return OrganisationRecord("did:key:z6Mk1", profile, (_key(now),), name="Academy", created_at=now)


@pytest.fixture
def bare(database_url: str) -> Iterator[Store]:
    """Migrated, and nothing in it."""
    opened = open_store(database_url, secret_key=b"k" * 32)
    yield opened
    opened.close()


def test_there_is_none_at_first(bare: Store) -> None:
    assert bare.organisation.get() is None


def test_it_comes_back_as_it_was_with_its_keys_in_order(bare: Store, now: datetime) -> None:
    later = _key(now + timedelta(seconds=1), "z6Mk0")
    bare.organisations.create(_issuer(now), now)
    bare.organisation.add_key(later)

    assert bare.organisation.get() == replace(_issuer(now), keys=(_key(now), later))


def test_a_name_or_did_is_taken_once(bare: Store, now: datetime) -> None:
    bare.organisations.create(_issuer(now), now)

    for taken in (
        OrganisationRecord("did:key:z6MkOther", {}, (_key(now, "z6MkOther"),)),
        OrganisationRecord("did:key:z6Mk1", {}, (_key(now, "z6MkOther"),), id="other"),
    ):
        with pytest.raises(ConflictError):
            bare.organisations.create(taken, now)
    assert bare.organisations.list() == (_issuer(now),)
    assert bare.organisation.get() == _issuer(now)


def test_attack_77_a_key_or_its_name_is_never_used_twice(bare: Store, now: datetime) -> None:
    bare.organisations.create(_issuer(now), now)

    for same in (
        replace(_key(now, "z6Mk2"), verification_method=_key(now).verification_method),
        replace(_key(now, "z6Mk2"), public_key_multibase=_key(now).public_key_multibase),
    ):
        with pytest.raises(ConflictError):
            bare.organisation.add_key(same)
    assert bare.organisation.get() == _issuer(now)


def test_a_key_goes_through_its_states_and_never_back(bare: Store, now: datetime) -> None:
    name, later = _key(now).verification_method, now + timedelta(days=1)
    pending = replace(_key(now), state=KeyState.PENDING)
    bare.organisations.create(replace(_issuer(now), keys=(pending,)), now)
    bare.organisation.activate_key(name, later)
    active = replace(pending, state=KeyState.ACTIVE, activated_at=later)
    assert _only_key(bare) == active

    bare.organisation.retire_key(name, later)
    bare.organisation.retire_key(name, later + timedelta(days=1))
    bare.organisation.activate_key(name, later + timedelta(days=1))
    assert _only_key(bare) == replace(active, state=KeyState.RETIRED, ended_at=later)

    end = later + timedelta(days=2)
    bare.organisation.revoke_key(name, end)
    bare.organisation.retire_key(name, end + timedelta(days=1))
    assert _only_key(bare) == replace(active, state=KeyState.COMPROMISED, ended_at=end)
    for change in (
        bare.organisation.retire_key,
        bare.organisation.activate_key,
        bare.organisation.revoke_key,
    ):
        with pytest.raises(NotFoundError):
            change("did:key:z6Mk9#z6Mk9", now)


def _only_key(store: Store) -> SigningKeyRecord:
    found = store.organisation.get()
    assert found is not None
    (key,) = found.keys
    return key


def test_nothing_of_one_organisation_is_reached_from_another(filled: Store, now: datetime) -> None:
    key = SigningKeyRecord("did:web:b.example#k", "z6MkB", "file:b.pem", KeyState.ACTIVE, now)
    filled.organisations.create(OrganisationRecord("did:web:b.example", {}, (key,), id="b", name="B"), now)
    other = filled.of("b")
    mine = issue(filled, now)
    filled.events.record(event(now))
    share = ShareRecord("1" * 64, (mine.id,), mine.person_id, now)
    filled.shares.create(share)
    filled.access.add_api_key(ApiKeyRecord("k1", "LMS", ("credentials:issue",), now), "0" * 64)
    filled.links.add("2" * 64, LinkPurpose.CONSOLE, "", now + timedelta(days=1))
    until = now + timedelta(hours=8)
    session = SessionRecord("3" * 64, SessionKind.ADMINISTRATOR, "", now, now, until)
    filled.access.add_session(session)
    shown = filled.shared_results.create({"verdict": "verified"}, now=now, ends_at=until)
    trusted = TrustedListRecord("l1", "", "own", TrustedListKind.OWN, now)
    filled.trusted_lists.create(trusted)
    filled.trusted_lists.put_issuer("l1", TrustedIssuerRecord("did:web:s.example", "School"), now)
    before = _everything(filled, mine.status_list_id)

    found: list[object] = [
        other.achievements.newest("mentor-foundation"),
        other.achievements.get("mentor-foundation", 1),
        other.achievements.versions("mentor-foundation"),
        other.achievements.list_newest(),
        other.achievements.image(image().sha256),
        other.sources.get("academy"),
        other.sources.list(),
        other.events.get("academy", "evt_1"),
        other.events.recent(None, limit=9),
        other.events.unfinished(until, 9),
        other.credentials.get(mine.id),
        other.credentials.find(mine.order.scope, mine.order.idempotency_key),
        other.credentials.search(limit=9).items,
        other.credentials.search("ann", limit=9).items,
        held(other, mine.person_id),
        other.letters.has_due(until),
        sum(other.credentials.count_by_state().values()),
        other.status_lists.get(mine.status_list_id),
        other.shares.get(share.token_sha256),
        other.shares.of_person(mine.person_id),
        other.members.of_person(mine.person_id),
        other.members.find_by_email("ann@example.org"),
        other.members.email_of(mine.person_id),
        other.access.find_api_key("k1"),
        other.access.list_api_keys(),
        other.links.find("2" * 64, [LinkPurpose.CONSOLE]),
        other.links.use("2" * 64, [LinkPurpose.CONSOLE], now, browser="b"),
        other.colleagues.list(now.date()),
        other.roster.search(limit=9).items,
        other.access.sessions_of(mine.person_id, now),
        other.access.session("3" * 64, now),
        other.shared_results.get(shown, now),
        other.trusted_lists.list(),
        other.trusted_lists.get("l1"),
        other.trusted_lists.due(until),
        other.trusted_lists.issuers("l1"),
        other.trusted_lists.count_issuers(),
        other.trusted_lists.find("", "did:web:s.example"),
        other.audit.recent(9),
        other.audit.of_subject(mine.id),
    ]
    assert [one for one in found if one] == []
    refused: list[Callable[[], object]] = [
        lambda: other.credentials.set_state(
            mine.id, CredentialState.REVOKED, reason="", now=now, actor="console"
        ),
        lambda: other.sources.set_enabled("academy", False),
        lambda: other.sources.add_secret("academy", "whsec_b"),
        lambda: other.events.finish("academy", "evt_1", EventState.IGNORED),
        lambda: other.events.record(event(now, "evt_2")),
        lambda: other.shares.end(share.token_sha256, mine.person_id, now),
        lambda: other.members.end_identifier(mine.identifier_id, now, now),
        lambda: other.access.end_api_key("k1", now),
        lambda: other.trusted_lists.remove("l1"),
        lambda: other.trusted_lists.remove_issuer("l1", "did:web:s.example"),
        lambda: other.trusted_lists.put_issuer("l1", TrustedIssuerRecord("did:web:x.example", "X"), now),
        lambda: other.organisation.retire_key("did:web:badges.example#k", now),
        lambda: reserve(other, order(now), now),
    ]
    for attempt in refused:
        with pytest.raises((NotFoundError, ConflictError)):
            attempt()
    other.access.touch_api_key("k1", now)
    other.access.end_session("3" * 64)
    other.shared_results.end(shown)
    other.trusted_lists.note_failure("l1", "no", now)
    assert _everything(filled, mine.status_list_id) == before


def _everything(store: Store, list_id: str) -> list[object]:
    return [
        store.organisation.get(),
        store.achievements.list_newest(),
        store.sources.list(),
        store.events.recent(None, limit=9),
        store.credentials.search(limit=9).items,
        store.status_lists.get(list_id),
        store.shares.get("1" * 64),
        store.access.list_api_keys(),
        store.access.session("3" * 64, datetime(2026, 3, 14, tzinfo=UTC)),
        store.links.find("2" * 64, [LinkPurpose.CONSOLE]),
        store.trusted_lists.list(),
        store.trusted_lists.issuers("l1"),
        store.audit.recent(9),
        store.members.find_by_email("ann@example.org"),
    ]


def test_the_same_names_serve_two_organisations(filled: Store, now: datetime) -> None:
    filled.organisations.create(OrganisationRecord("did:web:b.example", {}, id="b", name="B"), now)
    other = filled.of("b")
    other.achievements.add(version(now), [image()])
    other.sources.create(source(now))
    first, second = issue(filled, now, order(now, key="k")), issue(other, now, order(now, key="k"))

    assert first.id != second.id
    assert first.person_id != second.person_id
    assert first.status_list_id != second.status_list_id
    assert (filled.events.record(event(now))[1], other.events.record(event(now))[1]) == (True, True)
    assert filled.credentials.search(limit=9).items == (first,)
    assert other.credentials.search(limit=9).items == (second,)

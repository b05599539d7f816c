"""A credential's life: reserved once, signed once, and every step told."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.ground.errors import ConflictError, InputError
from credserv.records.credentials import (
    CredentialFilter,
    CredentialState,
    IssuanceStep,
    IssueOrder,
    Recipient,
)
from credserv.records.paging import Place
from credserv.store.store import Store
from tests.testkit import lots
from tests.unit.store.samples import held, issue, order, reserve

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("aä_:@", max_size=4), inner),
    max_leaves=8,
)
_OBJECTS = st.lists(st.dictionaries(st.text("abc", max_size=3), _JSON), max_size=2).map(tuple)


def test_a_reservation_fixes_everything(filled: Store, now: datetime) -> None:
    wanted = order(now, email=" Ann@Example.ORG ")
    record, created = lots.reserve(filled, wanted, now, new_id="c1", salt="salt1")

    assert created
    # Letters go to the address as it was given; only what is around it is left out.
    assert record.order == replace(wanted, recipient=replace(wanted.recipient, email="Ann@example.org"))
    assert (record.id, record.salt, record.issued_at) == ("c1", "salt1", now)
    assert (record.state, record.step, record.signed) == (
        CredentialState.PENDING,
        IssuanceStep.RESERVED,
        None,
    )
    assert filled.credentials.get("c1") == record
    assert filled.credentials.find(wanted.scope, wanted.idempotency_key) == record
    found = filled.status_lists.get(record.status_list_id)
    assert found is not None
    assert 0 <= record.status_index < found.length == 131_072


def test_a_repeat_gets_the_first_and_changes_nothing(filled: Store, now: datetime) -> None:
    wanted = order(now)
    first = reserve(filled, wanted, now)

    again = lots.reserve(filled, wanted, now + timedelta(days=1), new_id="c2", salt="other")
    assert again == (first, False)
    assert filled.credentials.get("c2") is None


def test_the_same_key_with_another_order_is_refused(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, key="k"), now)

    with pytest.raises(ConflictError, match="idempotency key"):
        reserve(filled, order(now, key="k", email="eve@example.org", sha256="1" * 64), now)
    assert filled.credentials.find("hook:academy", "k") == first


def test_the_same_key_in_another_scope_is_another_order(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, key="k"), now)
    second = reserve(filled, order(now, key="k", scope="api:1"), now)

    assert first.id != second.id


def test_an_unknown_achievement_or_a_taken_id_leaves_nothing(filled: Store, now: datetime) -> None:
    unknown = replace(order(now, email="new@example.org"), achievement_version=9)
    with pytest.raises(ConflictError):
        reserve(filled, unknown, now)
    assert filled.members.find_by_email("new@example.org") is None

    lots.reserve(filled, order(now), now, new_id="c1", salt="s")
    with pytest.raises(ConflictError):
        lots.reserve(filled, order(now), now, new_id="c1", salt="s")


@given(results=_OBJECTS, evidence=_OBJECTS, seconds=st.integers(0, 2**31), micros=st.integers(0, 999_999))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_results_evidence_and_instants_come_back_exactly(
    filled: Store,
    now: datetime,
    results: tuple[object, ...],
    evidence: tuple[object, ...],
    seconds: int,
    micros: int,
) -> None:
    awarded = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    wanted = IssueOrder(
        scope="api:1",
        idempotency_key=secrets.token_hex(8),
        order_sha256="0" * 64,
        achievement_key="mentor-foundation",
        achievement_version=1,
        recipient=Recipient(did="did:key:z6Mk1"),
        awarded_at=awarded,
        results=results,  # type: ignore[arg-type]  # objects, as hypothesis makes them
        evidence=evidence,  # type: ignore[arg-type]
    )
    assert reserve(filled, wanted, now).order == wanted


def test_an_instant_without_its_zone_is_a_mistake(filled: Store, now: datetime) -> None:
    with pytest.raises(Exception, match="zone"):
        reserve(filled, order(now), now.replace(tzinfo=None))


def test_whoever_goes_on_with_a_pending_one_writes_an_intention_of_its_own(
    filled: Store, now: datetime
) -> None:
    record = reserve(filled, order(now, key="k"), now)
    again = reserve(filled, order(now, key="k"), now + timedelta(hours=1))
    assert again == record
    assert [(line.action, line.detail) for line in filled.audit.of_subject(record.id)] == [
        ("credential.sign", lots.INTENT)
    ] * 2
    lots.keep(filled, record.id, b"signed", now)
    reserve(filled, order(now, key="k"), now)
    assert len(filled.audit.of_subject(record.id)) == 2


def test_the_instants_of_the_steps_are_on_the_row(filled: Store, now: datetime) -> None:
    record = reserve(filled, order(now), now)
    at = now + timedelta(seconds=5, microseconds=7)
    assert (record.issued_at, record.stored_at, record.step) == (now, None, IssuanceStep.RESERVED)
    stored = lots.keep(filled, record.id, b"signed", at)
    assert (stored.stored_at, stored.changed_at, stored.step) == (at, at, IssuanceStep.STORED)
    assert stored.delivered_at is None


def test_the_first_signed_bytes_win(filled: Store, now: datetime) -> None:
    record = reserve(filled, order(now), now)
    first = lots.keep(filled, record.id, b"\x00first", now)
    second = lots.keep(filled, record.id, b"second", now + timedelta(seconds=1))

    assert first.signed == b"\x00first"
    assert (first.state, first.step) == (CredentialState.ACTIVE, IssuanceStep.STORED)
    assert second == first


def test_a_failed_one_takes_no_signature(filled: Store, now: datetime) -> None:
    record = reserve(filled, order(now), now)
    lots.fail(filled, record.id, "no such level", now)

    found = lots.keep(filled, record.id, b"x", now)
    assert (found.state, found.note, found.signed) == (CredentialState.FAILED, "no such level", None)


def test_what_was_issued_cannot_fail_any_more(filled: Store, now: datetime) -> None:
    issued = issue(filled, now)
    lots.fail(filled, issued.id, "too late", now)

    assert filled.credentials.get(issued.id) == issued


def test_what_a_crash_left_is_found(filled: Store, now: datetime) -> None:
    pending = reserve(filled, order(now), now)
    issue(filled, now)
    late = reserve(filled, order(now), now + timedelta(minutes=1))
    suspended = issue(filled, now)
    filled.credentials.set_state(suspended.id, CredentialState.SUSPENDED, reason="", now=now, actor="t")

    before = now + timedelta(minutes=1)
    assert [found.id for found in filled.credentials.unfinished(before, 9)] == [pending.id]
    assert filled.credentials.unfinished(before, 0) == ()
    assert len(filled.credentials.unfinished(before + timedelta(seconds=1), 9)) == 2
    assert late.state is CredentialState.PENDING


def test_search(filled: Store, now: datetime) -> None:
    ann = issue(filled, now, order(now))
    bob = issue(filled, now + timedelta(1), order(now, email="bob_100%@example.org", name="Bob ÉCOLE"))
    did = reserve(filled, order(now, email=None, did="did:key:z6Mk1", name=None), now + timedelta(2))

    def ids(text: str, state: CredentialState | None = None, limit: int = 9) -> list[str]:
        found = filled.credentials.search(text, wanted=CredentialFilter(state=state), limit=limit)
        return [record.id for record in found.items]

    assert ids("") == [did.id, bob.id, ann.id]
    place = Place(did.issued_at, did.id)
    page = filled.credentials.search(limit=1, after=place)
    assert ([found.id for found in page.items], page.newer, page.older) == ([bob.id], True, True)
    back = filled.credentials.search(limit=1, before=Place(bob.issued_at, bob.id))
    assert ([found.id for found in back.items], back.newer, back.older) == ([did.id], False, True)
    assert ids("", CredentialState.ACTIVE) == [bob.id, ann.id]
    assert ids(ann.id) == [ann.id]
    assert ids("did:key:z6Mk1") == [did.id]
    assert ids(" ANN@ex") == [ann.id]
    assert ids("e\u0301cole") == ids("ecole") == ids("ecole BOB") == [bob.id]
    assert ids("bob mentor") == [bob.id]
    assert ids("bob ann") == []
    assert ids("_100%") == [bob.id]
    assert ids("%") == [bob.id]
    assert ids("_") == [bob.id]
    assert ids("foundation") == [did.id, bob.id, ann.id]
    assert ids("'; DROP TABLE credentials; --") == []


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_no_database_keeps_is_told_or_not_found(filled: Store, now: datetime, text: str) -> None:
    try:
        assert filled.credentials.get(text) is None
        assert filled.credentials.search(text, limit=9).items == ()
    except InputError:
        return


def test_a_holder_has_what_was_issued(filled: Store, now: datetime) -> None:
    first = issue(filled, now)
    second = issue(filled, now + timedelta(1))
    reserve(filled, order(now), now)
    issue(filled, now, order(now, email="bob@example.org"))
    revoked = filled.credentials.set_state(
        first.id, CredentialState.REVOKED, reason="mistake", now=now, actor="console"
    )

    assert held(filled, first.person_id) == (second, revoked)
    assert held(filled, "nobody") == ()


def test_counts_have_every_state(filled: Store, now: datetime) -> None:
    reserve(filled, order(now), now)
    issue(filled, now)

    counts = filled.credentials.count_by_state()
    assert counts[CredentialState.PENDING] == counts[CredentialState.ACTIVE] == 1
    assert set(counts) == set(CredentialState)
    assert sum(counts.values()) == 2

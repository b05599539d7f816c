"""What the recipe makes of one order: what is kept of it, what its caller is told, who repeats whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, InputError, SigningKeyError
from credserv.issuing.recipe import (
    AWARDED_BEFORE,
    Issued,
    Recipe,
    Wanted,
    _answers,
    _decided,
    _issued,
)
from credserv.records.achievements import AchievementKind, AwardRule
from credserv.records.credentials import (
    LIVING_SCOPE,
    CredentialRecord,
    CredentialState,
    IssuanceStep,
    Recipient,
)
from credserv.records.sources import EventRecord, EventState
from credserv.store.award.lots import Making
from credserv.store.hold.credential_rows import Claim
from tests.unit.issuing.test_copying import issuing
from tests.unit.issuing.test_template import NOW, ORDER, RECORD, VERSION

EVENT = EventRecord("campus", "e-1", "0" * 64, b"{}", NOW, EventState.RECEIVED)
CLAIM = Claim(ORDER, "c1", "salt", NOW, {}, request_id="r-1")
OTHER_CLAIM = replace(CLAIM, new_id="c2")
STORED = replace(RECORD, state=CredentialState.ACTIVE, signed=b"{}", stored_at=NOW)
WHY = InputError("no such thing")


def making(made: Any, *, is_repeat: bool = False, sends: bool = False, **changes: Any) -> Making | None:
    """changes: of the order; event: with which it came."""
    claim, record = CLAIM, RECORD
    claim = replace(claim, event=changes.pop("event", None))
    record = replace(record, order=replace(ORDER, **changes))
    recipe = Recipe(issuing(sends_letters=sends))
    return recipe._making(record, {} if made is None else {"c1": made}, claim, is_repeat=is_repeat)


def test_what_is_kept_of_what_was_made() -> None:
    assert making(b"{}") == Making("c1", b"{}", request_id="r-1")
    assert making(b"{}", event=EVENT) == Making("c1", b"{}", event=EVENT, request_id="r-1")
    assert making(b"{}", is_repeat=True) == Making("c1", b"{}", remark=AWARDED_BEFORE, request_id="r-1")
    assert making(b"{}", sends=True) == Making("c1", b"{}", has_letter=True, request_id="r-1")
    nowhere = Recipient(did="did:key:z6Mk")
    assert making(b"{}", sends=True, recipient=nowhere) == Making("c1", b"{}", request_id="r-1")
    assert making(b"{}", scope=LIVING_SCOPE) == Making("c1", b"{}", is_living=True, request_id="r-1")


def test_what_is_kept_of_what_can_never_be_made_and_of_what_was_made_before() -> None:
    assert making(WHY) == Making("c1", note="no such thing")
    assert making(InputError(""), event=EVENT) == Making("c1", note=InputError("").code, event=EVENT)
    assert making(WHY, event=EVENT, is_repeat=True) == Making("c1", note="no such thing")
    assert making(None) is None
    assert making(None, event=EVENT) == Making("c1", event=EVENT)
    assert making(None, event=EVENT, is_repeat=True) == Making("c1", event=EVENT, remark=AWARDED_BEFORE)
    assert making(SigningKeyError("later"), event=EVENT) is None


@pytest.mark.parametrize("is_repeat", [False, True])
def test_what_became_of_an_order(is_repeat: bool) -> None:
    def told(record: Any, made: Any, claim: Claim = CLAIM) -> Issued:
        return _issued(record, {} if made is None else {"c1": made}, claim, LATER, is_repeat=is_repeat)

    kept = replace(RECORD, state=CredentialState.ACTIVE, signed=b"{}", stored_at=LATER, changed_at=LATER)
    assert told(RECORD, b"{}") == Issued(kept, created=True, is_repeat=is_repeat)
    assert told(RECORD, b"{}", OTHER_CLAIM) == Issued(kept, created=False, is_repeat=is_repeat)
    assert told(STORED, b"{}") == Issued(STORED, created=True, is_repeat=is_repeat)
    assert told(STORED, None, OTHER_CLAIM) == Issued(STORED, is_repeat=is_repeat)
    assert told(RECORD, WHY) == Issued(error=WHY, is_repeat=is_repeat)
    assert told(STORED, WHY, OTHER_CLAIM) == Issued(STORED, is_repeat=is_repeat)
    failed = told(replace(RECORD, state=CredentialState.FAILED, note="bad"), None)
    assert (type(failed.error), str(failed.error), failed.record) == (InputError, "bad", None)
    assert failed.is_repeat is is_repeat


LATER = NOW + timedelta(seconds=1)


def test_an_event_that_is_known_is_told_unless_it_was_another() -> None:
    assert _decided(EVENT, CLAIM) == Issued(event=EVENT)
    assert _decided(EVENT, replace(CLAIM, event=EVENT)) == Issued(event=EVENT)
    other = replace(EVENT, body_sha256="1" * 64, event_id="e" * 99)
    told = _decided(other, replace(CLAIM, event=EVENT))
    assert isinstance(told.error, ConflictError)
    assert told.error.detail == f"event id {'e' * 80!r} was used before, for another event"
    assert told.event is None


def test_of_a_lot_the_first_of_a_key_counts_and_the_others_are_told_so() -> None:
    first, other = Wanted(ORDER, NOW), Wanted(replace(ORDER, idempotency_key="k2"), NOW)
    unlike = Wanted(replace(ORDER, order_sha256="1" * 64), NOW)
    made, refused = Issued(STORED, created=True), Issued(error=WHY)
    issued, claims = {first.key: made, other.key: refused}, {first.key: CLAIM}
    told = _answers([first, other, first, unlike, other], claims, issued)
    assert (told[0], told[1], told[4]) == (made, refused, refused)
    assert told[2] == replace(made, created=False)
    assert (type(told[3].error), told[3].record) == (ConflictError, None)
    assert "used before, for another order" in str(told[3].error)


@pytest.mark.parametrize(
    ("kind", "scope", "known", "ordered", "refused"),
    [
        (AchievementKind.MENTOR_ACCREDITATION, "api", "mentor", False, True),
        (AchievementKind.COMPETENCY_MASTERY, "api", "mentor", False, False),
        (AchievementKind.MENTOR_ACCREDITATION, LIVING_SCOPE, "mentor", False, False),
        (AchievementKind.MENTOR_ACCREDITATION, "api", "other", False, False),
        (AchievementKind.MENTOR_ACCREDITATION, "api", "mentor", True, False),
    ],
)
def test_what_a_programme_grants_nobody_else_orders(
    kind: AchievementKind, scope: str, known: str, ordered: bool, refused: bool
) -> None:
    version = replace(VERSION, kind=kind)
    store: Any = SimpleNamespace(
        achievements=SimpleNamespace(get=lambda *named: version if named == ("mentor", 2) else None),
        programmes=SimpleNamespace(known_keys=lambda: {known}),
        credentials=SimpleNamespace(
            find=lambda *named: RECORD if ordered and named == (scope, "key-1") else None
        ),
    )
    recipe = Recipe(issuing(store=store))
    wanted = Wanted(replace(ORDER, scope=scope), NOW)
    if refused:
        with pytest.raises(ConflictError, match="decides about an application grants this"):
            recipe.plan(wanted, reserved_id="c9")
    else:
        claim = recipe.plan(wanted, reserved_id="c9")
        assert (claim.new_id, claim.issued_at, claim.order) == ("c9", NOW, wanted.order)
    unknown = replace(wanted, order=replace(ORDER, achievement_version=3))
    with pytest.raises(ConflictError, match="no achievement mentor of this version"):
        recipe.plan(unknown, reserved_id="c9")


class MakesEmptyObjects:
    """In the place of a Maker: what is made of a record is another test's."""

    def __init__(self, _issuing: object) -> None: ...

    def make(self, records: Sequence[CredentialRecord]) -> dict[str, bytes]:
        return {one.id: b"{}" for one in records}

    def make_version(self, _record: object, _term: object) -> bytes:
        return b"{}"


def test_each_step_of_what_was_reserved_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Any] = []
    lots = SimpleNamespace(
        keep=lambda makings, now: steps.append([one.credential_id for one in makings]) or {}
    )
    own = issuing(store=SimpleNamespace(lots=lots), on_step=steps.append)
    monkeypatch.setattr("credserv.issuing.recipe.Maker", MakesEmptyObjects)
    recipe = Recipe(own)
    issued = recipe.finish(RECORD, CLAIM, NOW)
    assert (issued.created, issued.is_repeat, issued.require().signed) == (True, False, b"{}")
    assert steps == [IssuanceStep.RESERVED, IssuanceStep.MADE, ["c1"], IssuanceStep.STORED]
    steps.clear()
    assert recipe.finish(STORED, OTHER_CLAIM, NOW) == Issued(STORED)
    assert steps == [IssuanceStep.RESERVED, []]
    steps.clear()
    nothing: Any = None
    assert recipe.make_version(RECORD, nothing) == b"{}"
    assert steps == [IssuanceStep.MADE]


def test_an_error_of_a_lot_is_each_orders_own_unless_all_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, asked = Recipe(issuing()), []
    orders = [Wanted(replace(ORDER, idempotency_key=key), NOW) for key in ("k1", "k2", "k3")]

    def lot(wanted: Any) -> Any:
        asked.append([one.order.idempotency_key for one in wanted])
        if any(one.order.idempotency_key == "k2" for one in wanted):
            raise error
        return [Issued(STORED) for _ in wanted]

    monkeypatch.setattr(recipe, "_issue_lot", lot)
    error: Exception = ZeroDivisionError()
    assert recipe.issue(orders) == (Issued(STORED), Issued(error=error), Issued(STORED))
    assert asked == [["k1", "k2", "k3"], ["k1"], ["k2"], ["k3"]]
    asked.clear()
    error = SigningKeyError("later")
    assert recipe.issue(orders) == (Issued(error=error),) * 3
    assert asked == [["k1", "k2", "k3"]]


def test_of_a_lot_only_what_was_ordered_before_is_a_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    lots = SimpleNamespace(keep=lambda makings, now: kept.extend(makings) or {})
    monkeypatch.setattr("credserv.issuing.recipe.Maker", MakesEmptyObjects)
    recipe = Recipe(issuing(store=SimpleNamespace(lots=lots)))
    other = replace(CLAIM, order=replace(ORDER, idempotency_key="k2"), new_id="c9")
    records = {CLAIM.key: RECORD, other.key: replace(RECORD, id="c2")}
    found = recipe._finish(records, {CLAIM.key: CLAIM, other.key: other}, {other.key}, NOW)
    assert [(one.credential_id, one.remark) for one in kept] == [("c1", ""), ("c2", AWARDED_BEFORE)]
    assert [(one.created, one.is_repeat) for one in found.values()] == [(True, False), (False, True)]


@pytest.mark.parametrize("rule", AwardRule)
def test_only_what_is_awarded_once_for_each_validity_is_renewed(rule: AwardRule) -> None:
    version = SimpleNamespace(award_rule=rule, kind=VERSION.kind)
    known = SimpleNamespace(get=lambda *_: version)
    recipe = Recipe(issuing(store=SimpleNamespace(achievements=known)))
    claim = recipe.plan(Wanted(ORDER, NOW), reserved_id="r-1")
    assert (claim.renews, claim.award_key is None) == (
        rule is AwardRule.PER_VALIDITY,
        rule is AwardRule.PER_EVENT,
    )
    asked = recipe.plan(Wanted(ORDER, NOW, award_rule=AwardRule.PER_VALIDITY), reserved_id="r-1")
    assert (asked.renews, asked.new_id) == (True, "r-1")

"""The steps of the recipe as they are told, which orders get a letter, and what repeats of a lot are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, DeclinedError, InputError
from credserv.issuing.recipe import Recipe
from credserv.journeys.hold.declining import decline
from credserv.records.achievements import AwardRule
from credserv.records.credentials import IssuanceStep, Recipient
from credserv.store.award.lots import Making
from tests.journeys.award.test_lot import issue, wanted
from tests.testkit.service import Service

DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
WHOLE = [IssuanceStep.RESERVED, IssuanceStep.MADE, IssuanceStep.STORED]


def test_a_step_is_told_where_it_was_taken(sqlite_service: Service) -> None:
    steps: list[IssuanceStep] = []
    recipe = Recipe(replace(sqlite_service.services.issuing, on_step=steps.append))
    first = wanted(sqlite_service, "k1")
    assert issue(sqlite_service, [first], recipe)[0].created
    assert steps == WHOLE
    steps.clear()
    (again,) = issue(sqlite_service, [first], recipe)
    assert (again.created, again.error) == (False, None)
    assert steps == [IssuanceStep.RESERVED]
    steps.clear()
    unknown = replace(first, order=replace(first.order, idempotency_key="k2", achievement_version=99))
    both = issue(sqlite_service, [unknown, unknown], recipe)
    assert [type(one.error) for one in both] == [ConflictError] * 2
    assert steps == []
    assert issue(sqlite_service, [], recipe) == ()


def test_a_credential_is_signed_again_as_it_is(sqlite_service: Service) -> None:
    recipe = Recipe(replace(sqlite_service.services.issuing, on_step=(steps := list[IssuanceStep]()).append))
    issued = issue(sqlite_service, [wanted(sqlite_service, "k1")], recipe)[0].record
    assert issued is not None
    assert issued.signed is not None
    steps.clear()
    again = recipe.make_again(issued.signed, issued.issued_at + timedelta(seconds=1))
    before, after = (json.loads(signed) for signed in (issued.signed, again))
    assert before.pop("proof") != after.pop("proof")
    assert (after, steps) == (before, [IssuanceStep.MADE])


@pytest.fixture
def kept(sqlite_service: Service, monkeypatch: pytest.MonkeyPatch) -> list[Making]:
    """What the store was given to keep."""
    found: list[Making] = []
    lots = sqlite_service.services.store.lots
    keep = lots.keep

    def noting(makings: Sequence[Making], **how: Any) -> Any:
        found.extend(makings)
        return keep(makings, **how)

    monkeypatch.setattr(lots, "keep", noting)
    return found


def test_a_letter_goes_to_an_address_where_letters_are_sent(
    sqlite_service: Service, kept: list[Making]
) -> None:
    by_mail, by_did = wanted(sqlite_service, "k1"), wanted(sqlite_service, "k2")
    by_did = replace(by_did, order=replace(by_did.order, recipient=Recipient(did=DID)))
    for sends, letters in ((True, [True, False]), (False, [False, False])):
        issuing = replace(sqlite_service.services.issuing, sends_letters=sends)
        kept.clear()
        keys = [f"{one.order.idempotency_key}-{sends}" for one in (by_mail, by_did)]
        orders = [
            replace(one, order=replace(one.order, idempotency_key=key))
            for one, key in zip((by_mail, by_did), keys, strict=True)
        ]
        assert all(one.error is None for one in issue(sqlite_service, orders, Recipe(issuing)))
        assert [one.has_letter for one in kept] == letters
        assert not any(one.is_living for one in kept)


def test_an_order_that_can_never_be_issued_is_kept_with_why(
    sqlite_service: Service, kept: list[Making]
) -> None:
    bad = wanted(sqlite_service, "k1", evidence=({"id": "not an address", "type": ["Evidence"]},))
    (one,) = issue(sqlite_service, [bad])
    assert isinstance(one.error, InputError)
    assert (one.record, one.created, one.is_repeat, kept[0].signed) == (None, False, False, None)
    assert kept[0].note == one.error.detail
    kept.clear()
    (again,) = issue(sqlite_service, [bad])
    assert isinstance(again.error, InputError)
    assert kept == []


def test_who_joined_an_order_that_can_never_be_issued_has_their_own_issued(sqlite_service: Service) -> None:
    evidence = ({"id": "not an address", "type": ["Evidence"]},)
    bad = wanted(sqlite_service, "k1", email="pat@example.org", evidence=evidence)
    good = wanted(sqlite_service, "k2", email="pat@example.org")
    once = [replace(one, award_rule=AwardRule.PER_VALIDITY) for one in (bad, good)]
    refused, issued = issue(sqlite_service, once)
    assert isinstance(refused.error, InputError)
    assert (issued.error, issued.created) == (None, True)


def test_who_declined_is_awarded_only_what_they_order_themselves(sqlite_service: Service) -> None:
    (first,) = issue(sqlite_service, [wanted(sqlite_service, "k1", email="pat@example.org")])
    decline(sqlite_service.services, first.require().person_id, sqlite_service.clock.now)
    later = [
        replace(wanted(sqlite_service, f"k{number}", email="pat@example.org"), award_rule=AwardRule.PER_EVENT)
        for number in (2, 3)
    ]
    (declined,) = issue(sqlite_service, later[:1])
    assert isinstance(declined.error, DeclinedError)
    (own,) = issue(sqlite_service, [replace(later[1], is_asked=True)])
    assert (own.error, own.created) == (None, True)

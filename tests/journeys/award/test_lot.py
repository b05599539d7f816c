"""The one recipe: what its lots promise, whoever ordered, and that what fails fails alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from credserv.app.factory import create_app
from credserv.ground.errors import (
    ConflictError,
    InputError,
    ProofError,
    SigningKeyError,
    UnavailableError,
)
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.making import SAMPLE_EVERY
from credserv.issuing.recipe import Issued, Recipe, Wanted
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.records.credentials import CredentialState, IssuanceStep, Recipient
from credserv.records.sources import EventState
from tests.testkit.service import ACHIEVEMENT, COURSE, MAPPING, SOURCE, Service
from tests.unit.processes.test_worker import event_of, leave_pending

SCOPE = "api:test"


def wanted(service: Service, key: str, *, email: str = "", **asked: Any) -> Wanted:
    request = OrderRequest(key, ACHIEVEMENT, Recipient(email=email or f"{key}@example.org"), **asked)
    now = service.clock.now
    return Wanted(
        prepare_order(
            service.services, SCOPE, request, find_version(service.services, ACHIEVEMENT, None), now=now
        ),
        now,
    )


def issue(service: Service, orders: Sequence[Wanted], recipe: Recipe | None = None) -> Sequence[Issued]:
    return (recipe or service.services.recipe).issue(orders)


def states(service: Service) -> dict[str, int]:
    counted = service.services.store.credentials.count_by_state()
    return {state.value: count for state, count in counted.items() if count}


def verify(service: Service, issued: Issued) -> bool:
    services = service.services
    signed = parse_json_object(issued.require().signed or b"")
    result = services.verifier.verify_credential(signed, now=service.clock.now, resolvers=services.resolvers)
    return result.verified


# --- what fails fails alone ---------------------------------------------------------------------


def test_one_failing_order_among_many(service: Service) -> None:
    """One that no schema lets through, one of an unknown version, one whose key another order has."""
    (first,) = issue(service, [wanted(service, "k1")])
    orders = [wanted(service, f"k{number}") for number in range(8)]
    orders[2] = wanted(service, "k2", evidence=({"id": "not an address", "type": ["Evidence"]},))
    orders[3] = replace(orders[3], order=replace(orders[3].order, achievement_version=99))
    orders[1] = wanted(service, "k1", email="other@example.org")
    issued = issue(service, orders)

    assert [type(one.error) for one in issued[:4]] == [
        type(None),
        ConflictError,
        type(issued[2].error),
        ConflictError,
    ]
    assert isinstance(issued[2].error, InputError)
    assert [one.created for one in issued] == [True, False, False, False, True, True, True, True]
    assert all(verify(service, one) for one in (first, issued[0], *issued[4:]))
    assert states(service) == {"active": 6, "failed": 1}
    (again,) = issue(service, [orders[2]])
    assert isinstance(again.error, InputError)


def test_what_the_database_cannot_hold_harms_no_other_order(service: Service) -> None:
    """PostgreSQL undoes the whole transaction for it."""
    orders = [wanted(service, f"k{number}") for number in range(4)]
    bad = replace(orders[1].order, recipient=replace(orders[1].order.recipient, name="a\x00b"))
    orders[1] = replace(orders[1], order=bad)
    issued = issue(service, orders)
    assert [one.error is None for one in issued[::2]] == [True, True]
    assert all(verify(service, one) for one in issued if one.error is None)
    assert all(isinstance(one.error, InputError) for one in issued if one.error is not None)


def test_the_same_order_twice_in_a_lot_is_one_credential(service: Service) -> None:
    one, other = wanted(service, "k1"), wanted(service, "k1", email="other@example.org")
    first, repeat, conflict = issue(service, [one, one, other])
    assert first.require() == repeat.require()
    assert (first.created, repeat.created) == (True, False)
    assert isinstance(conflict.error, ConflictError)
    assert states(service) == {"active": 1}


def test_more_orders_than_a_lot_holds(service: Service) -> None:
    issued = issue(service, [wanted(service, f"k{number}") for number in range(230)])
    assert all(one.created for one in issued)
    assert [one.require().order.idempotency_key for one in issued] == [f"k{number}" for number in range(230)]


class FailingSigner:
    """Its key is pulled out after some signatures."""

    def __init__(self, signer: Any, good: int) -> None:
        self.key_type, self.public_key_multibase = signer.key_type, signer.public_key_multibase
        self._signer, self._good = signer, good

    def sign_again(self, data: bytes) -> None:
        return None

    def sign(self, data: bytes) -> bytes:
        self._good -= 1
        if self._good < 0:
            raise SigningKeyError("the key was pulled out")
        return bytes(self._signer.sign(data))


def test_without_the_key_all_stay_reserved_and_are_finished_by_a_repeat(service: Service) -> None:
    issuing = service.services.issuing
    orders = [wanted(service, f"k{number}") for number in range(6)]
    issued = issue(service, orders, Recipe(replace(issuing, signer=FailingSigner(issuing.signer, 3))))
    assert {type(one.error) for one in issued} == {SigningKeyError}
    assert states(service) == {"pending": 6}
    again = issue(service, orders)
    assert all(verify(service, one) and not one.created for one in again)


def test_a_database_that_is_away_is_told_to_all(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise UnavailableError("the database cannot be used")

    monkeypatch.setattr(service.services.store.lots, "keep", away)
    issued = issue(service, [wanted(service, f"k{number}") for number in range(3)])
    assert {type(one.error) for one in issued} == {UnavailableError}


# --- nothing is stored that our own verifier refuses --------------------------------------------


class BadText:
    """The issuing services' `require_own` that is given altered bytes, as if the recipe had made them so."""

    def __init__(self, service: Service) -> None:
        self._check = service.services.issuing.require_own
        self.asked = 0
        self.bad = True

    def __call__(self, signed: bytes, now: datetime) -> None:
        self.asked += 1
        self._check(signed.replace(b"Foundation", b"Foundatiom", 1) if self.bad else signed, now)


def test_m5_a_batch_of_one_with_bad_output_stores_nothing(service: Service) -> None:
    checking = BadText(service)
    recipe = Recipe(replace(service.services.issuing, require_own=checking))
    (issued,) = issue(service, [wanted(service, "k1")], recipe)
    assert isinstance(issued.error, ProofError)
    assert "does not fit" in issued.error.detail
    assert checking.asked == 1
    (record,) = service.services.store.credentials.search("", limit=9).items
    assert (record.state, record.signed) == (CredentialState.PENDING, None)
    answer = service.client().get(f"/credentials/{record.id}", headers={"Accept": "application/json"})
    assert answer.status_code == 404

    checking.bad = False
    (again,) = issue(service, [wanted(service, "k1")], recipe)
    assert verify(service, again)


def test_a_template_whose_sample_fails_makes_nothing_and_is_looked_at_again(service: Service) -> None:
    checking = BadText(service)
    checking.bad = False
    recipe = Recipe(replace(service.services.issuing, require_own=checking))
    issue(service, [wanted(service, f"k{number}") for number in range(SAMPLE_EVERY - 2)], recipe)
    assert checking.asked == 1
    checking.bad = True
    late = [wanted(service, f"late{number}") for number in range(5)]
    for _ in range(2):
        failed = issue(service, late, recipe)
        assert all(isinstance(one.error, ProofError) for one in failed)
    assert checking.asked == 3
    assert states(service) == {"active": SAMPLE_EVERY - 2, "pending": 5}
    checking.bad = False
    assert all(one.error is None for one in issue(service, late, recipe))


def test_what_no_template_takes_is_each_seen_by_the_verifier(service: Service) -> None:
    checking = BadText(service)
    checking.bad = False
    recipe = Recipe(replace(service.services.issuing, require_own=checking))
    evidence = ({"id": "https://portfolio.example/1", "type": ["Evidence"]},)
    issue(service, [wanted(service, f"k{number}", evidence=evidence) for number in range(3)], recipe)
    assert checking.asked == 3


def test_intentions_stand_before_any_signature_is_made(service: Service) -> None:
    """At the step after the reservation nothing is signed, and each line is there for others to read."""
    seen: list[list[str]] = []
    store = service.services.store

    def on_step(step: IssuanceStep) -> None:
        if step is IssuanceStep.RESERVED:
            records = store.credentials.search("", limit=9).items
            assert all(record.signed is None for record in records)
            seen.append([line.action for record in records for line in store.audit.of_subject(record.id)])

    recipe = Recipe(replace(service.services.issuing, on_step=on_step))
    issue(service, [wanted(service, f"k{number}") for number in range(3)], recipe)
    assert seen == [["credential.sign"] * 3]


# --- events -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT, "minimum_score": 0.99}],
    ],
    ids=["no rule fits", "not enough any more"],
)
def test_m3_a_crash_after_the_reservation_then_another_mapping_then_a_retry_ends_issued(
    service: Service, rules: list[dict[str, object]]
) -> None:
    credential_id = leave_pending(service, "evt_1")
    fitting = {"event": "course.completed", "course": "another", "achievement": ACHIEVEMENT}
    service.services.store.sources.set_mapping(SOURCE, {"rules": rules or [fitting]})
    answer = service.send_event(event_id="evt_1")
    assert (answer.status_code, answer.json["state"]) == (200, "issued")
    assert answer.json["credential"].endswith(credential_id)
    assert event_of(service, "evt_1").state is EventState.ISSUED
    assert states(service) == {"active": 1}


def test_m7_a_retry_of_an_issued_event_gives_what_was_issued(service: Service) -> None:
    first = service.send_event(event_id="evt_1")
    service.services.store.sources.set_mapping(
        SOURCE, {"rules": [dict(MAPPING["rules"][0], minimum_score=1)]}
    )
    again = service.send_event(event_id="evt_1")
    assert (again.status_code, again.json) == (200, first.json)


def test_an_event_that_was_decided_stays_so_when_the_mapping_fits_later(service: Service) -> None:
    ignored = service.send_event(event_id="evt_1", score=0.3)
    assert ignored.json["state"] == "ignored"
    rule = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}
    service.services.store.sources.set_mapping(SOURCE, {"rules": [rule]})
    again = service.send_event(event_id="evt_1", score=0.3)
    assert (again.status_code, again.json) == (200, ignored.json)
    other = service.send_event(event_id="evt_1", score=0.4)
    assert other.status_code == 409
    assert states(service) == {}


def test_an_event_whose_badge_can_never_be_is_kept_for_an_administrator(service: Service) -> None:
    issuing = service.services.issuing

    class Refusing:
        def check_credential(self, _document: object) -> Sequence[object]:
            raise InputError("the schema wants more")

    refusing_schemas: Any = Refusing()
    recipe = Recipe(replace(issuing, schemas=refusing_schemas))
    services = replace(service.services, recipe=recipe)
    app = create_app(service.settings, services, clock=service.clock)
    refusing = replace(service, services=services, app=app)
    answer = refusing.send_event(event_id="evt_1")
    assert (answer.status_code, answer.json["state"]) == (202, "quarantined")
    event = event_of(service, "evt_1")
    assert (event.state, event.note) == (EventState.QUARANTINED, "the schema wants more")
    assert states(service) == {"failed": 1}
    assert json.loads(service.send_event(event_id="evt_1").text)["state"] == "quarantined"


class Misprinting:
    """A canonizer whose templates make something else than they were made of: another text, or form."""

    def __init__(self, canonizer: Any, *, text: bool) -> None:
        self._canonizer, self._text = canonizer, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._canonizer, name)

    def compile(self, document: Any) -> Any:
        made = copy.copy(self._canonizer.compile(document))
        json_of, canonical = made.json, made.canonical
        if self._text:
            made.json = lambda values: json_of(values).replace("Foundation", "Foundatiom", 1)
        else:
            made.canonical = lambda values: canonical(values) + "\n"
        return made


@pytest.mark.parametrize("text", [True, False], ids=["text", "form"])
def test_a_template_that_makes_something_else_makes_nothing(sqlite_service: Service, text: bool) -> None:
    checking = BadText(sqlite_service)
    checking.bad = False
    issuing = sqlite_service.services.issuing
    wrong: Any = Misprinting(issuing.canonizer, text=text)
    recipe = Recipe(replace(issuing, require_own=checking, canonizer=wrong))
    issued = issue(sqlite_service, [wanted(sqlite_service, f"k{number}") for number in range(2)], recipe)
    assert all(verify(sqlite_service, one) for one in issued)
    assert checking.asked == 2

"""Events and orders of which no new badge comes: held, declined, taken back, or reserved before."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    AbsentError,
    ConflictError,
    CredservError,
    DeclinedError,
    InputError,
    NotFoundError,
)
from credserv.issuing.recipe import Issued, Recipe, Wanted
from credserv.journeys.award import take
from credserv.journeys.award.award import Award, award_event, find_event, resume_event
from credserv.journeys.award.issued import history_of, record_of, search
from credserv.journeys.award.orders import (
    OrderRequest,
    award_request,
    find_version,
    order_again,
    prepare_order,
)
from credserv.journeys.award.reached import reached_skills
from credserv.journeys.award.resume import resume
from credserv.journeys.award.settle import settle, settle_each
from credserv.journeys.award.take import resume_message, take_message
from credserv.journeys.publish.publish import set_status
from credserv.journeys.services import Services
from credserv.records.credentials import (
    LIVING_SCOPE,
    CredentialFilter,
    CredentialRecord,
    CredentialState,
    IssuanceStep,
    Recipient,
)
from credserv.records.observed import ObservationState
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message, Outcome, Reading
from credserv.sources.signing import Authentication
from tests.testkit.observed import known
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def source(here: Service, dialect: str = "generic", rules: Sequence[Any] = (RULE,)) -> SourceRecord:
    record = SourceRecord(f"fails-{next(_numbers)}", dialect, ("whsec_a",), {"rules": list(rules)}, NOW)
    here.services.store.sources.create(record)
    return known(here, record.name)


def address() -> str:
    return f"p{next(_numbers)}.fails@example.org"


def event(here: Service, **made: Any) -> bytes:
    return json.dumps(here.event(email=made.pop("email", None) or address(), **made)).encode()


def refusing(here: Service, error: CredservError) -> Services:
    """The same, whose recipe issues nothing."""

    class Refuses(Recipe):
        def issue(self, wanted: Sequence[Wanted]) -> tuple[Issued, ...]:
            return tuple(Issued(error=error) for _ in wanted)

    return replace(here.services, recipe=Refuses(here.services.issuing))


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("error", "state"),
    [
        (InputError("it cannot be issued"), EventState.QUARANTINED),
        (NotFoundError("it cannot be issued"), EventState.QUARANTINED),
        (DeclinedError("it cannot be issued"), EventState.IGNORED),
    ],
)
def test_an_event_whose_badge_can_never_be_issued_is_held_with_why(
    here: Service, error: CredservError, state: EventState, is_known: bool
) -> None:
    one, body = source(here), event(here)
    if is_known:
        digest = hashlib.sha256(body).hexdigest()
        here.services.store.events.record(EventRecord(one.name, "e1", digest, body, NOW, EventState.RECEIVED))
    made = award_event(refusing(here, error), one, "e1", body, now=NOW)
    assert made == Award(state, None, None, "it cannot be issued", created=False)
    if state is EventState.QUARANTINED:
        kept = find_event(here.services, one.name, "e1")
        assert (kept.state, kept.note) == (state, "it cannot be issued")


def test_an_event_that_cannot_be_issued_now_waits(here: Service) -> None:
    with pytest.raises(ConflictError, match="not now"):
        award_event(refusing(here, ConflictError("not now")), source(here), "e1", event(here), now=NOW)


def test_what_an_event_reserved_is_issued_though_its_mapping_was_changed_since(here: Service) -> None:
    one, body = source(here), event(here)

    def die(step: IssuanceStep) -> None:
        if step is IssuanceStep.RESERVED:
            raise ZeroDivisionError

    dying = Recipe(replace(here.services.issuing, on_step=die))
    with pytest.raises(ZeroDivisionError):
        award_event(replace(here.services, recipe=dying), one, "e1", body, now=NOW)
    here.services.store.sources.set_mapping(one.name, {"rules": [{**RULE, "course": "another"}]})
    kept = find_event(here.services, one.name, "e1")
    assert kept.state is EventState.RECEIVED
    made = resume_event(here.services, kept, now=NOW)
    assert made.state is EventState.ISSUED
    assert record_of(here.services, made.credential_id or "").order.achievement_key == ACHIEVEMENT


def test_an_event_that_a_later_one_takes_back_earns_nothing(here: Service) -> None:
    one, who = source(here), address()
    later = event(here, email=who, passed=False, score=0.1)
    assert award_event(here.services, one, "later", later, now=NOW).state is EventState.IGNORED
    first = json.loads(event(here, email=who))
    earlier = json.dumps({**first, "timestamp": "2026-03-13T09:00:00Z"}).encode()
    made = award_event(here.services, known(here, one.name), "earlier", earlier, now=NOW)
    assert made.state is EventState.IGNORED
    assert made.note == "a message about a later time takes it back"
    after = json.dumps({**first, "timestamp": "2026-03-14T09:10:00Z"}).encode()
    assert award_event(here.services, known(here, one.name), "after", after, now=NOW).created
    ahead = json.dumps({**first, "timestamp": "2026-03-15T09:10:00Z"}).encode()
    odd = award_event(here.services, known(here, one.name), "ahead", ahead, now=NOW)
    assert (odd.state, odd.note) == (EventState.QUARANTINED, "it is dated ahead, 2026-03-15T09:10:00Z")


def failed_order(here: Service) -> CredentialRecord:
    """An order that no schema lets through."""
    version = find_version(here.services, ACHIEVEMENT, None)
    bad: tuple[dict[str, Any], ...] = ({"id": "not an address", "type": ["Evidence"]},)
    request = OrderRequest(f"f-{next(_numbers)}", ACHIEVEMENT, Recipient(email=address()), evidence=bad)
    order = prepare_order(here.services, "fails", request, version, now=NOW)
    (issued,) = here.services.recipe.issue([Wanted(order, NOW)])
    assert isinstance(issued.error, InputError)
    record = here.services.store.credentials.find(order.scope, order.idempotency_key)
    assert record is not None
    assert record.state is CredentialState.FAILED
    return record


def test_only_an_order_that_failed_is_ordered_again_and_once(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, failed = here.services, failed_order(here)
    assert reached_skills(services, failed.order.recipient.email or "", now=NOW) == ()
    with pytest.raises(InputError):
        order_again(services, failed.id, actor="test", now=NOW)
    with pytest.raises(NotFoundError, match="no such credential"):
        order_again(services, "nothing", actor="test", now=NOW)
    credentials = type(services.store.credentials)
    other = failed_order(here)
    found = {"id": replace(other, order=replace(other.order, evidence=()))}  # as if what it names were mended
    monkeypatch.setattr(credentials, "get", lambda *_: found["id"])
    made, issued = order_again(services, "id", actor="test", now=NOW)
    assert (made.state, issued.created, made.order.recipient) == (
        CredentialState.ACTIVE, True, other.order.recipient,
    )  # fmt: skip
    again, repeated = order_again(services, "id", actor="other", now=NOW)
    assert (again.id, repeated.created) == (made.id, False)
    found["id"] = made
    with pytest.raises(ConflictError, match="did not fail"):
        order_again(services, "id", actor="test", now=NOW)
    found["id"] = replace(failed, order=replace(failed.order, scope=LIVING_SCOPE))
    with pytest.raises(ConflictError, match="decide its case again"):
        order_again(services, "id", actor="test", now=NOW)


def test_what_was_ordered_is_found_with_its_history(here: Service) -> None:
    services, who = here.services, address()
    request = OrderRequest("found", "active-listening", Recipient(email=who))
    made, _ = award_request(services, "found", request, now=NOW, actor="an actor")
    page = search(services, who, wanted=CredentialFilter(), limit=9, after=None)
    assert [one.id for one in page.items] == [made.id]
    history = history_of(services, made.id)
    assert history.letter is None
    assert "an actor" in {one.actor for one in history.audit}
    with pytest.raises(NotFoundError, match="no such credential"):
        record_of(services, "nothing")


def test_one_that_cannot_be_settled_now_keeps_no_other_waiting(here: Service) -> None:
    one = source(here, "canvas", ())
    shown = Authentication("upload", is_signed=False)
    sent = source(here)
    kept = take_message(here.services, sent, Message(event(here)), shown, now=NOW).observations[0]
    gone = replace(kept, source="gone", state=ObservationState.RECEIVED)
    with pytest.raises(NotFoundError, match="no source gone"):
        settle(here.services, gone, now=NOW)
    assert settle_each(here.services, [gone, kept], now=NOW) == (gone, kept)
    message = EventRecord(one.name, "m", "0", b"{}", NOW, EventState.READ)
    with pytest.raises(AbsentError, match="no source gone"):
        resume_message(here.services, replace(message, source="gone"), now=NOW)


def test_a_message_in_conflict_is_read_by_nobody(here: Service) -> None:
    one = source(here, "canvas", ())
    shown = Authentication("bearer", is_signed=True, message_id="m-1")
    for body in (b'{"a": 1}', b'{"a": 2}'):
        taken = take_message(here.services, one, Message(body), shown, now=NOW).event
    assert taken.state is EventState.CONFLICT
    assert resume(here.services, taken, now=NOW) == taken


def test_a_fault_in_an_adapter_loses_no_message(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[Outcome] = []

    class Broken:
        name, version = "broken", 1

        def read(self, *_: Any) -> Any:
            raise ZeroDivisionError

        def answer(self, _message: Any, _reading: Any, outcome: Outcome) -> str:
            answered.append(outcome)
            return "answered"

    monkeypatch.setattr(take, "adapter_of", lambda _: Broken())
    one = source(here, "canvas", ())
    shown = Authentication("bearer", is_signed=True, message_id="m-1")
    taken = take_message(here.services, one, Message(b"{}"), shown, now=NOW)
    assert (taken.event.state, taken.event.note) == (EventState.UNREADABLE, take._OURS)
    again = take_message(here.services, one, Message(b"{}"), shown, now=NOW)
    assert again.event.state is EventState.UNREADABLE
    assert answered == [Outcome.UNREADABLE, Outcome.UNREADABLE]
    monkeypatch.setattr(Broken, "read", lambda *_: Reading(()))
    for _ in range(2):
        other = Authentication("bearer", is_signed=True, message_id="m-2")
        take_message(here.services, one, Message(b"{}"), other, now=NOW)
    assert answered[2:] == [Outcome.TAKEN, Outcome.REPEATED]
    assert here.services.store.events.get(one.name, "m-1") is not None


@pytest.mark.parametrize(
    ("changed", "corrects"),
    [
        ({"course": "another"}, False),
        ({"type": "course.seen"}, False),
        ({"passed": False}, True),
    ],
)
def test_what_earns_nothing_is_noted_as_a_correction_only_where_it_takes_back(
    here: Service, changed: dict[str, Any], corrects: bool
) -> None:
    one = source(here)
    made = award_event(here.services, one, "e1", event(here, **changed), now=NOW)
    assert made.credential_id is None
    assert known(here, one.name).corrects is corrects


def test_a_badge_that_does_not_count_any_more_hides_no_other(here: Service) -> None:
    services, who = here.services, address()
    made = [
        award_request(services, "fails", OrderRequest(f"r-{at}-{who}", key, Recipient(email=who)), now=NOW)[0]
        for at, key in enumerate((ACHIEVEMENT, "active-listening", ACHIEVEMENT))
    ]
    whole = reached_skills(services, who, now=NOW)
    assert whole
    for record in (made[0], made[2]):
        set_status(services, record.id, CredentialState.SUSPENDED, reason="x", actor="test", now=NOW)
    left = reached_skills(services, who, now=NOW)
    assert left
    assert {url.rpartition("/")[2] for one in left for url in one.badges} == {made[1].id}


def test_what_was_decided_stays_so_when_it_is_sent_again_under_another_mapping(here: Service) -> None:
    one, body = source(here), event(here, course="another")
    first = award_event(here.services, one, "e1", body, now=NOW)
    assert first.state is EventState.QUARANTINED
    here.services.store.sources.set_mapping(one.name, {"rules": [{**RULE, "event": "course.seen"}]})
    assert award_event(here.services, known(here, one.name), "e1", body, now=NOW) == first
    assert find_event(here.services, one.name, "e1").state is EventState.QUARANTINED

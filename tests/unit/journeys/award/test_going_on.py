"""What goes on by itself: badges that earn others, rules applied to whoever met them, messages resumed."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import NotFoundError
from credserv.journeys.award import stacking
from credserv.journeys.award.award import award_event, find_event
from credserv.journeys.award.catching_up import CaughtUp, catch_up
from credserv.journeys.award.dry_run import dry_run
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.resume import resume
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.settle import NO_RULE, settle
from credserv.journeys.award.stacking import LOOK_BACK, OVERLAP, Stacking
from credserv.journeys.award.take import take_message
from credserv.journeys.define.rules import set_rule
from credserv.records.credentials import CredentialRecord, Recipient
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState, observation_id
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.signing.settings import Method
from tests.testkit.observed import add_member, known, observe
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def address() -> str:
    return f"p{next(_numbers)}.going@example.org"


def source(here: Service, dialect: str = "generic", rules: Any = (RULE,), **options: Any) -> SourceRecord:
    name = f"going-{next(_numbers)}"
    record = SourceRecord(name, dialect, ("whsec_a",), {"rules": list(rules)}, NOW, options=options)
    here.services.store.sources.create(record)
    return known(here, name)


def held(here: Service, email: str) -> list[CredentialRecord]:
    member = here.services.store.members.find_by_email(email)
    return [] if member is None else list(here.services.store.credentials.of_member(member.id))


def test_each_change_of_a_badge_is_looked_at_once_while_a_rule_asks_for_badges(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacking, "_AT_ONCE", 1)
    services, begins = here.services, NOW + timedelta(days=60)
    when = {"credential": {"achievement": "active-listening", "issuer": "ours"}}
    set_rule(services, "constructive-feedback", {"when": when}, actor="test", now=NOW)

    def issue(after: timedelta) -> str:
        email = address()
        request = OrderRequest(f"stack-{email}", "active-listening", Recipient(email=email))
        award_request(services, "stack", request, now=begins + after)
        return email

    first = issue(-LOOK_BACK - OVERLAP), issue(-LOOK_BACK), issue(-SECOND)
    before = issue(-LOOK_BACK - OVERLAP - SECOND)
    exact = issue(-OVERLAP)
    worker = Stacking()
    assert worker.go_on(services, now=begins) == 8, "what they earned changed, too"
    assert len(held(here, exact)) == 2
    assert worker.go_on(services, now=begins) == 0
    assert [len(held(here, email)) for email in (*first, before)] == [2, 2, 2, 1]
    assert worker.until == begins
    later = issue(10 * SECOND)
    assert worker.go_on(services, now=begins + 20 * SECOND) == 2
    assert len(held(here, later)) == 2
    assert worker.go_on(services, now=begins + 22 * SECOND) == 0
    assert all(at >= begins - OVERLAP for at in worker.seen.values())
    third, last = issue(30 * SECOND), issue(31 * SECOND)
    turn = iter((False, True))
    assert worker.go_on(services, now=begins + 40 * SECOND, is_over=lambda: next(turn)) == 1
    assert [len(held(here, email)) for email in (third, last)] == [2, 1]
    assert worker.go_on(services, now=begins + 43 * SECOND) == 3, "the rest, and what both earned"
    assert len(held(here, last)) == 2


def test_a_rule_is_applied_to_whoever_met_it_some_at_a_time(here: Service) -> None:
    services, key, course = here.services, "workplace-instruction", f"caught-{next(_numbers)}"
    campus = source(here, rules=()).name
    with pytest.raises(NotFoundError, match="has no rule"):
        catch_up(services, "nothing", now=NOW)
    for _ in range(3):
        pat = add_member(services, address(), NOW)
        observe(services, f"{course}-{pat.id}", Kind.COMPLETED, course, of=pat, at=NOW, source=campus)
    nameless = EventRecord(campus, f"{course}-x", "0", b"{}", NOW, EventState.READ)
    services.store.events.record(nameless)
    bare = observe(services, f"{course}-y", Kind.COMPLETED, course, of=None, at=NOW, source=campus)
    bare = replace(
        bare,
        id=observation_id(campus, f"{course}-x"),
        observation=replace(bare.observation, event_id=f"{course}-x", activities=()),
    )
    services.store.observations.keep(campus, nameless.event_id, [bare])
    when = {"observed": {"kind": "completed", "activity": course}}
    set_rule(services, key, {"when": when}, actor="test", now=NOW)
    assert len(dry_run(services, current_rules(services).rules[key].rule, now=NOW).people) >= 3
    assert catch_up(services, key, now=NOW, limit=1) == CaughtUp(1, 0, 2)
    assert catch_up(services, key, now=NOW) == CaughtUp(2, 0, 0)
    assert catch_up(services, key, now=NOW) == CaughtUp(0, 0, 0)


def test_an_event_that_could_not_be_decided_is_resumed_when_the_mapping_is_mended(here: Service) -> None:
    services, email = here.services, address()
    one = source(here, rules=[{**RULE, "achievement": "nothing"}])
    body = json.dumps(here.event(email=email)).encode()
    assert award_event(services, one, "e1", body, now=NOW).state is EventState.QUARANTINED
    services.store.sources.set_mapping(one.name, {"rules": [RULE]})
    resumed = resume(services, find_event(services, one.name, "e1"), now=NOW)
    assert (resumed.state, len(held(here, email))) == (EventState.ISSUED, 1)
    assert resume(services, replace(resumed, authentication=None), now=NOW) == resumed
    other = replace(resumed, state=EventState.CONFLICT)
    assert resume(services, other, now=NOW) == resumed, "what was in conflict stays as it is"


def test_what_was_taken_as_a_statement_stays_one_once_its_source_orders(here: Service) -> None:
    one = source(here, rules=[])
    shown = Authentication(Method.STANDARD_WEBHOOKS, is_signed=True)
    message = Message(json.dumps(here.event(email=address())).encode())
    taken = take_message(here.services, one, message, shown, now=NOW).event
    here.services.store.sources.set_mapping(one.name, {"rules": [RULE]})
    assert resume(here.services, taken, now=NOW).state is EventState.READ


def test_a_file_of_events_awards_by_the_mapping_as_an_event_does(here: Service) -> None:
    email, one = address(), source(here)
    shown = Authentication("upload", is_signed=False)
    take_message(here.services, one, Message(json.dumps(here.event(email=email)).encode()), shown, now=NOW)
    assert [record.order.scope for record in held(here, email)] == [f"hook:{one.name}"]
    answered = award_event(here.services, one, "e1", json.dumps(here.event(email=email)).encode(), now=NOW)
    assert answered.state is EventState.ISSUED


def test_nobody_is_introduced_by_what_no_rule_looks_at(here: Service) -> None:
    services, email = here.services, address()
    one = source(here, "canvas", (), authoritative_email=True)
    kept = observe(services, "e", Kind.COMPLETED, "nothing", of=None, at=NOW, source=one.name)
    people = (PersonReference(PersonKind.EMAIL, email),)

    def settled(kind: Kind) -> ObservationRecord:
        said = replace(kept.observation, people=people, kind=kind)
        return settle(services, replace(kept, observation=said, state=ObservationState.RECEIVED), now=NOW)

    found = settled(Kind.COMPLETED)
    assert (found.state, found.note) == (ObservationState.JUDGED, NO_RULE)
    assert services.store.members.find_by_email(email) is None
    found = settled(Kind.IDENTITY)
    assert (found.state, found.membership_id is not None) == (ObservationState.JUDGED, True)
    assert services.store.members.find_by_email(email) is not None


def test_no_badge_is_looked_at_while_no_rule_asks_for_badges(sqlite_service: Service) -> None:
    request = OrderRequest("o", "active-listening", Recipient(email=address()))
    award_request(sqlite_service.services, "stack", request, now=NOW)
    worker = Stacking()
    assert (worker.go_on(sqlite_service.services, now=NOW), worker.until) == (0, None)

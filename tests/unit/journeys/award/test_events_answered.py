"""Events and messages: what is answered, again and when closed; what is tried, released and rehearsed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import AbsentError, GoneError, NotFoundError, OrganisationClosedError
from credserv.journeys.award.award import _rules, award_event, find_event, resume_event, retry_event
from credserv.journeys.award.rehearsing import rehearse
from credserv.journeys.award.replay import _by_event
from credserv.journeys.award.resume import resume
from credserv.journeys.award.settle import settle
from credserv.journeys.award.take import take_message
from credserv.journeys.award.trying import try_message
from credserv.journeys.award.waiting import release
from credserv.records.audit import Action
from credserv.records.observations import Kind
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from tests.testkit.observed import add_member, closed, known, observe
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def source(here: Service, dialect: str = "generic", rules: Sequence[Any] = (RULE,)) -> SourceRecord:
    record = SourceRecord(f"events-{next(_numbers)}", dialect, ("whsec_a",), {"rules": list(rules)}, NOW)
    here.services.store.sources.create(record)
    return known(here, record.name)


def event(here: Service, name: str, **made: Any) -> bytes:
    return json.dumps(here.event(email=f"{name}.events@example.org", **made)).encode()


def test_an_event_is_answered_as_before_and_found_by_its_name(here: Service) -> None:
    one, now = source(here), NOW
    body = event(here, "e1")
    first = award_event(here.services, one, "e1", body, now=now)
    assert (first.state, first.created, first.note) == (EventState.ISSUED, True, "")
    assert first.credential_url == f"{here.services.public_url}/credentials/{first.credential_id}"
    (said,) = here.services.store.observations.recent(source=one.name, limit=9)
    assert said.is_signed
    again = award_event(here.services, one, "e1", body, now=now)
    assert again == replace(first, created=False)
    assert retry_event(here.services, one.name, "e1", now=now) == again
    kept = find_event(here.services, one.name, "e1")
    assert kept.authentication == {"method": "standard-webhooks", "is_signed": True}
    assert (kept.adapter, kept.adapter_version) == ("generic", 1)
    with pytest.raises(NotFoundError, match="no such event"):
        retry_event(here.services, one.name, "e2", now=now)
    for call in (resume_event, resume):
        with pytest.raises(NotFoundError, match="no source gone"):
            call(here.services, replace(kept, source="gone", state=EventState.RECEIVED), now=now)
    with pytest.raises(GoneError, match="let go"):
        resume(here.services, replace(kept, body=b""), now=now)
    not_passed = award_event(here.services, one, "e3", event(here, "e3", passed=False), now=now)
    assert (not_passed.state, not_passed.credential_url) == (EventState.IGNORED, None)
    other = award_event(here.services, one, "e4", event(here, "e4", type="course.begun"), now=now)
    assert "no rule is for events of the type 'course.begun'" in other.note
    held = award_event(here.services, one, "e5", event(here, "e5", course="nobody's"), now=now)
    assert held.state is EventState.QUARANTINED
    assert resume_event(here.services, find_event(here.services, one.name, "e5"), now=now) == held


def test_a_source_that_was_changed_meanwhile_has_its_own_rules(here: Service) -> None:
    one = source(here)
    for courses in (("a",), ("b", "c")):
        changed = replace(one, mapping={"rules": [{**RULE, "course": course} for course in courses]})
        assert len(_rules(here.services, changed).rules) == len(courses)


def test_a_message_that_was_let_go_is_judged_no_more(here: Service) -> None:
    one = source(here)
    made = award_event(here.services, one, "gone", event(here, "gone"), now=NOW)
    record = here.services.store.credentials.get(made.credential_id or "")
    assert record is not None
    kept = replace(find_event(here.services, one.name, "gone"), body=b"")
    events = SimpleNamespace(get=lambda *_: kept)
    services: Any = SimpleNamespace(store=SimpleNamespace(sources=here.services.store.sources, events=events))
    again = _by_event(services, record, "https://a.example/1")
    assert (again.event, again.note) == (kept, "its message had its time, and was let go")


def test_a_closed_organisation_answers_what_it_knows_and_takes_nothing_new(here: Service) -> None:
    one, shut = source(here), closed(here.services, closed_at=NOW)
    body = event(here, "closed")
    first = award_event(here.services, one, "known", body, now=NOW)
    assert award_event(shut, one, "known", body, now=NOW) == replace(first, created=False)
    sent, shown = Message(body), Authentication("upload", is_signed=False)
    taken = take_message(here.services, one, sent, shown, now=NOW)
    assert take_message(shut, one, sent, shown, now=NOW).event.event_id == taken.event.event_id
    left = replace(find_event(shut, one.name, "known"), state=EventState.QUARANTINED)
    for call in (
        lambda: award_event(shut, one, "new", body, now=NOW),
        lambda: take_message(shut, one, Message(b"{}"), shown, now=NOW),
        lambda: resume_event(shut, left, now=NOW),
    ):
        with pytest.raises(OrganisationClosedError):
            call()
    assert here.services.store.events.get(one.name, "new") is None


def test_what_is_released_for_its_date_says_so_only_while_it_waits(here: Service) -> None:
    campus, store = source(here, rules=()).name, here.services.store

    def dated(event_id: str, of: Any) -> ObservationRecord:
        ahead = NOW + timedelta(days=400)
        made = observe(here.services, event_id, Kind.COMPLETED, "nothing", of=of, at=ahead, source=campus)
        store.observations.settle(made.id, ObservationState.RECEIVED)
        found = store.observations.get(made.id)
        assert found is not None
        return settle(here.services, found, now=NOW)

    pat = add_member(here.services, f"q{next(_numbers)}.events@example.org", NOW)
    queued, nobodys = dated("released-1", pat), dated("released-2", None)
    assert {queued.state, nobodys.state} == {ObservationState.QUEUED}
    assert queued.note.startswith("it is dated ahead")
    judged = release(here.services, queued.id, actor="test", now=NOW)
    waits = release(here.services, nobodys.id, actor="test", now=NOW)
    assert (judged.state, judged.note) == (ObservationState.JUDGED, "")
    assert (waits.state, waits.note) == (ObservationState.WAITING, "released; the message names nobody")


def test_a_message_is_tried_and_nothing_is_kept(here: Service) -> None:
    one = source(here)
    found = try_message(here.services, one, event(here, "try"), content_type="application/json", now=NOW)
    (said,) = found.found
    assert (said.members, said.achievements, said.odd, found.fault, found.status) == (
        0, (ACHIEVEMENT,), "", "", 200
    )  # fmt: skip
    add_member(here.services, "try.events@example.org", NOW)
    assert try_message(here.services, one, event(here, "try"), now=NOW).found[0].members == 1
    assert try_message(here.services, one, b"[", now=NOW).fault
    assert here.services.store.events.recent(one.name, limit=9) == ()


def test_messages_are_rehearsed_as_signed_as_they_came(here: Service) -> None:
    origin, own = source(here, rules=()), source(here, rules=())
    for number, is_signed in enumerate((True, False)):
        shown = Authentication("bearer", is_signed=is_signed, message_id=f"m-{number}")
        at = NOW + timedelta(minutes=number)
        take_message(here.services, origin, Message(event(here, f"s{number}")), shown, now=at)
    sandbox = closed(here.services, sandbox=True)

    def again(**given: Any) -> tuple[int, int, int, int]:
        told = {"key": b"k", "since": None, "actor": "test", "now": NOW} | given
        done = rehearse(sandbox, own.name, here.services, origin.name, **told)
        return done.taken, done.unreadable, done.left_out, done.left

    assert again(left=0) == (0, 0, 0, 0)
    assert again(since=NOW + timedelta(minutes=2)) == (0, 0, 0, 0)
    assert again(until=NOW - timedelta(minutes=1)) == (0, 0, 0, 0)
    assert again(at_once=1) == (1, 0, 0, 1)
    assert again(since=NOW, until=NOW) == (1, 0, 0, 0)
    assert again(left=1) == (1, 0, 0, 0)
    kept = here.services.store.observations.recent(source=own.name, limit=9)
    assert {one.message: one.is_signed for one in kept} == {"m-0": True, "m-1": False}
    events = here.services.store.events.recent(own.name, limit=9)
    assert {(one.authentication or {})["method"] for one in events} == {"replay"}
    again(left=1, actor_there="there")
    lines = here.services.store.audit.of_subject(own.name)
    assert [one.actor for one in lines if one.action == Action.MESSAGES_REPLAYED][-2:] == ["test", "there"]
    with pytest.raises(AbsentError, match="has no source nothing"):
        rehearse(sandbox, "nothing", here.services, origin.name, key=b"k", since=None, actor="t", now=NOW)


@pytest.mark.parametrize("name", ["webhook-id", "Svix-Id"])
def test_attack_104_a_message_under_another_id_that_nobody_signed_says_nothing_more(
    here: Service, name: str
) -> None:
    """Its signature covers the body alone, and goes with any id. Who signs the id, too, says it twice."""
    for is_id_signed in (False, True):
        own, body, said = source(here, rules=()), event(here, f"again-{name}"), set[str]()
        for sent in ("evt_1", "evt_2"):
            verdict = Authentication("hmac", is_signed=True, message_id=sent, is_id_signed=is_id_signed)
            taken = take_message(here.services, own, Message(body, {name: sent}), verdict, now=NOW)
            said |= {one.id for one in taken.observations}
        assert len(here.services.store.events.recent(own.name, limit=9)) == 2
        assert len(said) == 1 + is_id_signed
        stray = replace(verdict, message_id="evt_3")
        taken = take_message(here.services, own, Message(body, {name: "evt_4"}), stray, now=NOW)
        assert taken.event.headers == {}

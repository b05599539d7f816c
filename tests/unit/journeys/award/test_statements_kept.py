"""Statements as a record store keeps them: found by what they say, voided, refused, and page by page."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award.readings import keep_reading
from credserv.journeys.award.statements import Delivery, find_statement, find_statements, take_statements
from credserv.journeys.award.take import resume_message
from credserv.records.observations import Kind, Observation
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.records.statements import StatementFilter
from credserv.sources.adapter import Message, Reading
from credserv.sources.signing import Authentication
from credserv.sources.xapi.reading import VERSION_HEADER
from credserv.sources.xapi.validation import VOIDED
from tests.testkit.observed import known
from tests.testkit.service import NOW, Service
from tests.testkit.xapi_statements import AGENT

_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)
QUIZ = "https://lms.example.org/quiz/1"


def record_store(here: Service, **options: Any) -> SourceRecord:
    made = SourceRecord(f"kept-{next(_numbers)}", "xapi", (), {"rules": []}, NOW, options=options)
    here.services.store.sources.create(made)
    return made


def uuid() -> str:
    return f"7ccd3322-e1a5-411a-a67d-{next(_numbers):012x}"


def statement(**members: Any) -> dict[str, Any]:
    made = {
        "id": uuid(),
        "actor": AGENT,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": QUIZ},
        "timestamp": "2026-03-14T09:00:00Z",
    }
    return {name: value for name, value in (made | members).items() if value is not None}


def send(here: Service, source: SourceRecord, *said: Any, after: timedelta = timedelta()) -> tuple[str, ...]:
    sent = Message(json.dumps(said).encode(), {VERSION_HEADER: "1.0.3"})
    shown = Authentication("basic", is_signed=False, key="k")
    return take_statements(here.services, source, Delivery(sent, shown), now=NOW + after)


def found(here: Service, source: SourceRecord, **wanted: Any) -> list[str]:
    page = find_statements(here.services, source, StatementFilter(**wanted), limit=0)
    return [str(one["id"]) for one in page.statements]


def test_statements_are_found_by_what_they_say(here: Service) -> None:
    source, registration = record_store(here), "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
    plain = statement(id=uuid().upper())
    other = statement(
        object={"objectType": "Agent", "mbox": "mailto:bo@example.org"},
        context={"registration": registration},
    )
    (one, two) = send(here, source, plain, other)
    assert (one, two) == (plain["id"].lower(), other["id"])
    assert found(here, source, activity=QUIZ) == [one]
    assert found(here, source, registration=registration) == [two]
    both = found(here, source, verb=plain["verb"]["id"], actor="mbox mailto:pat@example.org")
    assert sorted(both) == sorted((one, two))
    assert found(here, source, actor="mbox mailto:bo@example.org") == []
    assert send(here, source, plain, other) == (one, two), "sent again, it is the same"
    (bare,) = send(here, source, statement(id=None))
    assert find_statement(here.services, source, bare.upper(), voided=False)["id"] == bare
    stored = find_statement(here.services, source, one, voided=False)
    account = {"homePage": here.services.public_url, "name": source.name}
    assert stored["authority"] == {"objectType": "Agent", "account": account}
    assert (stored["stored"], stored["version"]) == ("2026-03-14T09:26:53.000Z", "1.0.0")
    assert (stored["timestamp"], stored["verb"]) == (plain["timestamp"], plain["verb"])
    for name, voided in ((one, True), (uuid(), False)):
        with pytest.raises(NotFoundError, match="no such statement"):
            find_statement(here.services, source, name, voided=voided)


def test_only_a_statement_that_voids_another_by_reference_takes_it_back(here: Service) -> None:
    source = record_store(here, lenient=True)
    said = [statement() for _ in range(3)]
    send(here, source, *said)
    by_reference = {"objectType": "StatementRef", "id": said[0]["id"].upper()}
    send(here, source, statement(verb={"id": VOIDED}, object=by_reference))
    send(here, source, statement(object={"objectType": "StatementRef", "id": said[1]["id"]}))
    send(here, source, statement(verb={"id": VOIDED}, object={"id": said[2]["id"]}))
    kept = [here.services.store.statements.get(source.name, one["id"]) for one in said]
    assert [one is not None and one.voided for one in kept] == [True, False, False]
    assert find_statement(here.services, source, said[0]["id"], voided=True)["id"] == said[0]["id"]


def test_what_is_no_text_is_found_by_none(here: Service) -> None:
    source = record_store(here, lenient=True)
    send(here, source, statement(verb={"id": 7}))
    assert len(found(here, source)) == 1
    assert found(here, source, verb="7") == []


def test_a_page_of_statements_says_where_the_next_one_begins(here: Service) -> None:
    source = record_store(here)
    for number in range(3):
        send(here, source, statement(), after=number * SECOND)

    def page(limit: int, **wanted: Any) -> tuple[int, bool]:
        made = find_statements(here.services, source, StatementFilter(**wanted), limit=limit)
        return len(made.statements), made.after is not None

    assert [page(limit) for limit in (0, 3, 101)] == [(3, False)] * 3
    assert [page(limit) for limit in (1, 2)] == [(1, True), (2, True)]
    first = find_statements(here.services, source, StatementFilter(), limit=2)
    assert page(2, after=first.after) == (1, False)


def test_what_is_refused_is_kept_with_its_faults_and_what_was_let_go_is_there_no_more(here: Service) -> None:
    source = record_store(here)
    same = statement()
    with pytest.raises(InputError, match="no valid xAPI") as error:
        send(here, source, same, statement(), same | {"id": same["id"].upper()}, statement(verb={}))
    places = [fault.place for fault in error.value.faults]
    assert "/2/id" in places
    assert any(place.startswith("/3/verb") for place in places)
    with pytest.raises(InputError) as many:
        send(here, source, *[{"actor": AGENT, "verb": {}, "object": {}}] * 60)
    assert len(many.value.faults) == 50
    held = here.services.store.events.recent(source.name, limit=9)
    assert {one.state for one in held} == {EventState.UNREADABLE}
    assert max(one.note.count("; ") for one in held) == 12
    assert found(here, source) == []
    (known,) = send(here, source, same)
    with pytest.raises(ConflictError):
        send(here, source, statement(id=known, object={"id": "https://other.example"}))
    states = [one.state for one in here.services.store.events.recent(source.name, limit=9)]
    assert states.count(EventState.CONFLICT) == 1
    lenient = record_store(here, lenient=True)
    assert len(send(here, lenient, statement(), "no statement", statement(verb={}))) == 2


@pytest.mark.parametrize("former", [None, "before"])
def test_a_source_is_noted_to_correct_only_once_it_takes_something_back(
    here: Service, former: str | None
) -> None:
    name = f"corrects-{former}"
    here.services.store.sources.create(SourceRecord(name, "canvas", (), {"rules": []}, NOW))
    message = EventRecord(name, "m", "0", b"{}", NOW, EventState.RECEIVED)
    here.services.store.events.record(message)
    said = Observation("e", "t", Kind.COMPLETED, (), (), NOW, supersedes=former)
    keep_reading(here.services, known(here, name), message, Reading((said,)), is_signed=True)
    assert known(here, name).corrects is (former is not None)


def test_a_statement_whose_message_was_let_go_leaves_the_list_and_takes_no_other_with_it(
    sqlite_service: Service,
) -> None:
    here = sqlite_service
    source = record_store(here)
    (old,) = send(here, source, statement())
    here.services.store.retention.let_go("messages", NOW + SECOND)
    (new,) = send(here, source, statement())
    assert found(here, source) == [new]
    assert find_statement(here.services, source, new, voided=False)["id"] == new
    with pytest.raises(NotFoundError, match="no such statement"):
        find_statement(here.services, source, old, voided=False)
    page = find_statements(here.services, source, StatementFilter(ascending=True), limit=1)
    assert (page.statements, page.after is not None) == ((), True)


def test_only_what_is_about_an_activity_is_found_by_one(here: Service) -> None:
    source, other = record_store(here), uuid()
    send(here, source, statement(object={"objectType": "StatementRef", "id": other}))
    (about,) = send(here, source, statement(object={"objectType": "Activity", "id": f"urn:uuid:{other}"}))
    assert found(here, source, activity=other) == []
    assert found(here, source, activity=f"urn:uuid:{other}") == [about]


@pytest.mark.parametrize(("shown", "is_signed"), [({"is_signed": True}, True), ({}, False), (None, False)])
def test_what_was_sent_by_somebody_who_signed_is_signed(
    here: Service, shown: dict[str, bool] | None, is_signed: bool
) -> None:
    source = record_store(here)
    body = json.dumps([statement()]).encode()
    headers = {VERSION_HEADER: "1.0.3"}
    event = EventRecord(
        source.name, "m", "0", body, NOW, EventState.RECEIVED, headers=headers, authentication=shown
    )
    here.services.store.events.record(event)
    (seen,) = resume_message(here.services, event, now=NOW).observations
    assert seen.is_signed is is_signed

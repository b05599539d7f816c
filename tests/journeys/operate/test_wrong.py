"""The page that lists what went wrong, with the buttons that mend it."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.journeys.connect.endpoints import add_endpoint
from credserv.journeys.operate.wrong import all_wrong, count_wrong
from credserv.journeys.publish.publish import publish_due
from credserv.records.audit import Action
from credserv.records.paging import Place
from credserv.records.roles import Role
from credserv.records.sources import EventState
from credserv.records.wrong import WrongKind
from credserv.status.published import STATUS_LIST_VALIDITY
from tests.testkit.browsing import Letters, Person
from tests.testkit.observed import add_source
from tests.testkit.service import NOW, SOURCE, Service
from tests.testkit.wrong import (
    ask_in_vain,
    fail_order,
    fail_row,
    give_up,
    refuse_letter,
    refuse_request,
    set_aside,
)

PAT, KIM = "pat@example.org", "kim@example.org"


@pytest.fixture
def faulty(service: Service) -> Service:
    """One of each kind, all of one instant, and a second of some a minute later."""
    add_source(service.services, NOW, "lms")
    endpoint = add_endpoint(service.services, "https://hr.example/hook", [], actor="test", now=NOW).id
    service.issue(email="ann@example.org")
    publish_due(service.services, now=service.clock.now)
    service.clock.advance(seconds=STATUS_LIST_VALIDITY.total_seconds())
    for number in range(2):
        refuse_letter(service, f"letter{number}@example.org")
        fail_order(service, f"order{number}@example.org")
        set_aside(service, f"evt.{number}")
        give_up(service, endpoint)
        fail_row(service, f"awards{number}.csv")
        ask_in_vain(service, "lms")
        refuse_request(service, "lms")
        if not number:
            service.clock.advance(minutes=1)
    set_aside(service, "evt.read", EventState.READ)
    return service


def test_all_that_went_wrong_is_one_list_in_pages_without_gap_or_double(faulty: Service) -> None:
    services, now = faulty.services, faulty.clock.now
    found = list(all_wrong(services, now=now))
    assert {one.kind for one in found} == set(WrongKind)
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert len(found) == count_wrong(services, now) == 2 * 5 + 3
    for start, last in enumerate(found):
        place = Place.parse(str(last.place))
        assert list(all_wrong(services, after=place, now=now)) == found[start + 1 :]
    (late,) = [one for one in found if one.kind is WrongKind.SOURCE]
    assert (late.whose, late.why) == ("lms", "Canvas did not answer.")
    letters = list(all_wrong(services, kinds=[WrongKind.LETTER], now=now))
    assert [one.whose for one in letters] == ["letter1@example.org", "letter0@example.org"]


def test_each_thing_is_mended_by_its_button_and_leaves_the_list(sqlite_service: Service) -> None:
    here = Letters(sqlite_service).service
    services, owner = here.services, Person(here).sign_in_to_console()
    assert "Nothing. Every letter, message and order went as it should." in owner.get("/console/wrong")
    assert "wait for you" not in owner.get("/console")
    add_source(services, NOW, "lms")
    endpoint = add_endpoint(services, "https://hr.example/hook", [], actor="test", now=NOW).id
    letter, order = refuse_letter(here, PAT), fail_order(here, KIM)
    notice, run = give_up(here, endpoint), fail_row(here, "awards.csv")
    set_aside(here, "evt/1")
    ask_in_vain(here, "lms")
    assert "6 things went wrong</a> and wait for you" in owner.get("/console")
    page = owner.get("/console/wrong")
    for told in ("The mail server knows no such mailbox.", "The signing key could not be used.", "evt/1"):
        assert told in page
    assert f'href="/console/bulk/{run}?state=failed"' in page
    only = owner.get("/console/wrong?state=letter")
    assert (PAT in only, KIM in only) == (True, False)

    def press(kind: str, key: str) -> str:
        return owner.follow(owner.submit(f"/console/wrong/{kind}", on="/console/wrong", key=key))

    page = press("letter", letter)
    assert ("The letter goes out again in a moment." in page, PAT in page) == (True, False)
    assert services.store.letters.has_due(here.clock.now)
    (line,) = [one for one in services.store.audit.of_subject(letter) if one.action == Action.LETTERS_QUEUED]
    assert line.detail == {"count": 1}
    assert "No letter about this badge was refused" in press("letter", letter)
    page = press("order", order)
    assert ("The badge is issued." in page, KIM in page) == (True, False)
    before = services.store.credentials.count_by_state()
    assert "The badge is issued." in press("order", order), "pressed again, it is the same badge"
    assert services.store.credentials.count_by_state() == before
    assert "This order did not fail." in press("order", letter)
    page = press("notice", notice)
    assert ("It goes out again." in page, "https://hr.example/hook" in page) == (True, False)
    assert services.store.webhook_outbox.endpoints_due(here.clock.now) == [endpoint]
    assert "asked within a minute" in press("source", "lms")
    assert "evt/1" in press("message", "lms/evt/1"), "the message could not be understood this time, either"
    assert "There is no such event." in press("message", "lms/nothing")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"data": b"{}", "headers": {}}, "webhook-id"),
        ({"data": b"x" * 2_000_000, "headers": {}}, "exceeds"),
        ({"data": b"{}", "headers": {"Content-Encoding": "gzip"}}, "Compressed"),
    ],
)
def test_found_u1_a_request_that_is_refused_is_seen_until_a_message_is_taken(
    sqlite_service: Service, sent: dict[str, Any], said: str
) -> None:
    here, client = sqlite_service, sqlite_service.client()
    owner = Person(here).sign_in_to_console()
    client.post("/hooks/nobody", **sent).close()
    client.post(f"/hooks/{SOURCE}", **sent).close()
    page = owner.get("/console/wrong")
    assert ("A request was refused" in page, said in page) == (True, True)
    assert f'href="/console/sources/{SOURCE}#reach"' in page
    assert "1 thing went wrong</a>" in owner.get("/console")
    here.clock.advance(minutes=1)
    assert here.send_event().status_code == 201
    assert "A request was refused" not in owner.get("/console/wrong")


def test_found_u1_what_strangers_send_writes_once_a_minute(sqlite_service: Service) -> None:
    here = sqlite_service
    for _ in range(3):
        refuse_request(here, SOURCE)
        here.clock.advance(seconds=25)
    (told,) = here.services.store.sources.refused()
    assert told.at == NOW
    refuse_request(here, SOURCE)
    (told,) = here.services.store.sources.refused()
    assert told.at == here.clock.now


def test_a_status_list_is_signed_by_the_button_and_who_only_looks_has_none(sqlite_service: Service) -> None:
    sqlite_service.issue()
    publish_due(sqlite_service.services, now=sqlite_service.clock.now)
    sqlite_service.clock.advance(seconds=STATUS_LIST_VALIDITY.total_seconds())
    auditor = Person(sqlite_service).sign_in_as(Role.AUDITOR).get("/console/wrong")
    assert ("A status list could not be signed" in auditor, "Sign now" in auditor) == (True, False)
    owner = Person(sqlite_service).sign_in_to_console()
    assert "Sign now" in owner.get("/console/wrong")
    page = owner.follow(owner.submit("/console/wrong/status-list", on="/console/wrong", key=""))
    assert ("1 status list was signed." in page, "Sign now" in page) == (True, False)
    assert "went wrong</a> and wait" not in owner.get("/console")

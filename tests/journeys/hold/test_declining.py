"""Who wants to be awarded nothing is awarded nothing, by whichever door it comes; what they did is kept."""

from __future__ import annotations

import html

import pytest
from werkzeug.test import TestResponse

from credserv.journeys.award.award import retry_event
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.hold import consents
from credserv.records.bulk import RowState, RunState
from credserv.records.consents import NOTICES, Purpose
from credserv.records.credentials import CredentialState
from credserv.records.people import MembershipRecord
from credserv.records.sources import EventState
from credserv.store.award.lots import DECLINED
from tests.testkit.browsing import Person
from tests.testkit.service import SOURCE, Service, make_service

PAT, LEE, KIM, OTHER = (f"{name}@example.org" for name in ("pat", "lee", "kim", "other"))
PAGE = "/wallet/data/consents"
WISH = f"{PAGE}/no-awards"
MARK = {"achievement": "ict-troubleshooting", "awarded_at": "2026-03-01T00:00:00Z"}
ORDERS = "/api/v1/credentials"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("declining")
    return make_service(f"sqlite:///{folder / 'declining.db'}", folder)


def declining(service: Service, email: str) -> Person:
    """Somebody who has a badge, and wants no more."""
    service.issue(email=email, name="Pat Doe")
    person = Person(service).open_wallet(email)
    assert html.escape(NOTICES[Purpose.NO_AWARDS], quote=False) in person.get(PAGE)
    told = person.follow(person.submit(WISH, on=PAGE, wish="none"))
    assert "You are awarded no badges from now on." in told
    return person


def issued(service: Service) -> int:
    return sum(service.services.store.credentials.count_by_state().values())


def member(service: Service, email: str) -> MembershipRecord:
    found = service.services.store.members.find_by_email(email)
    assert found is not None
    return found


def member_page(service: Service, email: str) -> str:
    return f"/console/people/{member(service, email).id}"


def ordered(service: Service, email: str) -> TestResponse:
    headers = {**service.api_headers(), "Idempotency-Key": f"order-{email}"}
    return service.client().post(ORDERS, json={**MARK, "recipient": {"email": email}}, headers=headers)


def test_by_every_door_nothing_is_issued_to_who_declines(service: Service) -> None:
    declining(service, PAT)
    before = issued(service)

    by_hook = service.send_event(email=PAT, event_id="evt-declined")
    assert by_hook.status_code in (200, 202), by_hook.text
    assert by_hook.json["state"] == EventState.IGNORED
    assert by_hook.json["note"] == DECLINED
    kept = service.services.store.events.get(SOURCE, "evt-declined")
    assert kept is not None
    assert (kept.state, kept.note, kept.credential_id) == (EventState.IGNORED, DECLINED, None)
    seen = service.services.store.observations.of_member(member(service, PAT).id)
    assert "evt-declined" in [one.message for one in seen], "what was done is kept"
    assert service.send_event(email=PAT, event_id="evt-declined").json["state"] == EventState.IGNORED

    by_api = ordered(service, PAT)
    assert by_api.status_code == 409, by_api.text
    assert (by_api.json["code"], by_api.json["detail"]) == ("recipient-declined", DECLINED)
    items = [
        {**MARK, "idempotency_key": f"row-{email}", "recipient": {"email": email}} for email in (PAT, OTHER)
    ]
    headers = service.api_headers()
    by_batch = service.client().post(f"{ORDERS}/batch", json={"items": items}, headers=headers)
    first, second = by_batch.json["items"]
    assert first["error"]["code"] == "recipient-declined", by_batch.text
    assert second["id"], by_batch.text

    text = f"achievement,email,awarded_at\nict-troubleshooting,{PAT},2026-03-02\n"
    found = prepare.prepare_run(
        service.services, "a.csv", text.encode(), actor="console", now=service.clock.now
    )
    bulk.begin(service.services, found.id, actor="console", now=service.clock.now)
    while prepare.find_run(service.services, found.id).state is RunState.RUNNING:
        bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
    counts = prepare.find_run(service.services, found.id).counts
    assert {state for state, count in counts.items() if count} == {RowState.DECLINED}

    assert issued(service) == before + 1, "the other's alone"


def test_a_colleague_reads_that_they_decline_and_why_nothing_was_issued(service: Service) -> None:
    declining(service, LEE)
    owner = Person(service).sign_in_to_console()
    assert "Declines badges" in owner.get(member_page(service, LEE))
    answer = owner.submit(
        "/console/credentials/issue",
        on="/console/credentials/issue",
        achievement="ict-troubleshooting",
        email=LEE,
        name="",
        awarded_on="2026-03-01",
    )
    assert answer.status_code == 400
    assert DECLINED[1:] in html.unescape(answer.text)


def test_the_wish_is_in_the_ledger_and_is_withdrawn_there(service: Service) -> None:
    kim, person_id = declining(service, KIM), member(service, KIM).person_id
    assert service.send_event(email=KIM, event_id="evt-kim").json["state"] == EventState.IGNORED
    assert ordered(service, KIM).status_code == 409
    (wish,) = [
        one for one in consents.consents_of(service.services, person_id) if one.purpose is Purpose.NO_AWARDS
    ]
    assert wish.withdrawn_at is None
    kim.submit(f"{PAGE}/withdraw", on=PAGE, consent=wish.id)
    assert consents.find_consent(service.services, person_id, wish.id).withdrawn_at
    assert "Declines badges" not in Person(service).sign_in_to_console().get(member_page(service, KIM))

    again = retry_event(service.services, SOURCE, "evt-kim", now=service.clock.now)
    assert again.state in (EventState.ISSUED, EventState.IGNORED)
    assert again.note != DECLINED
    made = ordered(service, KIM)
    assert made.status_code == 201, "the key was not used up"
    record = service.services.store.credentials.get(made.json["id"])
    assert record is not None
    assert record.state is CredentialState.ACTIVE

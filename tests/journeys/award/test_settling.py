"""Settling under misfortune: another way to authenticate, a crash midway, two at once."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from credserv.issuing.recipe import Recipe, Wanted
from credserv.journeys.award.award import award_event
from credserv.journeys.award.resume import settle_left
from credserv.journeys.award.settle import settle
from credserv.journeys.award.take import take_message
from credserv.journeys.award.waiting import release
from credserv.records.credentials import CredentialState, IssuanceStep
from credserv.records.observed import ObservationState
from credserv.records.sources import SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.webhook import create_secret
from credserv.store.frame.database import open_engine
from tests.journeys.award.test_observations import Canvas, completed, held, known, said, states
from tests.testkit.service import COURSE, SOURCE, Service

WHO = "pat@example.org"
ACHIEVEMENT = "active-listening"
MAPPING = {"rules": [{"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}]}


@pytest.mark.parametrize("method", ["bearer", "secret-path"])
def test_the_mapping_of_our_dialect_awards_however_its_source_shows_who_it_is(
    sqlite_service: Service, method: str
) -> None:
    service, secret = sqlite_service, create_secret()
    options = {"authentication": {"method": method}}
    record = SourceRecord("relay", "generic", (secret,), MAPPING, service.clock.now, options=options)
    service.services.store.sources.create(record)
    path = f"/hooks/relay/{secret}" if method == "secret-path" else "/hooks/relay"
    headers = {"Authorization": f"Bearer {secret}"} if method == "bearer" else {}
    answer = service.client().post(path, data=json.dumps(service.event(email=WHO)), headers=headers)
    assert answer.status_code == 200
    assert [one.state for one in held(service)] == [CredentialState.ACTIVE]


def test_a_file_of_our_dialect_awards_by_the_mapping_and_an_event_is_ordered_once(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    service.services.store.sources.set_mapping(SOURCE, MAPPING)
    source = service.services.store.sources.get(SOURCE)
    assert source is not None
    service.send_event(email=WHO)
    exported = service.event(email="ann@example.org"), service.event(email=WHO)
    for event in exported:
        upload = Authentication("upload", is_signed=False)
        take_message(
            service.services, source, Message(json.dumps(event).encode()), upload, now=service.clock.now
        )
    assert sorted(one.order.recipient.email or "" for one in held(service)) == ["ann@example.org", WHO]


def test_what_is_taken_back_while_it_is_being_made_is_not_in_force_when_it_is_made(
    sqlite_service: Service,
) -> None:
    """Its maker died after the reservation; the correction came before anybody made it in their place."""
    service, store = sqlite_service, sqlite_service.services.store
    store.sources.set_mapping(SOURCE, MAPPING)

    def die(step: IssuanceStep) -> None:
        if step is IssuanceStep.RESERVED:
            raise RuntimeError("killed")

    dying = Recipe(replace(service.services.issuing, on_step=die))
    source = store.sources.get(SOURCE)
    assert source is not None
    body = json.dumps(service.event(email=WHO)).encode()
    with pytest.raises(RuntimeError, match="killed"):
        award_event(replace(service.services, recipe=dying), source, "evt_1", body, now=service.clock.now)
    (pending,) = held(service)
    assert pending.state is CredentialState.PENDING
    correction = {**service.event(email=WHO, passed=False), "timestamp": "2026-03-14T09:20:00Z"}
    service.send_event(correction, event_id="evt_2")
    later = service.clock.advance(seconds=9)
    left = store.observations.unfinished(later, 9)
    done = settle_left(service.services, left, now=later)
    assert len(left) - done == len(store.observations.unfinished(later, 9)) > 0

    service.services.recipe.issue([Wanted(pending.order, later)])
    left = store.observations.unfinished(later, 9)
    assert settle_left(service.services, left, now=later) == len(left) > 0
    assert [one.state for one in held(service)] == [CredentialState.SUSPENDED]
    assert store.observations.unfinished(later, 9) == ()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_becomes_known_just_when_an_observation_begins_to_wait_keeps_it_from_waiting(
    service: Service,
) -> None:
    """It looked for its person a moment too early, and is woken a moment too soon."""
    Canvas(service).connect().send(completed())
    store = service.services.store
    (record,) = said(service)
    store.observations.settle(record.id, ObservationState.RECEIVED)
    engine = open_engine(service.settings.database_url)
    with ThreadPoolExecutor(1) as pool:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM observations FOR UPDATE"))
            settling = pool.submit(
                settle,
                service.services,
                replace(record, state=ObservationState.RECEIVED),
                now=service.clock.now,
            )
            ends = time.monotonic() + 60
            while not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert time.monotonic() < ends
            known(service)
            connection.rollback()
        assert settling.result(60).state is ObservationState.JUDGED
    engine.dispose()
    assert [one.order.recipient.email for one in held(service)] == [WHO]


def test_what_was_released_for_its_date_is_not_queued_again_when_its_person_is_known(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    Canvas(service).connect().send(completed(at="2031-01-01T00:00:00Z"))
    (queued,) = said(service)
    waiting = release(service.services, queued.id, actor="test", now=service.clock.now)
    assert waiting.state is ObservationState.WAITING
    assert "nobody here is known" in waiting.note
    known(service)
    assert (states(service), len(held(service))) == (["judged"], 1)

"""What has had its time goes, and nothing else; what is left of it still says what it has to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from credserv.ground.errors import GoneError
from credserv.journeys.award.replay import replay
from credserv.journeys.award.resume import resume
from credserv.journeys.operate.processing import make_record
from credserv.journeys.operate.retention import count_due, let_go_due
from credserv.journeys.services import Services
from credserv.processes.commands.retention import _lines
from credserv.records.retention import Retention
from credserv.records.sources import EventState
from credserv.store import tables
from credserv.store.operate.retention import KINDS
from tests.testkit.service import SOURCE, Service

DAYS = Retention(messages=30, letters=60, results=10, openings=20, deliveries=5)
NAME = "Zaphod Beeblebrox"


def fill(service: Service) -> str:
    """One of each kind, of now; returns the id of the badge."""
    now, store = service.clock.now, service.services.store
    body = json.dumps(service.event(name=NAME)).encode()
    sent = service.client().post(f"/hooks/{SOURCE}", data=body, headers=service.sign(body, "evt_1"))
    credential_id = str(sent.json["credential"]).rpartition("/")[2]
    record = store.credentials.get(credential_id)
    assert record is not None
    own = {"organisation_id": store.organisation_id}
    share = {"token_sha256": "a" * 64, "person_id": record.person_id, "created_at": now, "label": ""}
    share |= {"openings": 0, "wrong_passcodes": 0, "shows_name": False, **own}
    endpoint = {"id": "ep", "url": "https://x.example", "happenings": [], "sealed": [], "created_at": now}
    letter = {"credential_id": credential_id, "queued_at": now, "due_at": None, "tries": 9, "note": "550"}
    delivery = {"id": "d", "endpoint_id": "ep", "happening": "credential.issued", "happened_at": now}
    delivery |= {"credential_id": credential_id, "reason": "", "tries": 1, "note": ""}
    rows = (
        (tables.letters, {**letter, **own}),
        (tables.shares, share),
        (tables.share_openings, {"token_sha256": "a" * 64, "at": now, "visitor": "person"}),
        (tables.webhook_endpoints, {**endpoint, "why": "", **own}),
        (tables.webhook_deliveries, {**delivery, "delivered_at": now}),
        (tables.webhook_deliveries, {**delivery, "id": "waits", "due_at": now, "delivered_at": None}),
    )
    with store._database.writing() as connection:
        for table, row in rows:
            connection.execute(insert(table).values(row))
    store.shared_results.create({"verdict": "verified"}, now=now, ends_at=now + timedelta(days=30))
    return credential_id


def keeping(service: Service, days: Retention) -> Services:
    return replace(service.services, retention=days)


def test_each_goes_when_its_days_are_over_and_not_before(service: Service) -> None:
    fill(service)
    own, began = keeping(service, DAYS), service.clock.now
    for kind, days in sorted(asdict(DAYS).items(), key=lambda item: item[1]):
        ends = began + timedelta(days=days)
        assert count_due(own, ends)[kind] == 0
        assert count_due(own, ends + timedelta(seconds=1))[kind] == 1
        assert let_go_due(own, ends + timedelta(seconds=1))[kind] == 1
    end = began + timedelta(days=10_000)
    assert let_go_due(own, end) == count_due(own, end) == dict.fromkeys(KINDS, 0)
    nothing = keeping(service, Retention(results=0, deliveries=0))
    assert count_due(nothing, end) == {}


def test_what_came_stays_known_when_its_bytes_are_gone(sqlite_service: Service) -> None:
    service = sqlite_service
    credential_id = fill(service)
    store, body = service.services.store, json.dumps(service.event(name=NAME)).encode()
    late = service.clock.now + timedelta(days=31)
    before = store.events.get(SOURCE, "evt_1")
    assert before is not None
    assert not before.is_let_go
    assert let_go_due(keeping(service, DAYS), late)["messages"] == 1
    event = store.events.get(SOURCE, "evt_1")
    assert event is not None
    assert event.is_let_go
    assert (event.state, event.body_sha256) == (before.state, hashlib.sha256(body).hexdigest())
    # Once more the same: the same badge, and not a second one.
    again = service.client().post(f"/hooks/{SOURCE}", data=body, headers=service.sign(body, "evt_1"))
    assert str(again.json["credential"]).endswith(credential_id)
    assert sum(store.credentials.count_by_state().values()) == 1
    # And what led to it is still told, without a claim that it was changed.
    found = replay(service.services, credential_id)
    assert [one.is_whole for one in found.observations] == [None] * len(found.observations)
    assert found.agrees
    with pytest.raises(GoneError, match="was let go"):
        resume(service.services, replace(event, state=EventState.QUARANTINED), now=late)


def test_what_is_not_worked_on_yet_is_kept_however_old(sqlite_service: Service) -> None:
    service = sqlite_service
    fill(service)
    with service.services.store._database.writing() as connection:
        connection.execute(tables.events.update().values(state=EventState.RECEIVED.value))
    late = service.clock.now + timedelta(days=5_000)
    assert let_go_due(keeping(service, DAYS), late)["messages"] == 0


def test_the_record_of_processing_has_every_table_once(sqlite_service: Service) -> None:
    made = make_record(keeping(sqlite_service, Retention(messages=30)))
    kept = [name for one in made.kept for name in one.tables]
    assert sorted([*kept, *made.nothing]) == sorted(tables.metadata.tables)
    assert all(one.what and one.why and one.how_long for one in made.kept)
    told = "\n".join(_lines(made))
    assert "| messages of learning systems, byte for byte |" in told
    assert "| 30 days |" in told
    assert "- `status_lists`: bits that name nobody" in told

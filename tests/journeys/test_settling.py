"""Settling under misfortune: another way to authenticate, a crash midway, two at once."""

from __future__ import annotations

import json

import pytest

from credserv.journeys.award.take import take_message
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.sources import SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.webhook import create_secret
from tests.testkit.service import COURSE, SOURCE, Service

WHO = "pat@example.org"
ACHIEVEMENT = "active-listening"
MAPPING = {"rules": [{"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}]}


def held(service: Service) -> list[CredentialRecord]:
    return list(service.services.store.credentials.search("", limit=100).items)


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

"""Reminders: once, in time, and only of what its holder still has and nobody renewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credserv.journeys.connect import endpoints
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.deliver.reminders import remind_due
from credserv.outbound.mail import Mailer
from credserv.records.credentials import CredentialState
from credserv.records.webhooks import Happening
from tests.testkit.mailserver import MailServer, mail_server
from tests.testkit.service import Service, make_service

LIMITED = "mentor-practitioner"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def service(database_url: str, tmp_path: Path, server: MailServer) -> Iterator[Service]:
    mail = {"smtp_url": server.url, "mail_from": "badges@academy.example"}
    made = make_service(database_url, tmp_path, **mail)
    yield made
    made.services.close()


def order(service: Service, email: str, awarded_at: datetime, key: str = "") -> str:
    body = {
        "achievement": LIMITED,
        "recipient": {"email": email},
        "awarded_at": awarded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    headers = {**service.api_headers(), "Idempotency-Key": key or f"{email}-{awarded_at:%Y%m%d}"}
    answer = service.client().post("/api/v1/credentials", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json["credential_url"]).rpartition("/")[2]


def post_letters(service: Service, server: MailServer) -> list[str]:
    before = len(server.deliveries)
    mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Example Academy")
    send_due(service.services, mailer, clock=service.clock)
    return [str(sent.message["Subject"]) for sent in server.deliveries[before:]]


def ends(service: Service, awarded_at: datetime) -> datetime:
    version = service.services.store.achievements.newest(LIMITED)
    assert version is not None
    end = version.ends(awarded_at)
    assert end is not None
    return end


def test_a_holder_hears_once_that_the_end_is_near(service: Service, server: MailServer) -> None:
    awarded_at = service.clock.now
    order(service, "pat@example.org", awarded_at)
    post_letters(service, server)
    end = ends(service, awarded_at)

    service.clock.now = end - timedelta(days=31)
    assert remind_due(service.services, service.clock.now) == 0
    service.clock.now = end - timedelta(days=29)
    assert remind_due(service.services, service.clock.now) == 1
    assert remind_due(service.services, service.clock.now) == 0
    (subject,) = post_letters(service, server)
    assert f"ends on {end.day} {end:%B %Y}" in " ".join(subject.split())
    assert post_letters(service, server) == []


def test_nobody_hears_of_what_is_over_revoked_or_renewed(service: Service, server: MailServer) -> None:
    awarded_at = datetime(2026, 1, 31, tzinfo=UTC)
    end = ends(service, awarded_at)
    revoked = order(service, "revoked@example.org", awarded_at)
    service.services.store.credentials.set_state(
        revoked, CredentialState.REVOKED, reason="no", now=service.clock.now, actor="console"
    )
    order(service, "over@example.org", awarded_at - timedelta(days=40))
    order(service, "renewed@example.org", awarded_at)
    order(service, "due@example.org", awarded_at)
    service.clock.now = end + timedelta(days=1)  # when it may be awarded anew
    order(service, "renewed@example.org", service.clock.now, "awarded-again")
    post_letters(service, server)

    service.clock.now = end - timedelta(days=1)
    assert remind_due(service.services, service.clock.now) == 1
    post_letters(service, server)
    assert server.deliveries[-1].recipients == ("due@example.org",)


def test_systems_hear_of_it_without_a_mail_server(sqlite_service: Service) -> None:

    service = sqlite_service
    endpoint = endpoints.add_endpoint(
        service.services, "https://hr.example/", ["credential.due"], actor="console", now=service.clock.now
    )
    order(service, "pat@example.org", service.clock.now)
    service.clock.now = ends(service, service.clock.now) - timedelta(days=3)
    assert remind_due(service.services, service.clock.now) == 1
    (delivery,) = endpoints.recent_deliveries(service.services, endpoint.id, limit=9)
    assert delivery.happening is Happening.DUE


def test_no_reminders_where_none_are_wanted(sqlite_service: Service) -> None:
    service = sqlite_service
    order(service, "pat@example.org", service.clock.now)
    silent = replace(service.services, watch=replace(service.services.watch, reminder_lead=None))
    assert remind_due(silent, ends(service, service.clock.now) - timedelta(days=3)) == 0

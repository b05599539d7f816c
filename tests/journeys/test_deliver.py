"""The letter: who gets it, what it says, and that it is never lost and never leaks."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from credserv.ground.errors import InputError, NotFoundError, UnavailableError
from credserv.jobs.execution import JobWorker
from credserv.journeys.admit.access import hash_token, request_wallet_link
from credserv.journeys.deliver.letters import deliver, deliver_wallet_link
from credserv.outbound.mail import Mailer
from credserv.processes.worker import job_functions
from credserv.records.access import LinkPurpose
from credserv.records.credentials import CredentialState, IssuanceStep
from tests.testkit.jobworker import FAST
from tests.testkit.mailserver import MailServer, mail_server
from tests.testkit.service import Service, make_service

TOKEN = re.compile(r"/wallet/open/([A-Za-z0-9_-]{43})")


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    made = make_service(database_url, tmp_path, issuer_email="help@academy.example")
    yield made
    made.services.close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def mailer(server: MailServer) -> Mailer:
    return Mailer(server.url, sender="badges@academy.example", sender_name="Example Academy")


def send(service: Service, server: MailServer, credential_id: str) -> None:
    deliver(service.services, mailer(server), credential_id, now=service.clock.now)


def step_of(service: Service, credential_id: str) -> IssuanceStep:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    return record.step


def test_the_letter_says_who_awards_what_and_opens_the_wallet(service: Service, server: MailServer) -> None:
    credential_id = service.issue(email="pat@example.org", name="Pat Doe")
    send(service, server, credential_id)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("pat@example.org",)
    assert delivery.message["Subject"].startswith("Example Academy has awarded you “")
    for body in (delivery.part("plain"), delivery.part("html")):
        text = " ".join(body.split())
        assert "Hello Pat Doe," in text
        assert "Example Academy has awarded you the badge “" in text
        assert "This link is personal" in text
        assert "It works once, within seven days (until 21 March 2026)" in text
        assert "help@academy.example" in text
        (token,) = set(TOKEN.findall(body))
        subject = service.services.store.access.peek_link(
            hash_token(token), LinkPurpose.WALLET, service.clock.now + timedelta(days=6, hours=23)
        )
        record = service.services.store.credentials.get(credential_id)
        assert record is not None
        assert subject == record.person_id
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED


def test_the_plain_letter_keeps_the_link_whole_on_a_line_of_its_own(
    service: Service, server: MailServer
) -> None:
    send(service, server, service.issue())
    lines = server.deliveries[0].part("plain").splitlines()
    assert any(re.fullmatch(r"http://localhost:8080/wallet/open/[A-Za-z0-9_-]{43}", line) for line in lines)
    assert all(len(line) <= 72 or "http" in line for line in lines)


def test_the_html_letter_has_one_button_and_fetches_nothing(service: Service, server: MailServer) -> None:
    send(service, server, service.issue())
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(server.deliveries[0].part("html"))
    assert [tag for tag, _ in seen].count("a") == 1
    assert {"img", "link", "script", "style", "iframe"}.isdisjoint(tag for tag, _ in seen)
    assert not any("src" in attributes or "background" in attributes for _, attributes in seen)
    assert "url(" not in server.deliveries[0].part("html")


def test_delivering_again_sends_nothing(service: Service, server: MailServer) -> None:
    credential_id = service.issue()
    send(service, server, credential_id)
    send(service, server, credential_id)
    assert len(server.deliveries) == 1


def test_a_crash_after_the_server_took_the_letter_sends_it_twice_never_not_at_all(
    service: Service, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential_id = service.issue()
    credentials = service.services.store.credentials

    class Crash(Exception):
        pass

    def crash(*_arguments: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(credentials, "mark_delivered", crash)
        with pytest.raises(Crash):
            send(service, server, credential_id)
    send(service, server, credential_id)
    first, second = server.deliveries
    assert first.message["Message-ID"] == second.message["Message-ID"]
    links = [TOKEN.search(delivery.part("plain")) for delivery in (first, second)]
    assert all(links)


def test_attack_133_while_the_mail_server_is_away_the_credential_is_there_and_the_letter_waits(
    service: Service, server: MailServer
) -> None:
    credential_id = service.issue()
    server.answer_recipient = "451 later"
    with pytest.raises(UnavailableError):
        send(service, server, credential_id)
    assert step_of(service, credential_id) is IssuanceStep.STORED
    answer = service.client().get(f"/credentials/{credential_id}", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    server.answer_recipient = None
    send(service, server, credential_id)
    assert len(server.deliveries) == 1
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED


def test_a_mailbox_that_does_not_exist_ends_delivery_in_the_open(
    service: Service, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credential_id = service.issue(email="nobody@example.org")
    server.answer_recipient = "550 no nobody@example.org here"
    with pytest.raises(InputError):
        send(service, server, credential_id)
    (line,) = [
        line
        for line in service.services.store.audit.of_subject(credential_id)
        if line.action == "credential.undeliverable"
    ]
    assert "550" in str(line.detail)
    assert "nobody" not in str(line.detail)
    ours = [line for line in caplog.records if line.name.startswith("credserv")]
    assert ours
    assert not any("nobody" in line.getMessage() for line in ours)
    undelivered = service.services.store.credentials.undelivered(service.clock.advance(hours=1), 10)
    assert undelivered == ()


def test_without_a_mail_server_nothing_waits(service: Service) -> None:
    credential_id = service.issue()
    deliver(service.services, None, credential_id, now=service.clock.now)
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED


def test_without_an_address_nothing_is_sent(service: Service, server: MailServer) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    credential_id = service.issue(email=None, did=did)
    send(service, server, credential_id)
    assert server.deliveries == ()
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED


def test_what_was_revoked_before_the_letter_went_gets_none(service: Service, server: MailServer) -> None:
    credential_id = service.issue()
    service.services.store.credentials.set_state(
        credential_id, CredentialState.REVOKED, reason="a mistake", now=service.clock.now, actor="console"
    )
    send(service, server, credential_id)
    assert server.deliveries == ()


def test_an_unknown_credential_is_told(service: Service, server: MailServer) -> None:
    with pytest.raises(NotFoundError):
        send(service, server, "unknown")


def test_attack_63_a_name_cannot_write_the_letter(service: Service, server: MailServer) -> None:
    name = 'Pat\r\nBcc: eve@example.net\r\n\r\n<a href="https://evil.example">x</a> & "q"'
    credential_id = service.issue(name=name)
    send(service, server, credential_id)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("pat@example.org",)
    assert delivery.message["Bcc"] is None
    (address,) = delivery.message["To"].addresses
    assert address.addr_spec == "pat@example.org"
    assert delivery.part("html").count("<a ") == 1
    assert "&lt;a href=" in delivery.part("html")


def test_attack_63_many_requests_for_a_wallet_link_are_one_letter(
    service: Service, server: MailServer
) -> None:
    url = service.settings.jobs_database_url
    service.issue()
    services = replace(service.services, mail_enabled=True)
    worker = JobWorker(url, job_functions(services, mailer(server)), pace=FAST)
    worker.start()
    try:
        for _ in range(20):
            request_wallet_link(services, "pat@example.org", service.clock.now)
            request_wallet_link(services, "nobody@example.org", service.clock.now)
        server.wait_for(1)
        time.sleep(1)
    finally:
        worker.stop()
    assert [delivery.recipients for delivery in server.deliveries] == [("pat@example.org",)]


def test_a_wallet_link_is_sent_to_its_holder(service: Service, server: MailServer) -> None:
    record = service.services.store.credentials.get(service.issue(name="Pat Doe"))
    assert record is not None
    request = f"{record.person_id}:5811"
    deliver_wallet_link(service.services, mailer(server), request, now=service.clock.now)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("pat@example.org",)
    assert delivery.message["Subject"] == "Your wallet link from Example Academy"
    (token,) = TOKEN.findall(delivery.part("plain"))
    access = service.services.store.access
    assert access.use_link(hash_token(token), LinkPurpose.WALLET, service.clock.now) == record.person_id
    assert access.use_link(hash_token(token), LinkPurpose.WALLET, service.clock.now) is None


def test_a_wallet_link_for_nobody_says_nothing(service: Service, server: MailServer) -> None:
    deliver_wallet_link(service.services, mailer(server), "unknown:5811", now=service.clock.now)
    assert server.deliveries == ()

"""The letter: who gets it, what it says, and that it is never lost and never leaks."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from credserv.ground.encoding import hash_token
from credserv.ground.errors import InputError
from credserv.journeys.admit.letters import request_letter
from credserv.journeys.admit.sign_in import Owner, make_owner
from credserv.journeys.deliver.links import send_links
from credserv.journeys.deliver.outbox import CONNECTIONS, queue_letters, send_due
from credserv.outbound.mail import Mailer
from credserv.records.access import LinkPurpose
from credserv.records.credentials import CredentialState, IssuanceStep
from credserv.records.letters import LetterRecord
from tests.testkit.browsing import Person
from tests.testkit.mailserver import MailServer, mail_server
from tests.testkit.service import ACHIEVEMENT, Service, make_service

TOKEN = re.compile(r"/wallet/open/([A-Za-z0-9_-]{43})")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def service(database_url: str, tmp_path: Path, server: MailServer) -> Iterator[Service]:
    mail = {"smtp_url": server.url, "mail_from": "badges@academy.example"}
    made = make_service(database_url, tmp_path, issuer_email="help@academy.example", **mail)
    yield made
    made.services.close()


def mailer(server: MailServer) -> Mailer:
    return Mailer(server.url, sender="badges@academy.example", sender_name="Example Academy")


def send(service: Service, server: MailServer) -> int:
    """All that is due; how many letters were taken."""
    return send_due(service.services, mailer(server), clock=service.clock)


def letter_of(service: Service, credential_id: str) -> LetterRecord:
    letter = service.services.store.letters.get(credential_id)
    assert letter is not None
    return letter


def console_page(service: Service, credential_id: str) -> str:
    """What an administrator is shown of a credential, as text."""
    person = Person(service).sign_in_to_console()
    return " ".join(re.sub("<[^>]+>", " ", str(person.get(f"/console/credentials/{credential_id}"))).split())


def step_of(service: Service, credential_id: str) -> IssuanceStep:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    return record.step


def test_u8_the_letter_says_who_awards_what_and_opens_nothing(service: Service, server: MailServer) -> None:
    credential_id = service.issue(email="pat@example.org", name="Pat Doe")
    send(service, server)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("pat@example.org",)
    assert delivery.message["Subject"].startswith("Example Academy has awarded you “")
    for body in (delivery.part("plain"), delivery.part("html")):
        text = " ".join(body.split())
        assert "Hello Pat Doe," in text
        assert "Example Academy has awarded you the badge “" in text
        assert "asks you to sign in" in text
        assert "help@academy.example" in text
        assert TOKEN.findall(body) == [], "an award letter opens nothing (U8)"
        assert f"http://localhost:8080/wallet/credentials/{credential_id}" in body
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED


def test_the_plain_letter_keeps_the_link_whole_on_a_line_of_its_own(
    service: Service, server: MailServer
) -> None:
    service.issue()
    send(service, server)
    lines = server.deliveries[0].part("plain").splitlines()
    assert any(
        re.fullmatch(r"http://localhost:8080/wallet/credentials/[A-Za-z0-9_-]{22}", line) for line in lines
    )
    assert all(len(line) <= 72 or "http" in line for line in lines)


def test_the_html_letter_has_one_button_and_fetches_nothing(service: Service, server: MailServer) -> None:
    service.issue()
    send(service, server)
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
    service.issue()
    send(service, server)
    send(service, server)
    assert len(server.deliveries) == 1


def test_a_crash_after_the_server_took_the_letter_sends_it_twice_never_not_at_all(
    service: Service, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential_id = service.issue()
    letters = service.services.store.letters

    class Crash(Exception):
        pass

    def crash(*_arguments: object, **_named: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(letters, "settle", crash)
        with pytest.raises(Crash):
            send(service, server)
    assert send(service, server) == 0, "it is still somebody's"
    service.clock.advance(seconds=41)
    assert send(service, server) == 1
    first, second = server.deliveries
    assert first.message["Message-ID"] == second.message["Message-ID"]
    links = [f"/wallet/credentials/{credential_id}" in delivery.part("plain") for delivery in (first, second)]
    assert all(links)


def test_attack_133_while_the_mail_server_is_away_the_credential_is_there_and_the_letter_waits(
    service: Service, server: MailServer
) -> None:
    credential_id = service.issue()
    server.answer_recipient = "451 later"
    assert send(service, server) == 0
    assert step_of(service, credential_id) is IssuanceStep.STORED
    assert "451" in letter_of(service, credential_id).note
    assert "Waiting to be sent; the last try: the mail server refused" in console_page(service, credential_id)
    answer = service.client().get(f"/credentials/{credential_id}", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    server.answer_recipient = None
    assert send(service, server) == 0, "its pause is not over"
    service.clock.advance(seconds=31)
    assert send(service, server) == 1
    assert len(server.deliveries) == 1
    assert step_of(service, credential_id) is IssuanceStep.DELIVERED
    assert service.services.store.letters.get(credential_id) is None


def test_the_pauses_grow_and_after_five_days_the_letter_is_an_administrators(
    service: Service, server: MailServer
) -> None:
    credential_id = service.issue()
    begun = service.clock.now
    server.answer_recipient = "451 later"
    pauses = []
    while (letter := letter_of(service, credential_id)).due_at is not None:
        pauses.append(letter.due_at - service.clock.now)
        service.clock.now = letter.due_at
        send(service, server)
        assert len(pauses) < 60
    assert pauses[:4] == [timedelta(0), timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert max(pauses) == timedelta(hours=6)
    assert timedelta(days=5) < service.clock.now - begun < timedelta(days=5, hours=7)
    assert "no mail server took it in 5 days" in letter.note
    server.answer_recipient = None
    service.clock.advance(days=1)
    assert send(service, server) == 0
    assert queue_letters(service.services, since=begun, actor="test", now=service.clock.now) == 1
    assert send(service, server) == 1


def test_u1_a_letter_that_was_refused_is_not_shown_as_delivered(
    service: Service, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credential_id = service.issue(email="nobody@example.org")
    server.answer_recipient = "550 no nobody@example.org here"
    assert send(service, server) == 0
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

    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.delivered_at is None
    page = console_page(service, credential_id)
    assert "Not delivered: the mail server refused the recipient with code 550" in page
    assert "A mail server took it" not in page
    service.clock.advance(days=1)
    assert send(service, server) == 0
    assert letter_of(service, credential_id).tries == 1


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("refusal", ["refused", "away"])
def test_one_letter_that_is_refused_keeps_no_other_back(
    service: Service, server: MailServer, refusal: str, first: bool
) -> None:
    bad_address = "x" * 64 + "@" + "a" * 63 + ".example"
    bad = service.issue(email=bad_address) if first else ""
    good = [service.issue(email=f"p{number}@example.org") for number in range(3)]
    bad = bad or service.issue(email=bad_address)
    setattr(server, refusal, "x" * 64)
    assert send(service, server) == 3
    assert {step_of(service, known) for known in good} == {IssuanceStep.DELIVERED}
    assert (letter_of(service, bad).due_at is None) == (refusal == "refused")


def test_o7_without_a_mail_server_nothing_is_queued_and_nothing_counts_as_delivered(
    database_url: str, tmp_path: Path, server: MailServer
) -> None:
    """Once there is one, an administrator says from when on letters go out."""
    without = make_service(database_url, tmp_path)
    old, new = without.issue(), ""
    without.clock.advance(days=1)
    new = without.issue(email="new@example.org")
    assert without.services.store.letters.count_waiting() == 0
    assert step_of(without, old) is IssuanceStep.STORED
    assert "None was sent" in console_page(without, old)
    with pytest.raises(InputError, match="no mail server"):
        queue_letters(without.services, since=without.clock.now, actor="test", now=without.clock.now)

    services = replace(without.services, mail_enabled=True)
    assert queue_letters(services, since=without.clock.now, actor="test", now=without.clock.now) == 1
    assert queue_letters(services, since=without.clock.now, actor="test", now=without.clock.now) == 0
    assert send(without, server) == 1
    assert server.deliveries[0].recipients == ("new@example.org",)
    assert step_of(without, new) is IssuanceStep.DELIVERED
    assert step_of(without, old) is IssuanceStep.STORED


def test_without_an_address_nothing_is_sent(service: Service, server: MailServer) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    credential_id = service.issue(email=None, did=did)
    assert send(service, server) == 0
    assert service.services.store.letters.count_waiting() == 0
    assert step_of(service, credential_id) is IssuanceStep.STORED


def test_letters_go_over_few_connections(service: Service, server: MailServer) -> None:
    headers = service.api_headers()
    orders = [
        {
            "idempotency_key": f"k{number}",
            "achievement": ACHIEVEMENT,
            "recipient": {"email": f"p{number}@example.org"},
        }
        for number in range(120)
    ]
    made = service.client().post("/api/v1/credentials/batch", json={"credentials": orders}, headers=headers)
    assert made.json["created"] == 120
    assert send(service, server) == 120
    assert {delivery.recipients[0] for delivery in server.deliveries} == {
        f"p{number}@example.org" for number in range(120)
    }
    assert len(server.deliveries) == 120
    assert server.connections <= CONNECTIONS


def test_a_server_that_hangs_up_is_called_again(service: Service, server: MailServer) -> None:
    """Many take a few letters over one connection, and no more."""
    server.letters_a_connection = 2
    for number in range(9):
        service.issue(email=f"p{number}@example.org")
    assert send(service, server) == 9
    assert len(server.deliveries) == 9


def test_what_was_revoked_before_the_letter_went_gets_none(service: Service, server: MailServer) -> None:
    credential_id = service.issue()
    service.services.store.credentials.set_state(
        credential_id, CredentialState.REVOKED, reason="a mistake", now=service.clock.now, actor="console"
    )
    send(service, server)
    assert server.deliveries == ()


def test_what_is_suspended_gets_its_letter_once_it_is_valid_again(
    service: Service, server: MailServer
) -> None:
    credential_id = service.issue()
    credentials, now = service.services.store.credentials, service.clock.now
    credentials.set_state(credential_id, CredentialState.SUSPENDED, reason="", now=now, actor="console")
    assert send(service, server) == 0
    credentials.set_state(credential_id, CredentialState.ACTIVE, reason="", now=now, actor="console")
    assert send(service, server) == 1


def test_attack_63_a_name_cannot_write_the_letter(service: Service, server: MailServer) -> None:
    name = 'Pat\r\nBcc: eve@example.net\r\n\r\n<a href="https://evil.example">x</a> & "q"'
    service.issue(name=name)
    send(service, server)
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
    service.issue()
    for _ in range(20):
        for email in ("pat@example.org", "nobody@example.org"):
            ask(service, LinkPurpose.WALLET_LETTER, email)
    assert (send_asked(service, server), send_asked(service, server)) == (1, 0)
    assert [delivery.recipients for delivery in server.deliveries] == [("pat@example.org",)]


def ask(service: Service, purpose: LinkPurpose, email: str, claim: str | None = None) -> None:
    services = replace(service.services, mail_enabled=True)
    request_letter(services, purpose, email, service.clock.now, claim=claim)


def send_asked(service: Service, server: MailServer) -> int:
    return send_links(service.services, mailer(server), clock=service.clock)


def test_a_link_waits_for_the_mail_server_and_ends_after_an_hour(
    service: Service, server: MailServer
) -> None:
    service.issue()
    server.answer_recipient = "451 later"
    ask(service, LinkPurpose.WALLET_LETTER, "pat@example.org")
    assert send_asked(service, server) == 0
    server.answer_recipient = None
    assert send_asked(service, server) == 0, "its turn comes later"
    service.clock.advance(minutes=1)
    assert send_asked(service, server) == 1
    ask(service, LinkPurpose.WALLET_LETTER, "pat@example.org")
    service.clock.advance(minutes=61)
    ask(service, LinkPurpose.WALLET_LETTER, "pat@example.org")
    service.clock.advance(minutes=61)
    assert send_asked(service, server) == 0
    assert len(server.deliveries) == 1


def test_two_workers_send_a_link_once(service: Service, server: MailServer) -> None:
    service.issue()
    ask(service, LinkPurpose.WALLET_LETTER, "pat@example.org")
    now, letters = service.clock.now, service.services.store.link_letters
    taken = letters.take(now, until=now + timedelta(minutes=2), limit=9)
    assert len(taken) == 1
    assert send_asked(service, server) == 0
    service.clock.advance(minutes=3)  # who took it died
    assert send_asked(service, server) == 1


def test_who_waits_at_a_page_gets_a_link_before_letters_that_only_tell(
    service: Service, server: MailServer
) -> None:
    """Thousands may hear of something at once. A turn is short, so that another organisation's comes, too."""
    service.issue()
    for number in range(60):
        ask(service, LinkPurpose.TOLD_LETTER, f"p{number}@example.org", json.dumps(["import-revoked", "x"]))
    service.clock.advance(seconds=1)
    ask(service, LinkPurpose.WALLET_LETTER, "pat@example.org")
    letters = service.services.store.link_letters
    first = letters.take(service.clock.now, until=service.clock.now, limit=9)[0]
    assert first.wanted is not None
    assert first.wanted.purpose is LinkPurpose.WALLET_LETTER
    send_asked(service, server)
    assert server.deliveries[0].recipients == ("pat@example.org",)
    assert len(letters.take(service.clock.now, until=service.clock.now, limit=99)) >= 30, "one turn is short"


def test_while_no_server_takes_letters_one_is_tried_a_turn(service: Service, server: MailServer) -> None:
    """Or each of a handful waits for the server, and others may take what is held for two minutes."""
    for number in range(5):
        ask(service, LinkPurpose.WALLET_LETTER, f"p{number}@example.org")
        service.issue(email=f"p{number}@example.org")
    server.letters_a_connection = 0
    assert send_asked(service, server) == 0
    assert server.connections == 1
    server.letters_a_connection = 9
    service.clock.advance(minutes=1)
    assert send_asked(service, server) == 5


def test_a_wallet_link_is_sent_to_the_address_that_it_proves(service: Service, server: MailServer) -> None:
    service.issue(name="Pat Doe")
    ask(service, LinkPurpose.WALLET_LETTER, "PAT@example.org")
    send_asked(service, server)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("pat@example.org",)
    assert delivery.message["Subject"] == "Your link to open your wallet"
    (token,) = TOKEN.findall(delivery.part("plain"))
    link = service.services.store.links.find(hash_token(token), [LinkPurpose.WALLET])
    assert link is not None
    assert (link.subject, link.is_open(service.clock.now)) == ("pat@example.org", True)


def test_a_console_link_is_sent_to_a_colleague_alone(service: Service, server: MailServer) -> None:
    service.issue(name="Pat Doe")
    make_owner(service.services, Owner("olga@example.org", "Olga"), service.clock.now, actor="test")
    for email in ("pat@example.org", "nobody@example.org", "olga@example.org"):
        ask(service, LinkPurpose.CONSOLE_LETTER, email)
        send_asked(service, server)
    (delivery,) = server.deliveries
    assert delivery.recipients == ("olga@example.org",)
    assert "/console/open/" in delivery.part("plain")


def test_a_link_for_nobody_says_nothing(service: Service, server: MailServer) -> None:
    ask(service, LinkPurpose.WALLET_LETTER, "nobody@example.org")
    send_asked(service, server)
    assert server.deliveries == ()

"""Owners hear once of each thing that is wrong, by mail and in the console, with what mends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path

import pytest

from credserv.app.founding import found_organisation
from credserv.app.signing_keys import create_key
from credserv.ground.errors import InputError, UnavailableError
from credserv.jobs.client import DbosJobs
from credserv.journeys.admit.sign_in import Owner, create_console_link, make_owner
from credserv.journeys.connect.sources import add_secret
from credserv.journeys.deliver.letter_form import Speech
from credserv.journeys.deliver.outbox import send_due
from credserv.journeys.operate.alarms import standing_alarms
from credserv.journeys.operate.conditions import CONDITIONS
from credserv.journeys.publish.publish import publish_due
from credserv.journeys.services import Services
from credserv.outbound.mail import Mailer
from credserv.processes.sweeper import Sweeper
from credserv.processes.turns import look_over, tell
from credserv.processes.turns import watch as keep_watch
from credserv.records.credentials import CredentialState
from credserv.records.organisations import Founding
from credserv.records.people import MemberFacts
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.browsing import Person
from tests.testkit.mailserver import Delivery, MailServer, mail_server
from tests.testkit.service import SOURCE, Service, make_service

OWNER = "owner@academy.example"


def mailer(server: MailServer, _services: Services) -> Mailer:
    return Mailer(server.url, sender="badges@academy.example", sender_name="Example Academy")


def watch(service: Service, server: MailServer, slug: str = "main") -> list[Delivery]:
    """Look once; the letters that went by it."""
    before = len(server.deliveries)
    look_over(service.services, slug, now=service.clock.now)
    tell(service.services, slug, mailer_of=partial(mailer, server), now=service.clock.now)
    return list(server.deliveries)[before:]


@pytest.fixture
def owned(sqlite_service: Service) -> Service:
    create_console_link(sqlite_service.services, sqlite_service.clock.now, owner=Owner(OWNER, "Olga Owner"))
    sqlite_service.issue()
    return sqlite_service


def names(service: Service) -> list[str]:
    return [alarm.condition for alarm in standing_alarms(service.services)]


def test_found_alarm_is_told_once_until_it_clears_and_then_again(owned: Service) -> None:
    with mail_server() as server:
        assert watch(owned, server) == []
        owned.clock.advance(days=15)
        (letter,) = watch(owned, server)
        assert letter.recipients == (OWNER,)
        text = letter.part("plain")
        assert f"The source {SOURCE} has sent no event since 2026-03-14" in text
        assert f"credserv source pause {SOURCE}" in text
        assert "http://localhost:8080/console" in text
        assert f"credserv source pause {SOURCE}" in letter.part("html")
        for _ in range(3):
            owned.clock.advance(hours=1)
            assert watch(owned, server) == []
        assert "sources" in names(owned)
        owned.issue(email="again@example.org")
        watch(owned, server)
        assert "sources" not in names(owned)
        owned.clock.advance(days=15)
        assert len(watch(owned, server)) == 1


def test_found_alarm_waits_in_the_database_until_a_server_takes_it(owned: Service) -> None:
    owned.clock.advance(days=15)
    with mail_server() as server:
        server.answer_data = "451 later"
        with pytest.raises(UnavailableError):
            watch(owned, server)
    assert "sources" in names(owned)
    with mail_server() as server:
        assert len(watch(owned, server)) == 1
        assert watch(owned, server) == []


def test_found_alarm_goes_to_the_owners_of_that_organisation_alone(owned: Service) -> None:
    services = owned.services
    found_organisation(
        owned.settings, services.store, Founding("acme", "Acme Guild"), actor="test", now=owned.clock.now
    )
    owned.clock.advance(days=15)
    with mail_server() as server:
        assert watch(owned, server, "acme") == []
        assert len(watch(owned, server)) == 1
    assert standing_alarms(services.at_name("acme")) == ()


def test_found_alarm_of_an_organisation_whose_key_is_gone_reaches_its_owners(owned: Service) -> None:
    """Nothing of it can be served, nor any list be signed."""
    services = owned.services
    found_organisation(
        owned.settings, services.store, Founding("acme", "Acme Guild"), actor="test", now=owned.clock.now
    )
    create_console_link(services.at_name("acme"), owned.clock.now, owner=Owner("guild@acme.example", "Gil"))
    acme = services.store.of("acme").organisation.get()
    assert acme is not None
    (owned.settings.keys_dir / acme.keys[0].signer_uri.removeprefix("file:")).unlink()
    services.store.of("acme").organisation.change(
        name="Acme Guild", profile={**acme.profile, "description": "x"}
    )
    with mail_server() as server:
        (letter,) = watch(owned, server, "acme")
    assert letter.recipients == ("guild@acme.example",)
    assert "cannot read" in letter.part("plain")
    assert "credserv keys list --organisation acme" in letter.part("plain")


def test_found_alarm_a_secret_of_a_source_nears_its_end_and_then_counts_no_more(owned: Service) -> None:
    services, clock = owned.services, owned.clock
    old = owned.secret
    fresh = add_secret(
        services, SOURCE, overlap=timedelta(days=3), lasts=timedelta(days=20), actor="test", now=clock.now
    )
    with mail_server() as server:
        assert watch(owned, server) == []
        for number, secret in enumerate((old, fresh)):
            assert (
                replace(owned, secret=secret).send_event(email=f"pat{number}@example.org").status_code == 201
            )
        clock.advance(days=7)
        (letter,) = watch(owned, server)
        assert f"The secret of the source {SOURCE} ends on 2026-04-0" in letter.part("plain")
        assert f"credserv source rotate {SOURCE}" in letter.part("plain")
        assert replace(owned, secret=old).send_event(email="old@example.org").status_code == 401
        assert replace(owned, secret=fresh).send_event(email="new@example.org").status_code == 201
        clock.advance(days=13, seconds=1)
        assert replace(owned, secret=fresh).send_event(email="late@example.org").status_code == 401
        watch(owned, server)
        said = [one.said for one in standing_alarms(services) if one.condition == "source-secrets"]
        assert "ended on" in said[0]
        add_secret(services, SOURCE, actor="test", now=clock.now)
        watch(owned, server)
        assert "source-secrets" not in names(owned)
    record = services.store.sources.get(SOURCE)
    assert record is not None
    assert len(record.secrets) == 1  # what had ended is not kept
    for wrong in (timedelta(0), timedelta(days=4_000)):
        with pytest.raises(InputError):
            add_secret(services, SOURCE, overlap=wrong, actor="test", now=clock.now)


def test_found_alarm_reaches_each_owner_once_whatever_becomes_of_the_others(owned: Service) -> None:
    """One owner's mailbox is gone, and one's server is away: the third gets the letter once."""
    services = owned.services
    for email in ("gone@academy.example", "slow@academy.example"):
        make_owner(services, Owner(email, "Another"), owned.clock.now, actor="test")
    owned.clock.advance(days=15)
    with mail_server() as server:
        server.refused = "gone@"
        server.away = "slow@"
        with pytest.raises(UnavailableError):
            watch(owned, server)
        assert [letter.recipients for letter in server.deliveries] == [(OWNER,)]
        with pytest.raises(UnavailableError):
            watch(owned, server)
        assert len(server.deliveries) == 1
        server.away = ""
        (letter,) = watch(owned, server)
        assert letter.recipients == ("slow@academy.example",)
        assert watch(owned, server) == []
    assert all(alarm.told_at for alarm in standing_alarms(services))


def test_found_alarm_stands_on_every_console_before_anybody_waits_for_a_mail_server(owned: Service) -> None:
    """A server that did not answer held up the looking at all other organisations, too."""
    services = owned.services
    found_organisation(
        owned.settings, services.store, Founding("zeta", "Zeta Guild"), actor="test", now=owned.clock.now
    )
    zeta = services.at_name("zeta")
    zeta.store.sources.create(SourceRecord("lms", "generic", ("whsec_a",), {"rules": []}, owned.clock.now))
    event = EventRecord("lms", "e1", "0" * 64, b"{}", owned.clock.now, EventState.IGNORED)
    zeta.store.events.record(event)
    standing = []

    def mailer_of(_own: Services) -> Mailer | None:
        standing.append(len(standing_alarms(services)) * len(standing_alarms(zeta)))
        raise UnavailableError("the mail server does not answer")

    class Round(threading.Event):
        """One, and then the worker stops."""

        def wait(self, timeout: float | None = None) -> bool:
            return bool(standing)

    keep_watch(services, mailer_of, Round())
    assert len(standing) == 2
    assert all(standing)


def break_list(service: Service) -> None:
    record = service.services.store.credentials.search(limit=1).items[0]
    service.client().get(f"/status/{record.status_list_id}")
    service.services.store.credentials.set_state(
        record.id, CredentialState.REVOKED, reason="", now=service.clock.now, actor="test"
    )
    service.clock.advance(minutes=11)


def end_secret(service: Service) -> None:
    service.services.store.sources.add_secret(SOURCE, create_secret(), service.clock.now + timedelta(days=20))
    service.clock.advance(days=7)


def leave_event(service: Service) -> None:
    event = EventRecord(SOURCE, "evt_left", "0" * 64, b"{}", service.clock.now, EventState.RECEIVED)
    service.services.store.events.record(event)
    service.clock.advance(minutes=11)


def sweep(service: Service) -> None:
    """As `credserv worker` does it."""
    jobs = DbosJobs(service.settings.jobs_database_url)
    Sweeper(service.services, jobs).run(service.clock.now)
    jobs.close()


def send_letters(service: Service) -> None:
    with mail_server() as server:
        assert send_due(service.services, mailer(server, service.services), clock=service.clock)


MENDED: dict[str, Callable[[Service], object]] = {
    "sources": lambda service: service.issue(email="again@example.org"),
    "source-secrets": lambda service: add_secret(
        service.services, SOURCE, actor="test", now=service.clock.now
    ),
    "key-age": lambda service: create_key(
        service.settings, service.services.store, now=service.clock.now, replaces=True
    ),
    "letters": send_letters,
    "queue": sweep,
    "status-lists": lambda service: publish_due(service.services, now=service.clock.now),
}
BROKEN: dict[str, Callable[[Service], object]] = {
    "sources": lambda service: service.clock.advance(days=15),
    "source-secrets": end_secret,
    "key-age": lambda service: service.clock.advance(days=705),
    "letters": lambda service: service.clock.advance(hours=2),  # the letter of the badge waits for a server
    "queue": leave_event,
    "status-lists": break_list,
}


@pytest.mark.parametrize("name", BROKEN)
def test_found_alarm_is_heard_by_mail_and_in_the_console_in_the_owners_language(
    database_url: str, tmp_path: Path, name: str
) -> None:
    """What each condition is made of is in test_doctor.py: it is one table."""
    service = make_service(
        database_url,
        tmp_path,
        public_url="https://badges.example",
        smtp_url="smtp://127.0.0.1:9",
        mail_from="badges@badges.example",
    )
    services, german = service.services, Speech("de")
    create_console_link(services, service.clock.now, owner=Owner(OWNER, "Olga Owner"))
    (owner,) = services.store.colleagues.list(services.today(service.clock.now))
    services.store.roster.change_facts(owner.membership_id, MemberFacts(language="de"))
    service.issue()
    assert name in CONDITIONS
    BROKEN[name](service)
    with mail_server() as server:
        (letter,) = watch(service, server)
        assert watch(service, server) == []
    alarm = next(one for one in standing_alarms(services) if one.condition == name)
    told = german.tell(alarm.said)
    assert told != alarm.said
    text = letter.part("plain").replace("\r\n", "\n")
    assert f"- {told}\n  So wird es behoben: {alarm.mend}" in text
    assert "Damit die Badges von Example Academy weiter funktionieren" in text
    reader = Person(service)
    reader.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    page = unescape(reader.sign_in_to_console().get("/console"))
    assert told in page
    assert alarm.mend in page
    MENDED[name](service)
    with mail_server() as server:
        watch(service, server)
    assert name not in names(service)
    assert told not in unescape(reader.get("/console"))

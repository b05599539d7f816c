"""Letters in an organisation's own words: by language, filled in as plain text, and never led elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from credserv.ground.errors import NotFoundError, SchemaFaultsError
from credserv.journeys.admit.letters import request_letter
from credserv.journeys.deliver import own_words, words
from credserv.journeys.deliver.links import send_links
from credserv.journeys.deliver.outbox import send_due
from credserv.outbound.mail import Mailer
from credserv.records.access import LinkPurpose
from credserv.records.letter_words import LetterWords
from credserv.records.letters import Tells
from credserv.records.people import MemberFacts
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.mailserver import Delivery, MailServer, mail_server
from tests.testkit.service import NOW, Service, make_service

BADGE = "Mentor Accreditation: Foundation"
GERMAN = LetterWords(
    Tells.AWARD,
    "de",
    "{issuer}: Ihr Nachweis „{badge}“",
    "Hallo {name},\n\n{issuer} hat Ihnen „{badge}“\nverliehen.\n\n{description}",
    "Ansehen",
    "Fragen? {contact}\n\n{ends}",
)
OTHERS = replace(GERMAN, language="", subject="You have {badge}", text="Dear {name}: {badge}.")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path, server: MailServer) -> Service:
    shutil.copyfile(sqlite_template, tmp_path / "credserv.sqlite")
    mail = {"smtp_url": server.url, "mail_from": "badges@academy.example"}
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, **mail)


def letter(
    service: Service, server: MailServer, email: str, language: str = "", name: str = "Pat Doe"
) -> Delivery:
    service.issue(email=email, name=name)
    services = service.services
    if language:
        member = services.store.members.find_by_email(email)
        assert member is not None
        facts = MemberFacts(name, None, None, language, date(2020, 1, 1), None)
        services.store.roster.change_facts(member.id, facts)
    mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Academy")
    assert send_due(services, mailer, clock=service.clock) == 1
    return server.deliveries[-1]


def put(service: Service, *written: LetterWords) -> None:
    for one in written:
        words.set_words(service.services, one, actor="test", now=NOW)


def test_who_has_a_language_gets_its_words_and_all_others_the_rest(
    service: Service, server: MailServer
) -> None:
    put(service, GERMAN)
    austrian = letter(service, server, "a@example.org", "de-AT")
    assert austrian.message["Subject"] == f"Example Academy: Ihr Nachweis „{BADGE}“"
    text = austrian.part("plain").replace("\r\n", "\n")
    assert text.startswith("Hallo Pat Doe,\n\nExample Academy hat Ihnen")
    assert f"„{BADGE}“ verliehen." in " ".join(text.split())
    assert "/wallet/credentials/" in text
    assert "{" not in text
    assert '<html lang="de">' in austrian.part("html")
    assert ">Ansehen</a>" in austrian.part("html")
    french = letter(service, server, "b@example.org", "fr-CA")  # ours
    assert "vous a décerné le badge" in french.part("plain")
    assert '<html lang="fr">' in french.part("html")
    put(service, OTHERS)
    assert letter(service, server, "c@example.org").message["Subject"] == f"You have {BADGE}"
    words.remove_words(service.services, Tells.AWARD, "", actor="test", now=NOW)
    assert "has awarded you" in letter(service, server, "d@example.org").part("plain")
    with pytest.raises(NotFoundError):
        words.remove_words(service.services, Tells.AWARD, "", actor="test", now=NOW)


def test_attack_60_names_and_words_stay_text_and_lead_nowhere_else(
    service: Service, server: MailServer
) -> None:
    evil = replace(OTHERS, text="<b>{name}</b> <a href='https://evil.example'>x</a>", button="<img src=x>")
    put(service, evil)
    sent = letter(service, server, "a@example.org", name="{contact}<script>\r\nBcc: x@evil.example")
    html = sent.part("html")
    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;img src=x&gt;" in html
    assert "{contact}" in html  # what stands in a name is no placeholder
    assert html.count("<a href=") == 1
    assert sent.recipients == ("a@example.org",)
    assert "Bcc" not in sent.message


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"language": "German"}, "/language"),
        ({"subject": " "}, "/subject"),
        ({"text": "{person}"}, "/text"),
        ({"text": "x" * 4_001}, "/text"),
        ({"button": "a\x07b"}, "/button"),
        ({"notes": "{Badge}"}, "/notes"),
    ],
)
def test_words_that_cannot_be_used_are_told_with_their_field(changed: dict[str, str], place: str) -> None:
    assert [fault.place for fault in words.check_words(replace(GERMAN, **changed))] == [place]
    with pytest.raises(SchemaFaultsError):
        words.preview(replace(GERMAN, **changed))


def test_what_is_not_known_is_left_out() -> None:
    filled = words.fill(GERMAN, {"badge": "B", "issuer": "I"})
    assert filled.paragraphs == ["Hallo,", "I hat Ihnen „B“ verliehen."]
    assert filled.notes == ["Fragen?"]


def test_words_are_written_shown_and_removed_in_the_console(service: Service) -> None:
    owner, home = Person(service).sign_in_to_console(), "/console/letters"
    assert home in owner.get("/console/organisation")
    form = {
        "tells": "award",
        **{name: getattr(GERMAN, name) for name in ("subject", "text", "button", "notes")},
    }
    shown = owner.submit(home, **form, language="DE", do="preview")
    assert "Hallo Pat Doe," in shown.text
    assert words.all_words(service.services) == ()
    refused = owner.submit(home, **form | {"text": "{x}"}, language="de", do="save")
    assert (refused.status_code, "there is no {x}" in refused.text) == (400, True)
    owner.follow(owner.submit(home, **form, language="DE", do="save"))
    assert [one.language for one in words.all_words(service.services)] == ["de"]
    assert "Ansehen" in owner.get(f"{home}?tells=award&language=de")
    owner.follow(owner.submit(f"{home}/remove", on=home, tells="award", language="de"))
    assert words.all_words(service.services) == ()
    assert owner.submit(home, **form | {"tells": "x"}, language="", do="save").status_code == 400
    assert Person(service).sign_in_as(Role.AUDITOR).client.get(home).status_code == 403


def test_letters_with_a_link_are_in_the_persons_language_and_lead_where_ours_do(
    service: Service, server: MailServer
) -> None:
    services = service.services
    sign_in = LetterWords(
        Tells.SIGN_IN, "de", "Ihr Zugang", "Ihr Link zu {issuer}.", "Öffnen", "Bis {ends}. {again}"
    )
    claim = LetterWords(Tells.CLAIM, "", "Keep {badge}", "Yours: {badge}.", "Keep it")
    put(service, sign_in, claim)
    badge = service.issue(email="pat@example.org", name="Pat Doe")
    member = services.store.members.find_by_email("pat@example.org")
    assert member is not None
    facts = MemberFacts("Pat Doe", None, None, "de-AT", date(2020, 1, 1), None)
    services.store.roster.change_facts(member.id, facts)
    mailer = Mailer(server.url, sender="badges@academy.example", sender_name="Academy")
    for more in ({}, {"claim": badge}):
        request_letter(services, LinkPurpose.WALLET_LETTER, "pat@example.org", service.clock.now, **more)
        send_links(services, mailer, clock=service.clock)
    signed_in, claimed = (one for one in server.deliveries if "awarded" not in one.message["Subject"])
    assert signed_in.message["Subject"] == "Ihr Zugang"
    text = signed_in.part("plain")
    assert ("Ihr Link zu Example Academy." in text, f"{services.public_url}/wallet/open/" in text) == (
        True,
        True,
    )
    assert '<html lang="de">' in signed_in.part("html")
    assert claimed.message["Subject"] == f"Keep {BADGE}"
    assert f"{services.public_url}/wallet/open/" in claimed.part("plain")
    assert [fault.place for fault in words.check_words(replace(sign_in, text="{badge}"))] == ["/text"]


def test_attack_60_what_guards_a_wallet_is_ours_to_say() -> None:
    """Whoever writes letters cannot write the one that asks whether it is you."""
    guarded = {LinkPurpose.PROOF_LETTER, LinkPurpose.ADDRESS_LETTER, LinkPurpose.NOTICE_LETTER}
    guarded.add(LinkPurpose.JOIN_LETTER)
    assert guarded.isdisjoint(own_words.OF_PURPOSE)

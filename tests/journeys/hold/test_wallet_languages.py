"""The wallet in the language of whom it belongs to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from credserv.journeys.admit.claims import create_link
from credserv.journeys.deliver.link_letters import link_letter
from credserv.outbound.mail import Letter
from credserv.records.people import MemberFacts
from tests.testkit.browsing import Letters, Person, secrets_of
from tests.testkit.service import Service, make_service

PAT = "pat@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("wallet-languages")
    return Letters(make_service(f"sqlite:///{folder / 'c.sqlite'}", folder)).service


def letter_to(service: Service, address: str) -> Letter:
    """The last one that was asked for, as it goes out."""
    now = service.clock.now
    due = service.services.store.link_letters.take(now, until=now, limit=99)
    (last,) = [one for one in due if one.wanted is not None and one.wanted.subject == address][-1:]
    letter = link_letter(service.services, last, now)
    assert letter is not None
    return letter


def german(service: Service) -> Person:
    person = Person(service)
    person.client.set_cookie("credserv_language", "de")
    return person


def test_somebody_claims_shares_and_leaves_in_german(service: Service) -> None:
    credential_id = service.issue(email=PAT)
    claim = create_link(service.services, credential_id, service.clock.now, actor="test")
    person = german(service)
    assert "Um ihn zu behalten, zeigen Sie, dass ein Postfach Ihnen gehört." in person.get(claim)
    asked = person.submit(claim, email=PAT).text
    assert "Ein Link, mit dem Sie den Badge behalten, ist unterwegs. Er funktioniert einmal" in asked
    opened = Letters(service).link()
    assert "Behalten Sie Ihren Badge" in person.get(opened)
    home = person.follow(person.submit(opened))
    assert "Verliehen am <time" in home
    assert "Meine Wallet" in home
    page = f"/wallet/credentials/{credential_id}"
    assert "Jemandem zeigen" in person.get(page)
    made = person.submit("/wallet/shares", on="/wallet/shares", credential=credential_id, days="7")
    assert "Ihr Link ist bereit" in made.text
    (shared,) = secrets_of(made.text)
    Person(service).get(shared)
    share_id = re.search(r"/wallet/shares/([0-9a-f]{64})/end", person.get("/wallet/shares"))
    assert share_id is not None
    ended = person.follow(person.submit(share_id[0], on="/wallet/shares", back="shares"))
    assert "Der Link wurde beendet." in ended
    left = person.follow(person.submit("/wallet/sign-out", on="/wallet"))
    assert "Sie sind abgemeldet." in left


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("de-AT", "Ihr Link, um Ihre Wallet zu öffnen", "Sie haben ihn nicht angefordert?"),
        ("fr", "Votre lien pour ouvrir votre portefeuille", "Vous ne l'avez pas demandé\u00a0?"),
        ("es-419", "Su enlace para abrir su cartera", "¿No lo pidió usted?"),
        ("nl", "Your link to open your wallet", "If you did not ask for it"),
    ],
)
def test_a_letter_speaks_as_the_organisation_knows_its_reader(
    service: Service, language: str, subject: str, said: str
) -> None:
    address = f"{language.lower()}@example.org"
    service.issue(email=address)
    member = service.services.store.members.find_by_email(address)
    assert member is not None
    service.services.store.roster.change_facts(member.id, MemberFacts("Pat Doe", language=language))
    Person(service).submit("/wallet/link", on="/wallet", email=address)
    letter = letter_to(service, address)
    assert letter.subject == subject
    assert said in letter.text.replace("\n", " ")
    assert f'<html lang="{language[:2] if language != "nl" else "en"}">' in letter.html


def test_what_somebody_chose_counts_before_what_they_read_and_what_is_said_of_them(service: Service) -> None:
    address = "lou@example.org"
    service.issue(email=address)
    person = german(service)
    person.submit("/wallet/link", on="/wallet", email=address)
    assert letter_to(service, address).subject == "Ihr Link, um Ihre Wallet zu öffnen", "as the page asked"
    person.open_wallet(address)
    member = service.services.store.members.find_by_email(address)
    assert member is not None
    service.services.store.roster.change_facts(member.id, MemberFacts("Lou", language="es"))
    service.clock.advance(minutes=6)
    Person(service).submit("/wallet/link", on="/wallet", email=address)
    assert letter_to(service, address).subject.startswith("Ihr Link"), "as they read when they first came in"
    answer = person.submit("/wallet/data/language", on="/wallet/data", language="fr")
    shown = person.follow(answer)
    assert "Vos messages arrivent désormais dans cette langue." in shown
    assert '<html lang="fr"' in shown, "pages in this browser, too"
    service.clock.advance(minutes=6)
    Person(service).submit("/wallet/link", on="/wallet", email=address)
    assert letter_to(service, address).subject.startswith("Votre lien"), "as they chose"
    assert person.submit("/wallet/data/language", on="/wallet/data", language="xx").status_code == 400

"""The wallet in the language of whom it belongs to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from credserv.journeys.admit.claims import create_link
from tests.testkit.browsing import Letters, Person, secrets_of
from tests.testkit.service import Service, make_service

PAT = "pat@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("wallet-languages")
    return Letters(make_service(f"sqlite:///{folder / 'c.sqlite'}", folder)).service


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

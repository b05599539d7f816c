"""A credential's own page: what it says is what a check finds as it is opened."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from credserv.store.tables import credentials
from credserv.web.frame.rendering import STATIC
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

HTML = {"Accept": "text/html"}


def page_of(service: Service, credential_id: str) -> str:
    return service.client().get(f"/credentials/{credential_id}", headers=HTML).text


class NotAsked:
    def get(self, url: str, **_: Any) -> Any:
        raise AssertionError(f"a page asked {url}")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    url = f"sqlite:///{tmp_path / 'credserv.sqlite'}"
    return make_service(url, tmp_path, fetcher=NotAsked(), rate_verify="7/day")


def test_the_page_says_how_it_stands_now(service: Service) -> None:
    credential_id, services, now = service.issue(), service.services, service.clock.now
    told = page_of(service, credential_id)
    assert "Genuine and in force" in told
    assert "checked as this page was opened" in told
    for state, words in (
        (CredentialState.SUSPENDED, "suspended by its issuer"),
        (CredentialState.ACTIVE, "Genuine and in force"),
        (CredentialState.REVOKED, "revoked by its issuer"),
    ):
        set_status(services, credential_id, state, reason="in private", actor="test", now=now)
        told = page_of(service, credential_id)
        assert words in told
        assert ("doubted" in told) == (state is CredentialState.REVOKED)


def test_skills_have_the_short_name_of_their_framework_and_a_code_that_people_can_read(
    service: Service,
) -> None:
    told = page_of(service, service.issue())
    chips = re.findall(r"<li><a [^>]*><bdi>([^<]+)</bdi></a><span[^>]*>(.*?)</span></li>", told)
    said = {name: re.sub("<[^>]+>", "", more) for name, more in chips}
    assert said["Active Listening"] == "O*NET · 2.A.1.b"
    assert said["provide mentorship"] == "ESCO"


def test_a_certificate_to_print_carries_the_signed_bytes_names_nobody_and_ends_with_the_badge(
    service: Service,
) -> None:
    credential_id, client = service.issue(email="pat@example.org", name="Pat Doe"), service.client()
    path = f"/credentials/{credential_id}/certificate.pdf"
    assert f'href="{path}"' in page_of(service, credential_id)
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    reader = PdfReader(io.BytesIO(answer.data))
    assert reader.attachments["credential.json"] == [client.get(f"/credentials/{credential_id}.json").data]
    printed = " ".join(page.extract_text() for page in reader.pages)
    assert "Mentor Accreditation: Foundation" in printed
    assert not any(word in printed for word in ("Pat", "example.org"))
    state, now = CredentialState.REVOKED, service.clock.now
    set_status(service.services, credential_id, state, reason="in private", actor="test", now=now)
    assert "certificate.pdf" not in page_of(service, credential_id)
    assert client.get(path).status_code == 404


def test_what_was_altered_in_the_store_is_not_shown_as_good(service: Service) -> None:
    credential_id = service.issue()
    with service.services.store._database.writing() as connection:
        known = connection.execute(select(credentials.c.signed)).scalar_one()
        altered = known.replace(b"Foundation", b"Excellency")
        connection.execute(update(credentials).values(signed=altered))
    told = page_of(service, credential_id)
    assert "Genuine and in force" not in told
    assert "Not genuine" in told
    assert "doubted" in told


@pytest.mark.parametrize(
    ("named_by", "told"),
    [
        ({}, True),
        ({"did": "did:web:pat.example"}, True),
        ({"email": None, "did": "did:web:pat.example"}, False),
    ],
)
def test_an_address_is_asked_for_where_the_badge_names_one(
    service: Service, named_by: dict[str, Any], told: bool
) -> None:
    page = page_of(service, service.issue(**named_by))
    assert ("the person whose address you can check here" in page, "Awarded by" in page) == (told, not told)


def test_who_opens_more_pages_than_are_checked_gets_the_button(service: Service) -> None:
    credential_id = service.issue()
    told = [page_of(service, credential_id) for _ in range(9)]
    assert ["Verify now" in page for page in told] == [False] * 7 + [True] * 2
    assert "Genuine" not in told[-1]


def test_the_letters_are_those_that_their_source_gave() -> None:
    rows = re.findall(r"`(\S+)` \| ([0-9a-f]{64})", (STATIC / "fonts" / "README.md").read_text())
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "fonts").glob("*.woff2")
    }
    assert dict(rows) == found
    named = re.findall(r'url\("fonts/([^"]+)"\)', (STATIC / "credserv.css").read_text())
    assert set(named) == set(found)


def test_found_b12_every_day_that_a_reader_sees_names_its_zone(sqlite_service: Service) -> None:
    """Completed on 3 March at 20:30 -08:00: wherever the next day is named, it says whose day it is."""
    event = {**sqlite_service.event(), "timestamp": "2026-03-03T20:30:00-08:00"}
    known = str(sqlite_service.send_event(event).json["credential"]).rpartition("/")[2]
    pat = Person(sqlite_service).open_wallet("pat@example.org")
    wallet = f"/wallet/credentials/{known}"
    for language, said in (("en", "4 March 2026"), ("de", "4. März 2026"), ("es", "4 de marzo de 2026")):
        pages = (f"/credentials/{known}", wallet, "/wallet", "/wallet/shares", "/wallet/cv", "/wallet/data")
        told = [pat.get(f"{path}?lang={language}") for path in pages]
        for path in (f"/credentials/{known}/certificate.pdf", f"{wallet}/certificate.pdf"):
            answer = pat.client.get(f"{path}?lang={language}")
            assert answer.status_code == 200
            told.append(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages))
        assert sum(said in one for one in told) >= 5
        for one in told:
            plain = " ".join(re.sub("<[^>]+>", "", one).split())
            assert re.search(f"{re.escape(said)}(?!,? (?:[0-9:]+ )?UTC)", plain) is None, plain

"""What people agree to is written down with the words that they read, and ends when they withdraw it."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from credserv.exchange.consent_records import build_consent_records
from credserv.ground.encoding import hash_token
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.languages import ENGLISH, LANGUAGES, reading
from credserv.journeys.hold import consents, shares
from credserv.journeys.hold.erasure import tell_all
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.transfer.leaving import make_archive
from credserv.records.consents import (
    NOTICES,
    ConsentRecord,
    Purpose,
    make_consent,
    notice_language,
    notice_words,
)
from tests.testkit.apps import READ, bearer, new_app
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service, make_service

PAT, PAGE = "pat@example.org", "/wallet/data/consents"
CREDENTIALS = "/ims/ob/v3p0/credentials"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("consents")
    return make_service(f"sqlite:///{folder / 'consents.db'}", folder)


@pytest.fixture(scope="module")
def badge(service: Service) -> str:
    return service.issue(email=PAT, name="Pat Doe")


@pytest.fixture
def pat(service: Service, badge: str) -> Person:
    service.clock.advance(seconds=1)
    return Person(service).open_wallet(PAT)


def person_id(service: Service) -> str:
    member = service.services.store.members.find_by_email(PAT)
    assert member is not None
    return member.person_id


def newest(service: Service) -> ConsentRecord:
    return consents.consents_of(service.services, person_id(service))[0]


def shown_words(page: str) -> str:
    return html.unescape(page)


def test_letting_an_app_in_is_written_down_and_withdrawn_at_once(service: Service, pat: Person) -> None:
    app = new_app(service)
    asked = app.send(pat)
    page = pat.get(asked.headers["Location"])
    assert NOTICES[Purpose.APP] in shown_words(page)
    tokens = app.tokens(pat)
    given = newest(service)
    assert given.purpose is Purpose.APP
    assert given.notice_sha256 == hashlib.sha256(NOTICES[Purpose.APP].encode()).hexdigest()
    assert given.recipient == "Badge Shelf (https://app.example)"
    assert given.controller == service.services.issuer.did
    headers = bearer(tokens["access_token"])
    assert service.client().get(CREDENTIALS, headers=headers).status_code == 200
    assert "Badge Shelf" in pat.get(PAGE)
    pat.follow(pat.submit(f"{PAGE}/withdraw", on=PAGE, consent=given.id))
    assert service.client().get(CREDENTIALS, headers=headers).status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    assert newest(service).withdrawn_at == service.clock.now


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_what_is_agreed_to_is_kept_in_the_words_that_were_read(
    service: Service, pat: Person, language: str
) -> None:
    """Also where the language is changed before the form is sent."""
    pat.client.set_cookie("credserv_language", language)
    words = notice_words(Purpose.OUTCOMES, language)
    page = pat.get(PAGE)
    assert words in shown_words(page)
    assert (words == NOTICES[Purpose.OUTCOMES]) is (language == ENGLISH)
    read_in = re.findall(r'name="read_in" value="(\w+)"', page)
    assert set(read_in) == ({language} if language != ENGLISH else set())
    pat.client.set_cookie("credserv_language", "en" if read_in else "de")
    wish = {"purpose": Purpose.OUTCOMES.value, "read_in": language}
    pat.follow(pat.submit(f"{PAGE}/give", on=PAGE, **wish))
    given = newest(service)
    assert given.purpose is Purpose.OUTCOMES
    assert given.notice_sha256 == hashlib.sha256(words.encode()).hexdigest()
    (record,) = build_consent_records([given], service.clock.now)["@graph"]
    assert record["dpv:hasNotice"]["dct:description"] == words
    assert record["dpv:hasNotice"]["dct:language"] == language
    consents.withdraw(service.services, person_id(service), given.id, service.clock.now)
    assert reading.get() == ENGLISH  # the thread answers others next


def test_words_that_nobody_was_shown_have_no_language() -> None:
    given = make_consent(
        "p", Purpose.APP, controller="did:web:a.example", reference="r", recipient="x", shown=(), now=NOW
    )
    assert notice_language(given) == ENGLISH
    assert notice_language(replace(given, notice_sha256="0" * 64)) is None


def test_a_code_that_waits_is_worth_nothing_after_it_was_withdrawn(service: Service, pat: Person) -> None:
    app = new_app(service)
    answer = app.ask(pat)
    consents.withdraw(service.services, person_id(service), newest(service).id, service.clock.now)
    assert app.redeem(answer["code"]).status_code == 400


def test_what_ends_elsewhere_is_ended_here(service: Service, pat: Person) -> None:
    app = new_app(service)
    app.tokens(pat)
    first = newest(service).id
    service.clock.advance(seconds=1)
    app.tokens(pat)  # a new consent takes the place of the one before
    known = {one.id: one for one in consents.consents_of(service.services, person_id(service))}
    assert known[first].withdrawn_at is not None
    assert newest(service).withdrawn_at is None
    (grant,) = re.findall(r'name="app" value="([^"]+)"', pat.get("/wallet/apps"))
    pat.follow(pat.submit("/wallet/apps/end", on="/wallet/apps", app=grant))
    assert newest(service).withdrawn_at is not None


@pytest.mark.parametrize(
    ("wish", "purpose"),
    [
        ({"shows_name": True, "address": PAT}, Purpose.FACTS),
        ({"slug": "pat-doe"}, Purpose.PROFILE),
    ],
    ids=["facts", "page"],
)
def test_facts_and_pages_are_written_down_and_end_with_the_consent(
    service: Service, pat: Person, badge: str, wish: dict[str, Any], purpose: Purpose
) -> None:
    assert NOTICES[purpose] in shown_words(pat.get("/wallet/shares"))
    service.clock.advance(seconds=1)
    url = shares.make_share(
        service.services, person_id(service), ShareWish((badge,), **wish), service.clock.now
    )
    given = newest(service)
    assert (given.purpose, given.withdrawn_at) == (purpose, None)
    assert (PAT in given.shown) is ("address" in wish)
    path = url.removeprefix(service.settings.public_url)
    assert service.client().get(path).status_code == 200
    pat.follow(pat.submit(f"{PAGE}/withdraw", on=PAGE, consent=given.id))
    assert service.client().get(path).status_code in (404, 410)
    assert newest(service).withdrawn_at == service.clock.now


def test_a_link_that_shows_badges_alone_tells_nothing_of_the_person(
    service: Service, pat: Person, badge: str
) -> None:
    before = consents.consents_of(service.services, person_id(service))
    url = shares.share(service.services, person_id(service), badge, "", service.clock.now)
    assert consents.consents_of(service.services, person_id(service)) == before
    token = hash_token(url.rpartition("/")[2])
    shares.end_share(service.services, person_id(service), token, service.clock.now)


def test_what_was_sent_is_not_called_back_and_nobody_ends_anothers(service: Service, pat: Person) -> None:
    service.clock.advance(seconds=1)
    sent = make_consent(
        person_id(service),
        Purpose.ANSWER,
        controller="did:web:example.org",
        reference="shown:1",
        recipient="Somebody",
        shown=("A badge",),
        now=service.clock.now,
    )
    services = service.services
    services.store.consents.give(sent)
    with pytest.raises(ConflictError):
        consents.withdraw(services, person_id(service), sent.id, service.clock.now)
    assert pat.submit(f"{PAGE}/withdraw", on="/wallet/data", consent=sent.id).status_code == 409
    stranger = services.store.people.add("Kim", service.clock.now)
    with pytest.raises(NotFoundError):
        consents.withdraw(services, stranger, sent.id, service.clock.now)


def test_the_person_takes_it_along(service: Service, pat: Person) -> None:
    new_app(service).tokens(pat, scope=READ)
    services, now = service.services, service.clock.now
    told = []
    for data in (
        tell_all(services, person_id(service), now),
        make_archive(services, person_id(service), now),
    ):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            told.append(json.loads(file.read("consents.json")))
    assert told[0] == told[1]
    records = {one["dpv:hasIdentifier"]: one for one in told[0]["@graph"]}
    known = consents.consents_of(services, person_id(service))
    assert set(records) == {one.id for one in known}
    for one in known:
        record = records[one.id]
        status = "dpv:ConsentGiven" if one.withdrawn_at is None else "dpv:ConsentWithdrawn"
        assert record["dpv:hasConsentStatus"] == {"@id": status}
        language = record["dpv:hasNotice"]["dct:language"]
        assert record["dpv:hasNotice"]["dct:description"] == notice_words(one.purpose, language)
        assert record["dpv:hasPurpose"]["dpv:hasRecipient"]["dpv:hasName"] == one.recipient
        assert len(record["dct:hasPart"]) == (1 if one.withdrawn_at is None else 2)

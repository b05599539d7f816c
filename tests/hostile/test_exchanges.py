"""Attacks on exchanges with wallet apps (W3C VCALM 1.0): replayed, for others, by others, a second time."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from werkzeug.test import TestResponse

from credserv.records.people import ProvedKind
from tests.testkit.browsing import Person, wallet_link
from tests.testkit.proofs import V2, SigningIssuer, issuer
from tests.testkit.service import Service, make_service

WALLET, OTHER = issuer(31), issuer(32)
EMAIL = "pat@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("exchanges")
    return make_service(f"sqlite:///{folder / 'e.sqlite'}", folder, rate_verify="9999/minute")


@dataclass
class Exchange:
    """One that a person began on the page of a badge. interaction: the path of its link."""

    service: Service
    credential_id: str
    page: str

    @property
    def link(self) -> str:
        found = re.search(r'<code class="secret">([^<]+)</code>', self.page)
        assert found is not None
        return html.unescape(found[1])

    @property
    def path(self) -> str:
        told = self.get(self.link).json["protocols"]["vcapi"]
        return urlsplit(told).path

    def get(self, url: str, accept: str = "application/json") -> TestResponse:
        parts = urlsplit(url)
        return self.service.client().get(f"{parts.path}?{parts.query}", headers={"Accept": accept})

    def post(self, message: Mapping[str, Any]) -> TestResponse:
        return self.service.client().post(self.path, json=message)

    def present(self, by: SigningIssuer = WALLET, **changes: Any) -> dict[str, Any]:
        asked = self.post({}).json["verifiablePresentationRequest"]
        presentation = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": by.did}
        options = {
            "proofPurpose": "authentication",
            "challenge": asked["challenge"],
            "domain": asked["domain"],
            **changes,
        }
        return {"verifiablePresentation": {**presentation, "proof": by.prove(presentation, **options)}}


def begin(service: Service, credential_id: str = "") -> Exchange:
    credential_id = credential_id or service.issue(email=EMAIL)
    person = Person(service)
    person.follow(person.submit(wallet_link(service, EMAIL)))
    path = f"/wallet/credentials/{credential_id}"
    answer = person.submit(f"{path}/exchange", on=path)
    assert answer.status_code == 200, answer.text[:500]
    return Exchange(service, credential_id, answer.text)


def refused(answer: TestResponse, status: int, says: str) -> None:
    assert answer.status_code == status, answer.text
    assert says in answer.json["detail"]
    assert not {"verifiablePresentation", "verifiablePresentationRequest"} & answer.json.keys()


def test_a_wallet_gets_the_badge_bound_to_its_key_and_again_where_an_answer_was_lost(
    service: Service,
) -> None:
    exchange = begin(service)
    shown = exchange.present()
    first, again = exchange.post(shown), exchange.post(exchange.present())
    (badge,) = first.json["verifiablePresentation"]["verifiableCredential"]
    assert badge["credentialSubject"]["id"] == WALLET.did
    assert badge["id"].rpartition("/")[2] != exchange.credential_id
    assert again.json == first.json
    verified = service.client().post("/api/v1/verify", json={"credential": badge})
    assert verified.json["verdict"] == "verified"
    known = service.services.store.people.find_proved(ProvedKind.DID, WALLET.did)
    owner = service.services.store.people.find_proved(ProvedKind.EMAIL, EMAIL)
    assert known is not None
    assert owner is not None
    assert known.person_id == owner.person_id


def test_attack_84_a_proof_for_another_exchange_completes_none(service: Service) -> None:
    first, second = begin(service), begin(service)
    refused(second.post(first.present()), 400, "challenge")
    assert second.post(second.present()).status_code == 200


@pytest.mark.parametrize("domain", ["elsewhere.example", "https://localhost", "", None])
def test_attack_85_a_proof_for_another_service_completes_nothing(
    service: Service, domain: str | None
) -> None:
    exchange = begin(service)
    refused(exchange.post(exchange.present(domain=domain)), 400, "proves no DID")


def test_attack_86_a_proof_by_another_key_than_the_holders_completes_nothing(service: Service) -> None:
    exchange = begin(service)
    message = exchange.present()
    stolen = {"verifiablePresentation": {**message["verifiablePresentation"], "holder": OTHER.did}}
    refused(exchange.post(stolen), 400, "proves no DID")
    for wrong in ({"verifiablePresentation": []}, {"other": 1}, {"verifiablePresentation": {}}):
        assert exchange.post(wrong).status_code == 400
    purpose = exchange.present(proofPurpose="assertionMethod")
    refused(exchange.post(purpose), 400, "proves no DID")


def test_who_comes_second_gets_nothing_and_so_does_who_comes_late(service: Service) -> None:
    exchange = begin(service)
    assert exchange.post(exchange.present()).status_code == 200
    refused(exchange.post(exchange.present(by=OTHER)), 409, "another wallet")
    late = begin(service)
    path, message = late.path, late.present()
    service.clock.now += timedelta(minutes=16)
    refused(service.client().post(path, json=message), 404, "time is over")
    service.clock.now -= timedelta(minutes=16)


def test_a_newer_exchange_ends_the_one_that_nobody_completed(service: Service) -> None:
    old = begin(service)
    path = old.path
    begin(service, old.credential_id)
    assert service.client().post(path, json={}).status_code == 404


def test_nobody_begins_an_exchange_for_a_badge_of_somebody_else(service: Service) -> None:
    other = service.issue(email="kim@example.org")
    person = Person(service)
    mine = service.issue(email=EMAIL)
    person.follow(person.submit(wallet_link(service, EMAIL)))
    path = f"/wallet/credentials/{other}/exchange"
    assert person.submit(path, on=f"/wallet/credentials/{mine}").status_code == 404


def test_the_link_is_for_programs_and_for_people(service: Service) -> None:
    exchange = begin(service)
    assert len(exchange.link) <= 400
    told = exchange.get(exchange.link)
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert exchange.get(exchange.link, "*/*").mimetype == "text/html"
    page = exchange.get(exchange.link, "text/html").text
    apps = re.findall(r'href="(https://lcw\.app/request\?request=[^"]+)"', page)
    asked = json.loads(unquote(apps[0].partition("request=")[2]))
    assert asked["protocols"]["vcapi"] == told.json["protocols"]["vcapi"]
    assert list(told.json["protocols"]) == ["vcapi", "oid4vci-1.0", "OID4VCI"]
    assert f'href="interaction:{html.escape(exchange.link)}"' in page
    protocols = service.client().get(f"{exchange.path}/protocols")
    assert protocols.json == told.json

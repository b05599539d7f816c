"""Issuing with ECDSA keys: what is issued verifies, here and by what is published."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.app.factory import create_app
from credserv.app.installation import prepare
from credserv.app.services import build_services
from credserv.app.signing_keys import create_key
from credserv.ground.encoding import KeyType, decode_multikey
from credserv.journeys.define.achievements import load_starters
from credserv.proof.data_integrity.proofs import verify_proofs
from credserv.proof.keys.verification_method import find_method
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.proofs import suites
from tests.testkit.service import ACHIEVEMENT, MAPPING, SOURCE, Clock, NoNetwork, Service, make_settings
from tests.testkit.vc_api import CREDENTIAL, SUBJECT, verify
from tests.testkit.why import why

KINDS = [KeyType.P256, KeyType.P384]


def service_with(kind: KeyType, folder: Path) -> Service:
    """A did:web service whose newest key is of this kind."""
    clock = Clock()
    url = f"sqlite:///{folder / 'credserv.sqlite'}"
    settings = make_settings(url, folder, public_url="https://badges.example.org")
    store, _ = prepare(settings, now=clock.now)
    create_key(settings, store, now=clock.advance(seconds=1), key_type=kind)
    store.close()
    services = build_services(settings, fetcher=NoNetwork(), clock=clock)
    load_starters(services, settings.schemas_dir, clock.now)
    secret = create_secret()
    services.store.sources.create(SourceRecord(SOURCE, "generic", (secret,), MAPPING, clock.now))
    return Service(settings, services, create_app(settings, services, clock=clock), clock, secret)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    made = service_with(request.param, tmp_path)
    yield made
    made.services.close()


def key_type_of(document: dict[str, Any]) -> KeyType:
    return decode_multikey(document["proof"]["verificationMethod"].partition("#")[2])[0]


def get(service: Service, path: str) -> dict[str, Any]:
    found: dict[str, Any] = service.client().get(path).json or {}
    return found


def verdict(service: Service, document: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = service.client().post("/api/v1/verify", json={"credential": document}).json or {}
    return told


def test_an_award_is_signed_with_the_suite_of_its_key(service: Service) -> None:
    credential_id = service.issue()
    document = get(service, f"/credentials/{credential_id}.json")
    assert document["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"
    assert key_type_of(document) in KINDS
    assert verdict(service, document)["verified"] is True

    # Someone else, with nothing but what is published:
    page = get(service, "/.well-known/did.json")
    method = document["proof"]["verificationMethod"]
    assert find_method(page, method, purpose="assertionMethod").key_type is key_type_of(document)
    status_url = document["credentialStatus"]["statusListCredential"]
    listed = get(service, status_url.removeprefix("https://badges.example.org"))
    for signed in (document, listed):
        (proof,) = verify_proofs(
            signed,
            suites=suites(),
            resolve_did=lambda _did: page,
            controller=document["issuer"]["id"],
            now=service.clock.now + timedelta(seconds=1),
        )
        assert proof.cryptosuite == "ecdsa-rdfc-2019"


def test_an_altered_award_is_not_verified(service: Service) -> None:
    document = get(service, f"/credentials/{service.issue()}.json")
    altered = json.loads(json.dumps(document).replace("2026-03-14", "2026-03-15", 1))
    assert verdict(service, altered)["verified"] is False
    assert why(verdict(service, altered)) == {"proof: invalid-signature"}


def test_a_batch_is_signed_with_it_as_well(service: Service) -> None:
    orders = [
        {
            "idempotency_key": f"row-{number}",
            "achievement": ACHIEVEMENT,
            "recipient": {"email": f"p{number}@example.org"},
        }
        for number in range(3)
    ]
    answer = service.client().post(
        "/api/v1/credentials/batch", json={"credentials": orders}, headers=service.api_headers()
    )
    assert answer.status_code in (200, 201), answer.text
    records = service.services.store.credentials.search(limit=10).items
    assert len(records) == 3
    for record in records:
        assert record.signed is not None
        document = json.loads(record.signed)
        assert document["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"
        assert verdict(service, document)["verified"] is True


def test_found_s5_an_installation_issues_in_all_forms(service: Service) -> None:
    headers = service.api_headers("vc-api:issue")
    own = {
        **CREDENTIAL,
        "issuer": service.services.issuer.did,
        "credentialSubject": {**SUBJECT, "name": "Pat", "description": "A mentor"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://lists.example/1",
        },
    }

    def post(**options: Any) -> TestResponse:
        return service.client().post(
            "/credentials/issue", json={"credential": own, "options": options}, headers=headers
        )

    def derive(credential: Any, headers: Any = None) -> TestResponse:
        options = {"selectivePointers": ["/credentialSubject/name"]}
        body = {"verifiableCredential": credential, "options": options}
        return service.client().post("/credentials/derive", json=body, headers=headers)

    for form in ("vc+jwt", "vc+sd-jwt", "vc+cose"):
        answer = post(type=form)
        assert answer.status_code == 201, answer.text
        secured = answer.json["verifiableCredential"]
        assert secured["id"].startswith(f"data:application/{form}")
        assert verify(service, secured, checks=["proof"]).status_code == 200
    if service.services.credential_signer.signer.key_type is not KeyType.P256:
        assert post(cryptosuite="ecdsa-sd-2023").status_code == 400
        return
    answer = post(cryptosuite="ecdsa-sd-2023", mandatoryPointers=["/credentialSubject/id"])
    assert answer.status_code == 201, answer.text
    base = answer.json["verifiableCredential"]
    assert derive(base).status_code == 401
    part = derive(base, headers).json["verifiableCredential"]
    # what decides is shown whatever was asked: the status that could revoke it, and its dates
    assert {name: part[name] for name in ("validFrom", "credentialStatus")} == {
        name: own[name] for name in ("validFrom", "credentialStatus")
    }
    assert verify(service, part, checks=["proof"]).status_code == 200

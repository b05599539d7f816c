"""The VC-API as an installation offers it, under its own name; and the status lists of the test issuer."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.records.credentials import CredentialState
from tests.testkit.service import Service
from tests.testkit.vc_api import (
    CREDENTIAL,
    EXAMPLES,
    INLINE,
    OB3,
    TYPE,
    V2,
    change_status,
    issue,
    issued,
    verify,
)

# --- Bitstring Status List ----------------------------------------------------------------------


def test_an_issued_entry_is_whole_and_its_list_is_a_credential(suites: Service) -> None:
    secured = issued(suites, {"id": "urn:uuid:listed"}, "bitstring-status-list")
    for entry in secured["credentialStatus"]:
        assert entry["type"] == "BitstringStatusListEntry"
        assert entry["statusPurpose"] in ("revocation", "suspension")
        assert str(int(entry["statusListIndex"])) == entry["statusListIndex"]
        address = entry["statusListCredential"].removeprefix(suites.settings.public_url)
        answer = suites.client().get(address)
        assert "BitstringStatusListCredential" in answer.json["type"]
        assert answer.json["credentialSubject"]["encodedList"].startswith("u")
        assert answer.json["credentialSubject"]["statusPurpose"] == entry["statusPurpose"]
        assert verify(suites, answer.json).status_code == 200
    own = {"type": TYPE}
    assert issued(suites, {"credentialStatus": own}, "bitstring-status-list")["credentialStatus"] == own


def test_attack_84_an_empty_challenge_is_a_challenge_that_no_proof_states(suites: Service) -> None:
    secured = issued(suites, {"id": "urn:uuid:challenged"})
    assert verify(suites, secured).status_code == 200
    for asked in ({"challenge": ""}, {"domain": ""}, {"challenge": "c"}):
        assert verify(suites, secured, **asked).status_code == 400, asked


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_a_status_is_set_and_cleared(suites: Service, purpose: str) -> None:
    one = issued(suites, {"id": f"urn:uuid:{purpose}"}, "bitstring-status-list")
    other = issued(suites, {"id": f"urn:uuid:{purpose}-other"}, "bitstring-status-list")
    assert verify(suites, one).status_code == 200
    assert change_status(suites, one["id"], purpose) == 200
    refused = verify(suites, one)
    assert refused.status_code == 400
    assert any("status" in error for error in refused.json["errors"])
    assert verify(suites, one, checks=["proof"]).status_code == 200
    assert verify(suites, other).status_code == 200
    assert change_status(suites, one["id"], purpose, status=False) == 200
    assert verify(suites, one).status_code == 200
    assert change_status(suites, "urn:uuid:nobody", purpose) == 404
    assert change_status(suites, one["id"], "message") == 400


# --- as an installation offers it ----------------------------------------------------------------


def own_credential(service: Service, **change: Any) -> dict[str, Any]:
    return {**CREDENTIAL, "issuer": service.services.issuer.did, **change}


def test_an_installation_signs_under_its_own_name_alone(sqlite_service: Service) -> None:
    service = sqlite_service
    headers = service.api_headers("vc-api:issue")

    def post(credential: Any) -> TestResponse:
        return service.client().post("/credentials/issue", json={"credential": credential}, headers=headers)

    answer = post(own_credential(service, id="https://a.example/credentials/1"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert verify(service, answer.json["verifiableCredential"]).status_code == 200
    line = service.services.store.audit.recent(1)[0]
    assert (line.action, line.subject) == ("document.sign", "https://a.example/credentials/1")
    assert line.actor.startswith("api:")

    without = {name: value for name, value in CREDENTIAL.items() if name != "issuer"}
    for refused in (
        CREDENTIAL,
        without,
        own_credential(service, **INLINE),
        own_credential(service, **{"@context": [V2, EXAMPLES]}),
        own_credential(service, undefined="x"),
        own_credential(service, refreshService={"id": "did:example:refresh"}),
        own_credential(
            service, **{"@context": [V2, OB3], "type": ["VerifiableCredential", "OpenBadgeCredential"]}
        ),
    ):
        assert post(refused).status_code == 422, refused


def test_attack_65_nobody_takes_an_index_of_our_lists(sqlite_service: Service) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": f"{sqlite_service.settings.public_url}/status/1",
    }
    answer = sqlite_service.client().post(
        "/credentials/issue",
        json={"credential": own_credential(sqlite_service, credentialStatus=entry)},
        headers=sqlite_service.api_headers("vc-api:issue"),
    )
    assert answer.status_code == 422
    assert answer.json["faults"][0]["place"] == "/credentialStatus"


def test_a_key_is_needed_and_its_scope(sqlite_service: Service) -> None:
    service = sqlite_service
    body = {"credential": own_credential(service)}
    assert service.client().post("/credentials/issue", json=body).status_code == 401
    for scope, status in (("credentials:issue", 403), ("vc-api:issue", 201)):
        answer = service.client().post("/credentials/issue", json=body, headers=service.api_headers(scope))
        assert answer.status_code == status
    assert change_status(service, "x", "revocation") == 401
    assert change_status(service, "x", "revocation", headers=service.api_headers("vc-api:issue")) == 403
    assert service.client().get("/issuers").status_code == 404
    assert issue(service, CREDENTIAL, "eddsa-rdfc-2022").status_code == 404


def test_a_badge_is_suspended_restored_and_revoked_by_its_id(sqlite_service: Service) -> None:
    service = sqlite_service
    number = service.issue()
    url = f"{service.settings.public_url}/credentials/{number}"
    headers = service.api_headers("credentials:status")

    def state() -> CredentialState:
        record = service.services.store.credentials.get(number)
        assert record is not None
        return record.state

    assert change_status(service, url, "suspension", headers=headers) == 200
    assert state() is CredentialState.SUSPENDED
    assert change_status(service, url, "suspension", status=False, headers=headers) == 200
    assert state() is CredentialState.ACTIVE
    assert change_status(service, url, "revocation", headers=headers) == 200
    assert state() is CredentialState.REVOKED
    assert change_status(service, url, "revocation", status=False, headers=headers) == 409
    assert change_status(service, f"{url}x", "revocation", headers=headers) == 404
    assert change_status(service, "https://a.example/1", "revocation", headers=headers) == 404

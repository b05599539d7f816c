"""Asking a service by the VC-API, as conformance suites do."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.testkit.service import Service

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
TYPE = "https://example.org/#ExampleType"
INLINE: dict[str, Any] = {"@context": [V2, {"ExampleType": TYPE}]}
SUBJECT = {"id": "did:example:subject"}
SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
MULTIBASE = "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"
CREDENTIAL: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": SUBJECT,
}
# What the suites send of version 1.1: with a context of their own, and without a date.
CREDENTIAL_1: dict[str, Any] = {
    **CREDENTIAL,
    "@context": [V1, {"name": "https://schema.org/name", "description": "https://schema.org/description"}],
    "id": "urn:uuid:36245ee9-9074-4b05-a777-febff2e69757",
    "credentialSubject": {**SUBJECT, "name": "Alice", "description": "A credential about Alice."},
}
MODELS = {"1.1": CREDENTIAL_1, "2.0": CREDENTIAL}
NAME = {"@value": "Dog", "@language": "en"}


def issue(service: Service, credential: Any, name: str = "", **options: Any) -> TestResponse:
    door = f"/issuers/{name}/credentials/issue" if name else "/credentials/issue"
    return service.client().post(door, json={"credential": credential, "options": options})


def verify(service: Service, credential: Any, **options: Any) -> TestResponse:
    body = {"verifiableCredential": credential, "options": options}
    return service.client().post("/credentials/verify", json=body)


def issued(
    service: Service, change: dict[str, Any] | None = None, issuer: str = "", model: str = "2.0"
) -> dict[str, Any]:
    answer = issue(service, {**MODELS[model], **(change or {})}, issuer)
    assert answer.status_code == 201, answer.text
    secured: dict[str, Any] = answer.json["verifiableCredential"]
    return secured


def change_status(
    service: Service,
    credential_id: str,
    purpose: str,
    status: bool = True,
    headers: dict[str, str] | None = None,
) -> int:
    body = {
        "credentialId": credential_id,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose},
        "status": status,
    }
    return service.client().post("/credentials/status", json=body, headers=headers).status_code

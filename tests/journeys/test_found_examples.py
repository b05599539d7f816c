"""Row U5 of found.md: every call of the OpenAPI document has an example, and it works as it stands."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.testkit.service import Service

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def described(sqlite_service: Service) -> dict[str, Any]:
    found: dict[str, Any] = sqlite_service.client().get("/api/v1/openapi.json").json
    return found


def example(described: dict[str, Any], path: str) -> dict[str, Any]:
    body = described["paths"][path]["post"]["requestBody"]
    found: dict[str, Any] = body["content"]["application/json"]["example"]
    return found


def test_found_u5_every_body_that_is_json_has_an_example(described: dict[str, Any]) -> None:
    bodies = {
        f"{method} {path}": item[method]["requestBody"]
        for path, item in described["paths"].items()
        for method in METHODS
        if "requestBody" in item.get(method, {})
    }
    assert len(bodies) > 10
    assert [
        name for name, body in bodies.items() if "example" not in body["content"]["application/json"]
    ] == []


@pytest.mark.parametrize("path", ["/credentials/verify", "/presentations/verify"])
def test_found_u5_the_examples_of_verifying_verify(
    sqlite_service: Service, described: dict[str, Any], path: str
) -> None:
    answer = sqlite_service.client().post(path, json=example(described, path))
    assert (answer.status_code, answer.json["verified"]) == (200, True), answer.text


def test_found_u5_the_example_of_an_event_earns_a_credential(
    sqlite_service: Service, described: dict[str, Any]
) -> None:
    """Signed with the secret of a source whose rules name its course."""
    answer = sqlite_service.send_event(example(described, "/hooks/{source}"))
    assert (answer.status_code, answer.json["state"]) == (201, "issued"), answer.text


def test_found_u5_the_examples_of_the_vc_api_issue_and_revoke(
    sqlite_service: Service, described: dict[str, Any]
) -> None:
    """The status is that of a credential of its own."""
    service, client, headers = sqlite_service, sqlite_service.client(), sqlite_service.api_headers()
    issued = client.post("/credentials/issue", json=example(described, "/credentials/issue"), headers=headers)
    assert issued.status_code == 201, issued.text
    change = example(described, "/credentials/status")
    assert change["credentialId"].startswith(f"{service.services.public_url}/credentials/")
    change["credentialId"] = service.send_event().json["credential"]
    revoked = client.post("/credentials/status", json=change, headers=headers)
    assert revoked.status_code == 200, revoked.text


def test_found_u5_the_example_of_deriving_shows_a_part(
    sqlite_service: Service, described: dict[str, Any]
) -> None:
    client, order = sqlite_service.client(), example(described, "/credentials/derive")
    shown = client.post("/credentials/derive", json=order, headers=sqlite_service.api_headers())
    assert shown.status_code == 201, shown.text
    assert "name" in order["verifiableCredential"]
    assert "name" not in shown.json["verifiableCredential"]
    assert client.post("/credentials/verify", json=shown.json).json["verified"] is True


def test_found_u5_no_example_has_a_fault(sqlite_service: Service, described: dict[str, Any]) -> None:
    """At most, what it is about is not there yet: the example of an order makes its person known."""
    client, headers = sqlite_service.client(), sqlite_service.api_headers()
    answers = {}
    for path, method in sorted(
        (path, method) for path, item in described["paths"].items() for method in item
    ):
        call = described["paths"][path][method]
        if method in METHODS and "requestBody" in call and not path.startswith("/hooks/"):
            body = call["requestBody"]["content"]["application/json"]["example"]
            told = headers | {"Idempotency-Key": "example-0001"}
            sent = client.open(re.sub("{.*?}", "none", path), method=method, json=body, headers=told)
            answers[f"{method} {path}"] = sent.status_code, sent.text
    assert len(answers) > 30
    assert {name: told for name, told in answers.items() if told[0] not in (200, 201, 202, 204, 404)} == {}

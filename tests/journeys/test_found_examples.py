"""Row U5 of found.md: every call of the OpenAPI document has an example, and it works as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.web.vc_api.shapes import DerivePayload
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
    """With the name of the service that is asked, and the id of a credential of its own."""
    service, client, headers = sqlite_service, sqlite_service.client(), sqlite_service.api_headers()
    order = example(described, "/credentials/issue")
    order["credential"]["issuer"] = service.services.issuer.did
    issued = client.post("/credentials/issue", json=order, headers=headers)
    assert issued.status_code == 201, issued.text
    change = example(described, "/credentials/status")
    change["credentialId"] = service.send_event().json["credential"]
    revoked = client.post("/credentials/status", json=change, headers=headers)
    assert revoked.status_code == 200, revoked.text


def test_found_u5_the_example_of_deriving_has_its_shape(described: dict[str, Any]) -> None:
    """It has no proof: no base proof is short."""
    assert DerivePayload().validate(example(described, "/credentials/derive")) == {}

"""What a system of the employer tells by the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.testkit.service import Service


def teller(service: Service) -> Callable[..., None]:
    """send("PUT", "/members/ann", email=...): it has to be taken."""
    client, headers = service.client(), service.api_headers()

    def send(method: str, path: str, **body: object) -> None:
        answer = client.open(f"/api/v1{path}", method=method, json=body or None, headers=headers)
        assert answer.status_code < 300, answer.text

    return send

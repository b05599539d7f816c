"""A service that is reached by an IPv6 address alone, over a real socket."""

from __future__ import annotations

import html
import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from credserv.journeys.hold import shares
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.browsing import wallet_link
from tests.testkit.served import served
from tests.testkit.service import Service

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with served(tmp_path_factory.mktemp("ipv6"), host="[::1]", trusted_proxies=1) as running:
        yield running


def ask(
    service: Service, method: str, address: str, body: bytes = b"", **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    """At the address as it stands, or at a path of the service."""
    parts = urlsplit(address if address.startswith("http") else service.settings.public_url + address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=HANGS_AFTER)
    try:
        connection.request(method, parts.path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_a_badge_goes_its_whole_way(service: Service) -> None:
    """Ordered by the API and by a learning system, fetched, verified, claimed, shown."""
    base = service.settings.public_url
    assert re.fullmatch(r"http://\[::1\]:[0-9]+", base)
    order = {"achievement": "constructive-feedback", "recipient": {"email": "sam@example.org", "name": "Sam"}}
    given = {**JSON, **service.api_headers(), "Idempotency-Key": "ordered-by-ipv6"}
    answer, said = ask(service, "POST", "/api/v1/credentials", json.dumps(order).encode(), **given)
    assert answer.status == 201, said
    address = json.loads(said)["credential"]
    assert answer.headers["Location"] == address
    assert address.startswith(f"{base}/credentials/")
    event = json.dumps(service.event(email="kim@example.org")).encode()
    assert (
        ask(service, "POST", "/hooks/academy-lms", event, **service.sign(event, "evt_ipv6"))[0].status == 201
    )

    _, signed = ask(service, "GET", address, Accept="application/vc+ld+json")
    document: dict[str, Any] = json.loads(signed)
    assert document["id"] == address
    for found in (
        document["credentialStatus"]["statusListCredential"],
        document["credentialSubject"]["achievement"]["id"],
    ):
        assert found.startswith(f"{base}/")
        assert ask(service, "GET", found)[0].status == 200
    for body, kind in ((signed, "application/json"), (address, "text/plain")):
        answer, said = ask(service, "POST", "/api/v1/verify", body.encode(), **{"Content-Type": kind})
        assert json.loads(said)["verdict"] == "verified", said
    page = ask(service, "GET", address, Accept="text/html")[1]
    assert "Constructive" in page


def test_a_person_signs_in_and_shows_a_badge(service: Service) -> None:
    credential_id = service.issue(email="pat@example.org")
    link = wallet_link(service, "pat@example.org")
    answer, said = ask(service, "GET", link, Accept="text/html")
    token = re.search(r'name="csrf_token" value="([^"]+)"', said)
    assert token is not None
    kept = {"Cookie": str(answer.headers["Set-Cookie"]).partition(";")[0]}
    form = urlencode({"csrf_token": html.unescape(token[1])}).encode()
    answer, said = ask(service, "POST", link, form, **FORM, **kept)
    assert answer.status == 303, said
    signed_in = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie", [])]
    _, said = ask(service, "GET", "/wallet", Accept="text/html", Cookie="; ".join(signed_in))
    assert credential_id in said
    holder = service.services.store.members.find_by_email("pat@example.org")
    assert holder is not None
    shown = shares.share(service.services, holder.person_id, credential_id, "", service.clock.now)
    assert shown.startswith(f"{service.settings.public_url}/shares/")
    assert ask(service, "GET", shown, Accept="text/html")[0].status == 200


def test_visitors_are_counted_by_their_64(service: Service) -> None:
    """Told by the proxy in front, with the port or without."""

    def tries(*visitors: str) -> list[int]:
        wrong = f"/shares/{'x' * 43}"
        return [ask(service, "GET", wrong, **{"X-Forwarded-For": one})[0].status for one in visitors]

    many = [f"2001:db8:1:2::{number:x}" for number in range(100)]
    assert set(tries(*many)) == {404}
    assert 429 in tries(*[f"[2001:db8:1:2::1]:{port}" for port in range(40_000, 40_030)])
    assert tries("2001:db8:1:3::1", "203.0.113.9") == [404, 404]

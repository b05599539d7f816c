"""A service whose public address has a path, https://hr.example.org/badges: every address that it gives lies
below, and answers."""

from __future__ import annotations

import html
import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter
from werkzeug.test import TestResponse

from credserv.app.founding import found_organisation, require_origin
from credserv.ground.errors import ConflictError
from credserv.journeys.hold import shares
from credserv.records.organisations import Founding
from tests.browser.site import HOLDER, Site, furnish
from tests.testkit.browsing import Person
from tests.testkit.defects import hosts_of
from tests.testkit.service import NOW, Service, make_service, open_service

HOST, PATH = "https://hr.example.org", "/badges"
_LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
_SENT = re.compile(r'\s(?:action|formaction|data-passkey)="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("below")
    service = make_service(
        f"sqlite:///{folder / 'credserv.sqlite'}", folder, public_url=HOST + PATH, fetcher=hosts_of(NOW)
    )
    rates = service.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    return furnish(Site(service, service.settings.public_url))


@pytest.fixture
def below(site: Site) -> Service:
    return site.service


def outside(service: Service) -> FlaskClient:
    """A client that asks for what it is told, whatever the path."""
    return FlaskClient(service.app, response_wrapper=service.app.response_class, use_cookies=True)


def test_every_link_form_and_redirect_lies_below_and_answers(site: Site) -> None:
    service = site.service
    browser = Person(service)
    browser.sign_in_to_console()
    browser.open_wallet(HOLDER)
    assert {cookie.key for cookie in browser.client._cookies.values()} == {
        "__Host-credserv.badges",
        "__Host-credserv_console.badges",
        "__Host-credserv_wallet.badges",
    }
    adapter = service.app.url_map.bind("hr.example.org")
    waiting = [
        HOST + PATH,
        kept_result(site),
        site.claim_link(),
        site.share("valid"),
        site.share_of("valid", "expired"),
    ]
    waiting += [
        HOST + PATH + rule.rule
        for rule in service.app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and "open" not in rule.rule
    ]
    seen, linked, routes, faults = set(waiting), set[str](), set[str](), []
    while waiting:
        address = waiting.pop(0)
        answer = browser.client.get(address, headers={"Accept": "text/html, */*;q=0.5"})
        if answer.status_code >= (400 if address in linked else 500):
            faults.append((address, answer.status_code))
        for found, method in addresses_of(answer, address):
            if not found.startswith(HOST) or found in seen:
                continue
            seen.add(found)
            route = route_of(adapter, found, method)
            if route is None:
                faults.append((address, method, found))
            elif method == "GET" and route not in routes:
                routes.add(route)
                linked.add(found)
                waiting.append(found)
    assert not faults, "\n".join(map(str, faults))
    signed_in = {"/console/people/<membership_id>", "/wallet/credentials/<credential_id>"}
    assert signed_in | {"/shares/<token>/<int:place>", "/docs/<path:name>"} <= routes


def kept_result(site: Site) -> str:
    """The address of a result of a check that was kept."""
    record = site.service.services.store.credentials.get(site.ids["valid"])
    assert record is not None
    client = site.service.client()
    shown = client.post("/verify", data={"text": (record.signed or b"").decode()}).text
    report = re.search(r'name="report" value="([^"]+)"', shown)
    assert report is not None
    answer = client.post("/verify/results", data={"report": html.unescape(report[1]), "days": "7"})
    return urljoin(HOST, answer.headers["Location"])


def route_of(adapter: MapAdapter, address: str, method: str) -> str | None:
    """What answers there; None for what does not lie below, and where nothing answers."""
    path = urlsplit(address).path
    if not f"{path}/".startswith(f"{PATH}/"):
        return None
    for tried in (method, "GET"):  # a search is a form that asks
        with suppress(HTTPException):
            return str(adapter.match(path.removeprefix(PATH) or "/", method=tried, return_rule=True)[0].rule)
    return None


def addresses_of(answer: TestResponse, address: str) -> list[tuple[str, str]]:
    """Absolute, those of a redirect and of a page, each with how it is asked for."""
    told = [(answer.headers["Location"], "GET")] if "Location" in answer.headers else []
    if answer.mimetype == "text/html":
        told += [(one, "GET") for one in _LINK.findall(answer.text)]
        told += [(one, "POST") for one in _SENT.findall(answer.text)]
    answer.close()
    told = [(html.unescape(one), method) for one, method in told if not one.startswith(("#", "data:"))]
    return [(urljoin(address, one).partition("#")[0], method) for one, method in told]


def test_a_badge_goes_its_whole_way_below(below: Service) -> None:
    """Ordered, verified, claimed, shown, revoked; each address in it is asked for as it stands."""
    client = outside(below)
    headers = {**below.api_headers(), "Idempotency-Key": "ordered-below-1"}
    order = {"achievement": "constructive-feedback", "recipient": {"email": "sam@example.org", "name": "Sam"}}
    made = client.post(f"{PATH}/api/v1/credentials", json=order, headers=headers)
    assert made.status_code == 201, made.text
    address = made.json["credential"]
    assert made.headers["Location"] == address
    assert address.startswith(f"{HOST}{PATH}/credentials/")
    shown = client.get(address, base_url=HOST, headers={"Accept": "application/vc+ld+json"})
    document = json.loads(shown.data)
    assert document["issuer"]["id"] == "did:web:hr.example.org:badges"
    own = [found for found in strings(document) if found.startswith(HOST)]
    assert len(own) >= 4
    for found in own:
        assert found.startswith(f"{HOST}{PATH}"), found
        assert client.get(found, base_url=HOST).status_code == 200, found
    assert verdict(client, document) == "verified"
    page = client.get(address, base_url=HOST, headers={"Accept": "text/html"}).text
    assert f"{HOST}{PATH}/credentials/" in page  # to be copied, and the card for previews

    person = Person(below).open_wallet("sam@example.org")
    credential_id = address.rpartition("/")[2]
    answer = person.submit(
        f"/wallet/credentials/{credential_id}/shares", on=f"/wallet/credentials/{credential_id}"
    )
    assert f"{HOST}{PATH}/shares/" in (answer.text or person.follow(answer))
    holder = below.services.store.members.find_by_email("sam@example.org")
    assert holder is not None
    link = shares.share(below.services, holder.person_id, credential_id, "for the library", below.clock.now)
    assert "Constructive" in client.get(link, base_url=HOST, headers={"Accept": "text/html"}).text
    read = client.post(f"{PATH}/api/v1/verify", data=link, content_type="text/plain")
    assert read.json["verdict"] == "verified", read.text

    changed = {"state": "revoked", "reason": "a test"}
    ended = client.post(f"{PATH}/api/v1/credentials/{credential_id}/status", json=changed, headers=headers)
    assert ended.status_code == 200, ended.text
    below.clock.advance(minutes=5)
    assert verdict(client, document) == "not_verified"


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for item in value.values() for found in strings(item)]
    if isinstance(value, list):
        return [found for item in value for found in strings(item)]
    return [value] if isinstance(value, str) else []


def verdict(client: FlaskClient, document: object) -> str:
    answer = client.post(f"{PATH}/api/v1/verify", json=document)
    assert answer.status_code == 200, answer.text
    return str(answer.json["verdict"])


def test_programs_learn_of_addresses_below(below: Service) -> None:
    """OpenAPI, and what wallet apps ask for between host and path (RFC 8414, 3.1; OpenID4VCI 1.0, 12.2.2)."""
    client = outside(below)
    founded(below)
    assert client.get(f"{PATH}/api/v1/openapi.json").json["servers"] == [{"url": HOST + PATH}]
    for slug in ("", "/o/acme"):
        for name in ("openid-credential-issuer", "oauth-authorization-server"):
            told = client.get(f"/.well-known/{name}{PATH}{slug}")
            assert told.status_code == 200, told.text
            own = [found for found in strings(told.json) if found.startswith(HOST)]
            assert len(own) >= 4
            assert all(f"{found}/".startswith(f"{HOST}{PATH}{slug}/") for found in own)
    server = client.get(f"/.well-known/openid-credential-issuer{PATH}").json["authorization_servers"][0]
    inserted = server.replace(HOST, f"{HOST}/.well-known/oauth-authorization-server")
    assert client.get(inserted, base_url=HOST).json["issuer"] == server


def founded(service: Service) -> None:
    if not service.services.neighbours.has("acme"):
        wanted = Founding("acme", "Acme")
        found_organisation(
            service.settings, service.services.store, wanted, actor="test", now=service.clock.now
        )


def test_an_organisation_stands_below_both(below: Service) -> None:
    founded(below)
    client = outside(below)
    did = client.get(f"{PATH}/o/acme/did.json").json["id"]
    assert did == "did:web:hr.example.org:badges:o:acme"
    assert client.get(f"{PATH}/o/acme/.well-known/did.json").status_code == 404
    assert client.get("/o/acme/did.json").status_code == 404
    with pytest.raises(ConflictError, match="own host"):
        require_origin(below.settings, HOST)  # its Host would take the whole of it


def test_outside_nothing_answers_but_what_asks_the_process(below: Service) -> None:
    client = outside(below)
    for path in ("/", "/wallet", "/badgesmith/wallet", "/assets/credserv.css", "/.well-known/did.json"):
        answer = client.get(path)
        assert (answer.status_code, f"this service is at {HOST}{PATH}" in answer.text) == (404, True), path
    page = client.get("/wallet", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert f"his service is at {HOST}{PATH}: ask there." in page.text
    assert f'href="{PATH}/verify"' in page.text
    page = client.get("/wallet", headers={"Accept": "text/html", "Accept-Language": "de"})
    assert f"Dieser Dienst ist unter {HOST}{PATH} zu finden: Fragen Sie dort. Haben Sie" in page.text
    assert client.post("/hooks/academy-lms", data=b"{}").status_code == 404
    assert [client.get(path).status_code for path in ("/healthz", f"{PATH}/healthz")] == [200, 200]
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("name", ["https://badges.example.org", "https://hr.example.org"])
def test_what_was_issued_at_a_former_address_is_found_there(name: str, tmp_path: Path) -> None:
    """Moved below a path from a host of its own, and from the root of the same host; and moved back."""
    url = f"sqlite:///{tmp_path / 'credserv.sqlite'}"
    first = make_service(url, tmp_path, public_url=name)
    old = f"{name}/credentials/{first.issue()}"
    moved = move(first, HOST + PATH)
    new = f"{HOST}{PATH}/credentials/{moved.issue(event_id='evt_9', email='kim@example.org')}"
    back = move(moved, name)
    for service in (moved, back):
        client = outside(service)
        for address in (old, new):
            path, host = address.partition("/credentials/")[0], "/".join(address.split("/")[:3])
            document = client.get(address, base_url=host, headers={"Accept": "application/vc+ld+json"}).json
            assert document["id"] == address
            at = urlsplit(service.settings.public_url).path
            assert client.post(f"{at}/api/v1/verify", json=document).json["verdict"] == "verified"
            listed = document["credentialStatus"]["statusListCredential"]
            assert client.get(listed, base_url=host).status_code == 200
            assert listed.startswith(path)
        did = client.get("/.well-known/did.json", base_url=name)
        assert did.json["id"] == first.services.issuer.did


def move(service: Service, address: str) -> Service:
    """As `credserv settings set PUBLIC_URL` and a start do."""
    service.services.store.addresses.move(address, service.clock.now)
    return open_service(replace(service.settings, public_url=address), service.secret, clock=service.clock)

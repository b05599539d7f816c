"""Two organisations in one installation: each an issuer with addresses, keys and people of its own."""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from credserv.app.founding import found_organisation
from credserv.app.signing_keys import activate_key, create_key, retire_key, revoke_key
from credserv.ground.encoding import hash_token
from credserv.ground.errors import ConflictError, InputError, OrganisationClosedError
from credserv.issuing.recipe import Recipe
from credserv.journeys.admit import sign_in
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.admit.sign_in import Owner, create_console_link
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.hold.shares import ShareWish, make_share
from credserv.journeys.operate.organisation import (
    close_organisation,
    rename_organisation,
    reopen_organisation,
)
from credserv.journeys.operate.trail import read_trail
from credserv.journeys.publish.publish import set_status
from credserv.journeys.services import Services
from credserv.processes.turns import each_organisation, open_mailer
from credserv.records.access import SessionKind
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.organisations import MAIN, Founding, KeyState
from credserv.records.roles import PERMISSIONS, Role
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from credserv.store.frame.remembered import LOOK_SECONDS
from credserv.store.store import open_store
from tests.testkit.browsing import Person, secrets_of
from tests.testkit.service import ACHIEVEMENT, ALL_SCOPES, MAPPING, Service, make_service, repeatable_starters
from tests.testkit.xapi_statements import FULL

HOST = "https://badges.example"
HTML = {"Accept": "text/html"}
KEY = create_secret()
OWNER = Owner("owner@example.org", "Olga Owner")


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Service:
    """MAIN and the organisation `acme`."""
    service = make_service(database_url, tmp_path, public_url=HOST)
    found(service, "acme", name="Acme Guild")
    return service


def found(service: Service, slug: str, *, name: str = "Another", address: str | None = None) -> Services:
    store = service.services.store
    wanted = Founding(slug, name, address=address)
    found_organisation(service.settings, store, wanted, actor="test", now=service.clock.now)
    made = of(service, slug)
    load_starters(made, repeatable_starters(service.settings.schemas_dir), service.clock.now)
    return made


def of(service: Service, slug: str) -> Services:
    assert service.services.neighbours is not None
    return service.services.neighbours.of(slug)


def order(
    service: Service, slug: str = "acme", at: str = "/o/acme", key: str = "order-0001"
) -> tuple[int, str]:
    """Status, and the path of the credential."""
    _, token = create_api_key(of(service, slug), "a test", ALL_SCOPES, service.clock.now)
    asked = {"achievement": ACHIEVEMENT, "recipient": {"email": "sam@example.org", "name": "Sam Roe"}}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    answer = service.client().post(f"{at}/api/v1/credentials", json=asked, headers=headers)
    return answer.status_code, str(answer.json.get("credential", answer.json.get("code")))


def verdict(client: FlaskClient, url: str, at: str = "") -> str:
    return str(client.post(f"{at}/api/v1/verify", json={"url": url}).json["verdict"])


def test_each_publishes_at_its_own_addresses(two: Service) -> None:
    client = two.client()
    assert client.get("/issuer", headers={"Accept": "application/json"}).json["name"] == "Example Academy"
    profile = client.get("/o/acme/issuer", headers={"Accept": "application/json"}).json
    assert (profile["name"], profile["id"]) == ("Acme Guild", "did:web:badges.example:o:acme")
    document = client.get("/o/acme/did.json").json
    assert document["id"] == "did:web:badges.example:o:acme"
    assert client.get("/.well-known/did.json").json["id"] == "did:web:badges.example"
    for nowhere in ("/did.json", "/o/acme/.well-known/did.json", "/o/main/issuer", "/o/nobody/issuer", "/o/"):
        assert client.get(nowhere).status_code == 404, nowhere


def test_the_page_about_an_issuer_tells_people_the_domain_first_and_experts_the_identifier(
    two: Service,
) -> None:
    people, _, experts = two.client().get("/o/acme/issuer", headers=HTML).text.partition("<details")
    assert "signs in the name of <strong>badges.example</strong>" in people
    assert "did:web:badges.example:o:acme" not in people
    assert "did:web:badges.example:o:acme" in experts


def test_the_page_about_an_issuer_without_a_domain_says_so(sqlite_service: Service) -> None:
    told = sqlite_service.client().get("/issuer", headers=HTML).text
    assert "tied to a key, not to a web domain" in told


def test_what_one_issues_verifies_at_every_door_and_is_found_at_its_own(two: Service) -> None:
    status, url = order(two)
    assert (status, url.rpartition("/")[0]) == (201, f"{HOST}/o/acme/credentials")
    client, path = two.client(), url.removeprefix(HOST)
    signed = client.get(path, headers={"Accept": "application/json"}).json
    assert signed["id"] == url
    assert signed["credentialStatus"]["statusListCredential"].startswith(f"{HOST}/o/acme/status/")
    assert signed["credentialSubject"]["achievement"]["id"].startswith(f"{HOST}/o/acme/achievements/")
    assert client.get(path.removeprefix("/o/acme")).status_code == 404
    for at in ("", "/o/acme"):
        assert verdict(client, url, at) in ("verified", "verified_issuer_unknown")
    assert (
        client.get(signed["credentialStatus"]["statusListCredential"].removeprefix(HOST)).status_code == 200
    )
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 200


def test_every_link_of_its_pages_stays_with_it(two: Service) -> None:
    client = two.client()
    _, url = order(two)
    link = create_console_link(of(two, "acme"), two.clock.now, owner=OWNER).removeprefix(HOST)
    assert link.startswith("/o/acme/console/open/")
    signed_in = client.post(link, data={"csrf_token": _token(client.get(link).text)})
    assert signed_in.headers["Location"] == "/o/acme/console"
    seen, waiting = set(), ["/o/acme/", "/o/acme/console", url.removeprefix(HOST), "/o/acme/wallet"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 60 or path.startswith("/o/acme/docs/"):  # texts, the same for all
            continue
        seen.add(path)
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in (200, 302, 303, 401), (path, answer.status_code)
        if answer.mimetype != "text/html":
            continue
        links = re.findall(r'(?:href|src|action)="(/[^"#]*)"', answer.text)
        strays = [one for one in links if not one.startswith("/o/acme/") and not one.startswith("/docs")]
        assert strays == [], path
        waiting += re.findall(r'<a [^>]*href="(/o/acme/[^"#?]*)', answer.text)
    assert len(seen) > 15


def _token(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def test_a_browser_is_signed_in_to_both_at_once(two: Service) -> None:
    client = two.client()
    for slug in ("main", "acme"):
        link = create_console_link(of(two, slug), two.clock.now, owner=OWNER).removeprefix(HOST)
        client.post(link, data={"csrf_token": _token(client.get(link).text)})
    assert "Sign out" in client.get("/console").text
    out = client.post(
        "/o/acme/console/sign-out", data={"csrf_token": _token(client.get("/o/acme/console").text)}
    )
    assert out.status_code == 303, out.text
    assert "Sign out" in client.get("/console").text
    assert "Sign out" not in client.get("/o/acme/console").text


def test_an_address_of_its_own(two: Service) -> None:
    own = found(two, "guild", address="https://Guild.example:443/")
    assert (own.public_url, own.issuer.did) == ("https://guild.example", "did:web:guild.example")
    client, there = two.client(), {"Host": "guild.example"}
    assert client.get("/.well-known/did.json", headers=there).json["id"] == "did:web:guild.example"
    assert client.get("/o/acme/issuer", headers=there).status_code == 404
    status, url = order(two, "guild", "/o/guild")
    assert (status, url.rpartition("/")[0]) == (201, "https://guild.example/credentials")
    answer = client.get(url.removeprefix("https://guild.example"), headers=there)
    assert answer.status_code == 200
    assert client.get(url.removeprefix("https://guild.example")).status_code == 404
    assert verdict(client, url) in ("verified", "verified_issuer_unknown")
    for taken in (
        "https://guild.example",
        "https://guild.example.",
        HOST,
        f"{HOST}:443",
        "https://guild.example/path",
        "ftp://x.example",
        "nothing",
    ):
        with pytest.raises((ConflictError, InputError)):
            found(two, "copy", address=taken)


def test_a_closed_one_issues_nothing_new_and_goes_on_being_verified(two: Service) -> None:
    _, url = order(two)
    close_organisation(two.services.store.of("acme"), actor="test", now=two.clock.now)

    assert order(two, key="order-0002") == (409, "organisation-closed")
    client = two.client()
    assert verdict(client, url) in ("verified", "verified_issuer_unknown")
    assert client.get("/o/acme/did.json").status_code == 200
    listed = client.get(url.removeprefix(HOST), headers={"Accept": "application/json"}).json
    two.clock.advance(days=2)
    answer = client.get(listed["credentialStatus"]["statusListCredential"].removeprefix(HOST))
    assert answer.json["validUntil"] > "2026-03-17"
    with pytest.raises(InputError, match="closed already"):
        close_organisation(two.services.store.of("acme"), actor="test", now=two.clock.now)
    assert order(two, "main", "", key="order-0003")[0] == 201


def test_what_a_closed_one_knows_is_answered_as_before(two: Service) -> None:
    own, now = of(two, "acme"), two.clock.now
    _, token = create_api_key(own, "a test", ALL_SCOPES, now)
    headers, client = {"Authorization": f"Bearer {token}"}, two.client()
    asked = [
        {
            "achievement": ACHIEVEMENT,
            "recipient": {"email": f"{name}@example.org"},
            "idempotency_key": f"batch-{name}",
        }
        for name in ("ann", "bob")
    ]

    def ask(*orders: object) -> tuple[int, list[str]]:
        answer = client.post(
            "/o/acme/api/v1/credentials/batch", json={"credentials": orders}, headers=headers
        )
        return answer.status_code, [
            one.get("credential") or one["error"]["code"] for one in answer.json.get("items", [])
        ]

    event, source = two.event(email="sam@example.org"), SourceRecord("lms", "generic", (KEY,), MAPPING, now)
    own.store.sources.create(source)

    def send(event_id: str) -> tuple[int, str]:
        body = json.dumps(event).encode()
        answer = client.post("/o/acme/hooks/lms", data=body, headers=two.sign(body, event_id, secret=KEY))
        return answer.status_code, answer.json.get("credential") or answer.json["code"]

    def order_one() -> str:
        one = {"achievement": ACHIEVEMENT, "recipient": {"email": "cleo@example.org"}}
        answer = client.post(
            "/o/acme/api/v1/credentials", json=one, headers={**headers, "Idempotency-Key": "order-0001"}
        )
        return str(answer.json["credential"])

    (_, first), ordered, issued = ask(*asked), order_one(), send("evt_1")
    assert (issued[0], len(first)) == (201, 2)
    close_organisation(own.store, actor="test", now=now)
    assert ask(*asked)[1] == first
    assert order_one() == ordered
    assert send("evt_1") == (200, issued[1])
    another = {**asked[0], "idempotency_key": "batch-new"}
    assert ask(asked[0], another)[1] == [first[0], "organisation-closed"]
    assert ask(another)[0] == 409
    assert order(two, key="order-0002") == (409, "organisation-closed")
    assert send("evt_2") == (409, "organisation-closed")
    assert own.store.events.get("lms", "evt_2") is None, "it can be sent again once the organisation is open"
    reopen_organisation(own.store, actor="test", now=now)
    assert send("evt_2")[0] == 201


def test_a_process_that_does_not_know_yet_issues_nothing_for_a_closed_one(two: Service) -> None:
    """What it remembers is up to a second old; the store asks in the transaction that reserves."""
    own = of(two, "acme")
    close_organisation(own.store, actor="test", now=two.clock.now)
    assert own.issuer.is_open, "as it was remembered"
    request = OrderRequest("order-0001", ACHIEVEMENT, Recipient(email="sam@example.org"))
    with pytest.raises(OrganisationClosedError):
        award_request(own, "api:a-test", request, now=two.clock.now)
    assert own.store.credentials.search(limit=9).items == ()


def test_the_console_of_a_closed_one_only_shows(two: Service) -> None:
    order(two)
    client, base = two.client(), "/o/acme"
    link = create_console_link(of(two, "acme"), two.clock.now, owner=OWNER).removeprefix(HOST)
    client.post(link, data={"csrf_token": _token(client.get(link).text)})
    close_organisation(two.services.store.of("acme"), actor="test", now=two.clock.now)

    shown = client.get(f"{base}/console")
    token = _token(shown.text)
    assert "This organisation is closed" in shown.text
    assert "Issue a badge" not in shown.text
    assert client.get(f"{base}/console/credentials").status_code == 200
    assert client.get(f"{base}/console/credentials/issue").status_code == 409
    changing = []
    for rule in two.app.url_map.iter_rules():
        door = getattr(two.app.view_functions[rule.endpoint], "__door__", None)
        if door is None or door.session is not SessionKind.ADMINISTRATOR or "POST" not in rule.methods:
            continue
        values = {name: 1 if name == "number" else "x" * 22 for name in rule.arguments}
        path = two.app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
        if door.while_closed:
            changing.append(rule.endpoint.rpartition(".")[2])
            continue
        answer = client.post(base + path, data={"csrf_token": token}, headers={"Accept": "application/json"})
        may = door.needs is None or door.needs in PERMISSIONS[Role.OWNER]  # owners do not assess
        assert answer.status_code == (409 if may else 403), path
    of_ones_own = {"sign_out", "sign_out_everywhere", "end_session", "end_account", "begin", "prove"}
    assert set(changing) == {*of_ones_own, "reopen"}
    answer = client.post(f"{base}/console/organisation/reopen", data={"csrf_token": token})
    assert answer.status_code == 303
    assert "Issue a badge" in client.get(f"{base}/console").text


def test_owners_of_the_first_make_and_look_after_the_others(two: Service) -> None:
    owner = Person(two).sign_in_to_console()
    fields = {"slug": "guild", "name": "The Guild", "owner": "gil@example.org", "address": ""}
    at = "/console/organisations"
    for wrong in ({"slug": "Not This"}, {"slug": "acme"}, {"owner": "nobody"}, {"address": "ftp://x"}):
        assert owner.submit(at, **{**fields, **wrong}).status_code in (400, 409), wrong
    assert not two.services.neighbours.has("guild")  # type: ignore[union-attr]
    made = owner.submit(at, **fields)
    assert made.status_code == 200
    (link,) = secrets_of(made.text)
    gil = Person(two)
    gil.submit(link.removeprefix(HOST))
    assert "The Guild" in gil.get("/o/guild/console")

    one = f"{at}/guild"
    owner.submit(f"{one}/name", on=one, name="A Guild", url="https://guild.example/", email="")
    owner.submit(f"{one}/calendar", on=one, time_zone="Europe/Vienna", first_weekday="6")
    owner.submit(f"{one}/address", on=one, address="https://guild.example")
    known = of(two, "guild").issuer
    assert (known.name, known.time_zone, known.first_weekday) == ("A Guild", "Europe/Vienna", 6)
    assert (known.address, known.did) == ("https://guild.example", "did:web:guild.example")
    assert known.keys[0].verification_method.startswith("did:web:guild.example#")
    trail = read_trail(of(two, "guild"), before=None, limit=9).lines
    assert "the operator" in {line.who for line in trail}
    load_starters(of(two, "guild"), two.settings.schemas_dir, two.clock.now)
    assert owner.submit(f"{one}/address", on=one, address="").status_code == 409, "achievements name it"
    assert owner.submit(f"{one}/close", on=one).status_code == 400
    owner.submit(f"{one}/close", on=one, sure="yes")
    assert not of(two, "guild").issuer.is_open
    assert "All organisations" in owner.get("/console/organisation")
    assert "closed" in owner.get(at)
    owner.submit(f"{one}/reopen", on=one)
    assert of(two, "guild").issuer.is_open
    assert owner.submit(f"{one}/anything", on=one).status_code == 400
    owner.get(f"{at}/nobody", status=404)


def test_nobody_else_looks_after_other_organisations(two: Service) -> None:
    administrator = Person(two).sign_in_as(Role.ADMINISTRATOR, "ada@example.org")
    administrator.get("/console/organisations", status=403)
    link = create_console_link(of(two, "acme"), two.clock.now, owner=OWNER).removeprefix(HOST)
    owner_of_acme = Person(two)
    owner_of_acme.submit(link)
    assert "All organisations" not in owner_of_acme.get("/o/acme/console/organisation")
    assert "credserv did create --organisation acme" in owner_of_acme.get("/o/acme/console/keys")
    for path in ("", "/main", "/acme"):
        owner_of_acme.get(f"/o/acme/console/organisations{path}", status=403)
    at = "/o/acme/console/organisations/main/close"
    assert owner_of_acme.submit(at, on="/o/acme/console", sure="yes").status_code == 403
    assert of(two, "main").issuer.is_open


def test_renaming_changes_what_is_issued_from_then_on(two: Service) -> None:
    _, before = order(two)
    rename_organisation(two.services.store.of("acme"), "Acme College", actor="test", now=two.clock.now)
    _, after = order(two, key="order-0002")

    names = [
        two.client()
        .get(url.removeprefix(HOST), headers={"Accept": "application/json"})
        .json["issuer"]["name"]
        for url in (before, after)
    ]
    assert names == ["Acme Guild", "Acme College"]
    assert of(two, "main").issuer.name == "Example Academy"
    with pytest.raises(InputError):
        rename_organisation(two.services.store.of("acme"), " ", actor="test", now=two.clock.now)


def test_keys_change_while_the_service_runs(two: Service) -> None:
    store, now = two.services.store.of("acme"), two.clock.now
    first = of(two, "acme").issuing.verification_method
    pending = create_key(two.settings, store, now=now, pending=True).verification_method
    assert of(two, "acme").issuing.verification_method == first
    assert {one["id"] for one in two.client().get("/o/acme/did.json").json["verificationMethod"]} == {
        first,
        pending,
    }
    activate_key(store, pending, now=two.clock.advance(seconds=1))
    assert of(two, "acme").issuing.verification_method == pending
    _, by_second = order(two)
    retire_key(store, first, now=two.clock.now)
    assert of(two, "acme").issuing.verification_method == pending
    assert two.services.issuing.verification_method not in (first, pending)
    assert verdict(two.client(), by_second) in ("verified", "verified_issuer_unknown")


def test_what_a_compromised_key_signed_verifies_nowhere_from_then_on(two: Service) -> None:
    _, url = order(two)
    client, store = two.client(), two.services.store.of("acme")
    signed = client.get(url.removeprefix(HOST), headers={"Accept": "application/json"}).json
    first, listed = (
        of(two, "acme").issuing.verification_method,
        signed["credentialStatus"]["statusListCredential"],
    )
    assert client.get(listed.removeprefix(HOST)).json["proof"]["verificationMethod"] == first
    with pytest.raises(InputError, match="only active key"):
        revoke_key(store, first, now=two.clock.now)
    second = create_key(two.settings, store, now=two.clock.advance(seconds=1)).verification_method
    revoke_key(store, first, now=two.clock.now)

    assert verdict(client, url) == "not_verified"
    assert first not in client.get("/o/acme/did.json").text
    # The list was signed by it: it is signed anew at once, or no good badge would verify.
    assert client.get(listed.removeprefix(HOST)).json["proof"]["verificationMethod"] == second
    _, later = order(two, key="order-0002")
    assert verdict(client, later) in ("verified", "verified_issuer_unknown")
    (key,) = [one for one in of(two, "acme").issuer.keys if one.verification_method == first]
    assert (key.state, key.ended_at) == (KeyState.COMPROMISED, two.clock.now)


def test_attack_63_no_id_or_list_of_another_organisation_is_signed(two: Service) -> None:
    _, token = create_api_key(of(two, "acme"), "a test", ALL_SCOPES, two.clock.now)
    found(two, "guild", address="https://guild.example")
    for base in (HOST, f"{HOST}/o/acme", "https://guild.example", "HTTPS://Guild.example:443"):
        credential = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "id": f"{base}/credentials/AAAAAAAAAAAAAAAAAAAAAA",
            "issuer": of(two, "acme").issuer.did,
            "credentialSubject": {"id": "did:example:1"},
        }
        answer = two.client().post(
            "/o/acme/credentials/issue",
            json={"credential": credential},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert (answer.status_code, answer.json["faults"][0]["place"]) == (422, "/id"), base


def test_one_wallet_shows_what_every_organisation_awarded(two: Service) -> None:
    """At whichever address it is opened; by what its owner proved, and by nothing that is only asserted."""
    found(two, "guild", address="https://guild.example")
    awarded = {slug: _award(two, slug, "pat@example.org") for slug in ("main", "acme", "guild")}
    foreign = _award(two, "acme", "somebody@example.org")
    sign_in.prove_address(two.services, "sam@example.org", two.clock.now)
    host, there = {}, {"Host": "guild.example"}
    for at, headers in (("", host), ("/o/acme", host), ("", there)):
        client = two.client()
        own = of(two, "guild" if headers else at.rpartition("/")[2] or "main")
        path = sign_in.create_wallet_link(own, "pat@example.org", two.clock.now)
        path = path.removeprefix(HOST).removeprefix("https://guild.example")
        token = _token(client.get(path, headers=headers).text)
        client.post(path, data={"csrf_token": token}, headers=headers)
        shown = client.get(f"{at}/wallet", headers=headers).text
        for slug, known in awarded.items():
            assert known in shown, (at, headers, slug)
            page = client.get(f"{at}/wallet/credentials/{known}", headers=headers)
            assert page.status_code == 200
            for picture in re.findall(r'<img src="(/[^"]+[.]png)"', page.text):
                assert client.get(picture, headers=headers).status_code == 200, picture
        assert foreign not in shown
        for known in (foreign, "A" * 22):
            assert client.get(f"{at}/wallet/credentials/{known}", headers=headers).status_code == 404
            picture = f"{at}/wallet/credentials/{known}/picture.png"
            assert client.get(picture, headers=headers).status_code == 404


def test_a_badge_of_another_organisation_is_shared_at_its_own_address(two: Service) -> None:
    known, client = _award(two, "acme", "pat@example.org"), two.client()
    path = sign_in.create_wallet_link(two.services, "pat@example.org", two.clock.now).removeprefix(HOST)
    client.post(path, data={"csrf_token": _token(client.get(path).text)})
    page = client.get(f"/wallet/credentials/{known}")
    assert f'href="/wallet/credentials/{known}/badge.json"' in page.text
    shared = client.post(
        f"/wallet/credentials/{known}/shares", data={"csrf_token": _token(page.text), "label": "a friend"}
    )
    link = re.search(rf"{HOST}(/o/acme/shares/[A-Za-z0-9_-]+)", shared.text)
    assert link is not None
    assert two.client().get(link[1]).status_code == 200
    assert two.client().get(link[1].removeprefix("/o/acme")).status_code == 404
    stranger = two.client()
    path = sign_in.create_wallet_link(two.services, "sam@example.org", two.clock.now).removeprefix(HOST)
    stranger.post(path, data={"csrf_token": _token(stranger.get(path).text)})
    ended = f"/wallet/shares/{hash_token(link[1].rpartition('/')[2])}/end"
    token = _token(stranger.get("/wallet").text)
    assert stranger.post(ended, data={"csrf_token": token}).status_code == 404
    assert two.client().get(link[1]).status_code == 200
    assert client.post(ended, data={"csrf_token": _token(page.text)}).status_code == 303
    assert two.client().get(link[1]).status_code == 410


def test_badges_of_two_organisations_are_shared_together_and_each_says_whose_it_is(two: Service) -> None:
    person = sign_in.prove_address(two.services, "pat@example.org", two.clock.now)
    known = tuple(_award(two, slug, "pat@example.org") for slug in ("acme", MAIN))
    assert sign_in.prove_address(of(two, "acme"), "pat@example.org", two.clock.now) == person
    sign_in.prove_address(two.services, "pat@example.org", two.clock.now)
    path = make_share(two.services, person, ShareWish(known), two.clock.now).removeprefix(HOST)
    theirs, ours = (two.client().get(f"{path}/{place}").text for place in (1, 2))
    assert 'href="https://badges.example/o/acme/issuer"><bdi>Acme Guild<' in theirs
    assert "Genuine and in force, but who its issuer is was not established" in theirs
    assert "Genuine and in force: " in ours
    set_status(
        of(two, "acme"), known[0], CredentialState.REVOKED, reason="x", actor="test", now=two.clock.now
    )
    theirs = two.client().get(f"{path}/1").text
    assert "revoked by its issuer" in theirs
    assert "doubted" in theirs


def test_what_an_organisation_asserts_puts_nothing_into_a_wallet_and_takes_nothing_out(two: Service) -> None:
    own, now = of(two, "acme"), two.clock.now
    person = sign_in.prove_address(two.services, "pat@example.org", now)
    _award(two, "acme", "pat@example.org")  # asserted since; it comes with the next proof
    assert two.services.store.holdings.of_person(person) == ()
    assert sign_in.prove_address(own, "pat@example.org", now) == person
    assert [slug for slug, _ in two.services.store.holdings.of_person(person)] == ["acme"]
    (member,) = [own.store.members.of_person(person)]
    assert member is not None
    (identifier,) = own.store.members.identifiers(member.id)
    own.store.members.end_identifier(identifier.id, now, now)
    assert [slug for slug, _ in two.services.store.holdings.of_person(person)] == ["acme"]


def _award(service: Service, slug: str, email: str) -> str:
    request = OrderRequest(f"for-{email}", ACHIEVEMENT, Recipient(email=email))
    return award_request(of(service, slug), "api:a-test", request, now=service.clock.now)[0].id


def test_what_another_process_changes_is_followed_within_a_second(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path, public_url=HOST)
    elsewhere = open_store(database_url, secret_key=service.settings.secret_key)
    assert service.client().get("/o/acme/issuer").status_code == 404
    wanted = Founding("acme", "Acme")
    found_organisation(service.settings, elsewhere, wanted, actor="test", now=service.clock.now)
    time.sleep(LOOK_SECONDS)
    assert service.client().get("/o/acme/issuer").status_code == 200
    first = of(service, "acme").issuing.verification_method
    second = create_key(service.settings, elsewhere.of("acme"), now=service.clock.advance(seconds=1))
    revoke_key(elsewhere.of("acme"), first, now=service.clock.now)
    time.sleep(LOOK_SECONDS)
    assert of(service, "acme").issuing.verification_method == second.verification_method
    elsewhere.close()


def test_each_has_what_a_crash_left_finished_and_its_letters_sent_in_its_name(two: Service) -> None:
    names = sorted(str(own.issuer.profile["name"]) for own in each_organisation(two.services))
    assert names == ["Acme Guild", "Example Academy"]
    two.services.store.of("acme").organisation.revoke_key(
        of(two, "acme").issuing.verification_method, two.clock.now
    )
    assert [own.issuer.id for own in each_organisation(two.services)] == ["main"]


def test_the_flood_of_one_takes_no_others_turn(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path, public_url=HOST, rate_intake="2/hour")
    for key in range(3):  # a single organisation has all there is
        assert order(service, "main", "", key=f"order-000{key}")[0] == 201
    found(service, "acme")
    found(service, "guild")
    assert [order(service, key=f"order-000{key}")[0] for key in range(3)] == [201, 201, 429]
    stranger = {"Authorization": "Bearer csk_000000000000_" + "A" * 43}
    for _ in range(3):  # who is not let in uses nothing up
        assert (
            service.client()
            .get("/o/guild/api/v1/credentials/AAAAAAAAAAAAAAAAAAAAAA", headers=stranger)
            .status_code
            == 401
        )
    assert order(service, "guild", "/o/guild")[0] == 201


def test_what_one_call_holds_counts_as_much_as_many_calls(database_url: str, tmp_path: Path) -> None:
    """A batch of orders counted as one call, as did a message with thousands of statements."""
    service = make_service(database_url, tmp_path, public_url=HOST, rate_intake="4/hour")
    for slug in ("batch", "statements", "envelope"):
        own = found(service, slug)
        own.store.sources.create(SourceRecord("lms", "xapi", (KEY,), {"rules": []}, service.clock.now))
    client, body = service.client(), json.dumps([{**FULL, "id": f"{uuid.uuid4()}"} for _ in range(5)])
    _, token = create_api_key(of(service, "batch"), "a test", ALL_SCOPES, service.clock.now)
    told = {"achievement": ACHIEVEMENT, "recipient": {"email": "sam@example.org"}}
    items = [{**told, "idempotency_key": f"batch-000{number}"} for number in range(5)]
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "batch": (
            "api/v1/credentials/batch",
            {"json": {"items": items}, "headers": {"Authorization": f"Bearer {token}"}},
        ),
        "statements": (
            "xapi/lms/statements",
            {"data": body, "headers": {"X-Experience-API-Version": "1.0.3"}, "auth": ("lms", KEY)},
        ),
        "envelope": (
            "hooks/lms",
            {"data": body, "headers": service.sign(body.encode(), "evt_1", secret=KEY)},
        ),
    }
    for slug, (path, call) in calls.items():
        statuses = [client.post(f"/o/{slug}/{path}", **call).status_code for _ in range(2)]
        assert statuses in ([200, 429], [200, 503]), slug
        assert order(service, slug, f"/o/{slug}")[0] == 429  # it has used up its own
    found(service, "guild")
    assert order(service, "guild", "/o/guild")[0] == 201


@pytest.mark.parametrize("name", ["Acme\nGuild", "Acme\u202edliuG", "Ac\u200bme", "Ac\x07me", "Ac\u2028me"])
def test_a_name_that_cannot_be_seen_is_taken_by_no_door(two: Service, name: str) -> None:
    """A line break stopped all letters of the organisation; U+202E turns the text around it."""
    store, now = two.services.store, two.clock.now
    with pytest.raises(InputError, match="can be seen"):
        found(two, "copy", name=name)
    with pytest.raises(InputError, match="can be seen"):
        rename_organisation(store.of("acme"), name, actor="test", now=now)
    owner = Person(two).sign_in_to_console()
    fields = {"slug": "copy", "name": name, "url": HOST, "owner": OWNER.email}
    for page, path in (("organisation", "organisation/name"), ("organisations", "organisations")):
        assert "can be seen" in owner.submit(f"/console/{path}", on=f"/console/{page}", **fields).text
    assert [known.name for known in store.organisations.list()] == ["Acme Guild", "Example Academy"]
    with pytest.raises(InputError, match="can be seen"):
        create_api_key(of(two, "acme"), name, ALL_SCOPES, now)


def test_a_name_that_is_stored_already_stops_no_letter(two: Service) -> None:
    settings = replace(two.settings, smtp_url="smtp://127.0.0.1:1", mail_from="badges@academy.example")
    own = of(two, "acme")
    named = replace(own.issuer, profile={**own.issuer.profile, "name": "Acme\nGuild"})
    changed = replace(own, recipe=Recipe(replace(own.issuing, issuer=named)))
    assert open_mailer(settings, changed) is not None


@pytest.mark.parametrize("slug", ["", "Acme", "a_b", "-a", "../x", "a" * 65, "main", "acme"])
def test_a_bad_or_taken_name_founds_nothing(two: Service, slug: str) -> None:
    before = two.services.store.organisations.list()
    with pytest.raises((InputError, ConflictError)):
        found(two, slug)
    assert two.services.store.organisations.list() == before

"""Attacks at the web's doors, each named after its number in the list of attacks."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import TestResponse

from credserv.app.logs import configure_logging
from credserv.ground.strict_json import MAX_BYTES
from credserv.records.roles import Role
from credserv.records.sources import EventState
from credserv.sources.webhook import create_secret
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.browsing import Person, console_link, wallet_link
from tests.testkit.service import ACHIEVEMENT, ALL_SCOPES, SOURCE, Service, make_service

JSON_DOORS = (
    "/api/v1/achievements",
    "/api/v1/credentials",
    "/api/v1/credentials/batch",
    "/api/v1/verify",
    "/credentials/verify",
)


def send(service: Service, door: str, body: bytes, **headers: str) -> TestResponse:
    given = {
        "Content-Type": "application/json",
        "Idempotency-Key": "order-0001",
        **service.api_headers(),
        **headers,
    }
    return service.client().post(door, data=body, headers=given)


def issued(service: Service) -> int:
    return sum(service.services.store.credentials.count_by_state().values())


# --- C: reading what is sent --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 413),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 413),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e999}', 400),
        (b'{"a": ' + b"9" * 1_000_000 + b"}", 400),
        (b'{"a": "\\ud800"}', 400),
        (b'{"a": "\\u0000"}', 400),
        (b'\xef\xbb\xbf{"a": 1}', 400),
        (b'{"a": "\xff"}', 400),
        (b'{"a": ' + b"[1]," * 1 + b"}", 400),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
    ids=[
        "deep",
        "past-the-depth",
        "duplicate",
        "nan",
        "infinity",
        "digits",
        "surrogate",
        "nul",
        "bom",
        "utf-8",
        "syntax",
        "large",
    ],
)
def test_attack_32_39_40_json_is_read_strictly_at_every_door(
    sqlite_service: Service, body: bytes, status: int
) -> None:
    for door in JSON_DOORS:
        answer = send(sqlite_service, door, body)
        assert answer.status_code == status, (door, answer.text[:200])
        assert answer.content_type == "application/problem+json"
    signed = sqlite_service.sign(body, "evt_strict")
    answer = sqlite_service.client().post(f"/hooks/{SOURCE}", data=body, headers=signed)
    kept = sqlite_service.services.store.events.get(SOURCE, "evt_strict")
    if len(body) > MAX_BYTES:
        assert (answer.status_code, kept) == (413, None)
        return
    # An authenticated event is kept, whatever is in it, and earns nothing.
    assert answer.status_code == 202
    assert kept is not None
    assert (kept.state, kept.credential_id) == (EventState.QUARANTINED, None)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, identity"])
def test_attack_42_compressed_bodies_are_not_read(sqlite_service: Service, encoding: str) -> None:
    for door in (*JSON_DOORS, f"/hooks/{SOURCE}", "/verify"):
        answer = send(sqlite_service, door, b"{}", **{"Content-Encoding": encoding})
        assert answer.status_code == 415
        assert answer.headers["Accept-Encoding"] == "identity"


def test_attack_44_a_long_query_and_many_form_parts_are_refused(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    assert client.get("/verify?" + "&".join(f"a{n}=1" for n in range(10_000))).status_code == 414
    parts = {f"part{n}": "x" for n in range(500)}
    assert client.post("/verify", data=parts, content_type="multipart/form-data").status_code == 413


def test_attack_45_a_flood_of_verifications_is_bounded_and_issuing_goes_on(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    service = make_service(f"sqlite:///{path}", tmp_path, rate_verify="3/minute")
    client = service.client()
    answers = [client.post("/api/v1/verify", json={"credential": {}}) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert answers[3].status_code == 429
    assert answers[3].content_type == "application/problem+json"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 61
    assert client.post("/credentials/verify", json={}).status_code == 429
    assert service.send_event().status_code == 201


def test_attack_39_a_body_in_chunks_is_never_cut_off_and_read(sqlite_service: Service) -> None:
    document = b'{"credential": {}}'
    for padding, status in ((b" ", 200), (b" " * 1_100_000, 413)):
        answer = sqlite_service.client().post(
            "/api/v1/verify",
            input_stream=io.BytesIO(document + padding),
            headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert answer.status_code == status


def test_attack_45_only_counted_proxies_are_believed_about_the_client(
    sqlite_template: Path, tmp_path: Path
) -> None:
    for proxies, expected in ((0, [200, 429]), (1, [200, 200])):
        folder = tmp_path / str(proxies)
        folder.mkdir()
        (folder / "credserv.sqlite").write_bytes(sqlite_template.read_bytes())
        url = f"sqlite:///{folder / 'credserv.sqlite'}"
        client = make_service(url, folder, rate_verify="1/minute", trusted_proxies=proxies).client()
        answers = [
            client.post("/api/v1/verify", json={"credential": {}}, headers={"X-Forwarded-For": address})
            for address in ("192.0.2.1", "192.0.2.2")
        ]
        assert [answer.status_code for answer in answers] == expected


def test_a_picture_may_be_larger_than_a_document(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    for size, status in ((2_000_000, 422), (4_300_000, 413)):
        body = b"\x89PNG\r\n\x1a\n" + b"\0" * size
        answer = client.post("/api/v1/verify", data=body, content_type="image/png")
        assert answer.status_code == status
    document = client.post("/api/v1/verify", data=b" " * 2_000_000, content_type="application/json")
    assert document.status_code == 413


# --- I: who may do what -------------------------------------------------------------------------


def test_attack_98_json_that_is_not_called_json_is_refused(sqlite_service: Service) -> None:
    order = json.dumps({"achievement": ACHIEVEMENT, "recipient": {"email": "a@b.example"}}).encode()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = send(sqlite_service, "/api/v1/credentials", order, **{"Content-Type": media_type})
        assert answer.status_code == 415, media_type
    assert issued(sqlite_service) == 0


def test_attack_98_a_form_without_its_token_changes_nothing(sqlite_service: Service) -> None:
    credential_id = sqlite_service.issue()
    client = signed_in_administrator(sqlite_service)
    answer = client.post(f"/console/credentials/{credential_id}/revoke", data={"reason": "x", "sure": "yes"})
    assert answer.status_code == 400
    record = sqlite_service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.state == "active"


def test_attack_169_a_link_from_another_site_shuts_nobody_out(sqlite_service: Service) -> None:
    """What it says is kept until the person has signed in."""
    person = Person(sqlite_service)
    for link in ("a%00b", "%ED%A0%80", "%5B" * 600, "%F0%9F%92%A5" * 150):
        asked = person.client.get(f"/wallet/answer?link={link}", headers={"Accept": "text/html"})
        assert asked.status_code == 303
        person.get("/")
        person.open_wallet("pat@example.org")
        person.get("/wallet/answer")
        person.submit("/wallet/sign-out", on="/wallet")


@pytest.mark.parametrize(
    "kept",
    ["a\x00b", "\ud800", [[]] * 21_000, {"1": float("nan")}, 10**500],
    ids=["nul", "half a letter", "many", "no number", "long number"],
)
def test_attack_169_a_session_that_cannot_be_read_begins_anew(sqlite_service: Service, kept: Any) -> None:
    person = Person(sqlite_service)
    made = SecureCookieSessionInterface().get_signing_serializer(sqlite_service.app)
    assert made is not None
    for name in ("asked_link", "wanted", "csrf_token", "_flashes", "oidc", "staff_oidc", "staff_saml"):
        person.client.set_cookie("credserv", str(made.dumps({name: kept})))
        for path in ("/", "/verify", "/wallet", "/console"):
            person.get(path)
        person.open_wallet("pat@example.org")


def test_attack_98_no_page_may_be_framed(sqlite_service: Service) -> None:
    for address in ("/", "/verify", "/wallet", "/console", "/api/v1/docs", "/nothing"):
        answer = sqlite_service.client().get(address, headers={"Accept": "text/html"})
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


# Who may use each route. A route that is not listed here fails the test: say who may use it.
PUBLIC, SIGNED, ADMINISTRATOR, HOLDER = "public", "signed", "administrator", "holder"
OPEN_RULES = {
    "/",
    "/assets/<path:name>",
    "/language",
    "/brand/colours.css",
    "/brand/logo.png",
    "/healthz",
    "/readyz",
    "/.well-known/security.txt",
    "/metrics",  # on this machine, as here: tests/journeys/operate/test_metrics.py
    "/.well-known/did.json",
    "/.well-known/did.jsonl",
    "/did.json",
    "/did.jsonl",
    "/people/<string:name>/did.json",
    "/programmes/<string:key>/entitled",
    "/endorse/<token>",
    "/endorse/<token>/elsewhere",
    "/endorse/<token>/elsewhere/signed",
    "/issuer",
    "/achievements/<string:key>",
    "/achievements/<string:key>/versions/<int:version>",
    "/achievements/<key>/versions/<int:number>/card.png",
    "/images/<string:sha256>.<any(png, svg):suffix>",
    "/status/<string:list_id>",
    "/status/<string:list_id>/token",
    "/.well-known/openid-credential-issuer",
    "/.well-known/openid-credential-issuer/o/<slug>",
    "/.well-known/oauth-authorization-server/openid4vci",
    "/.well-known/oauth-authorization-server/o/<slug>/openid4vci",
    "/openid4vci/offers/<name>",
    "/openid4vci/token",
    "/openid4vci/nonce",
    "/credentials/<string(length=22):credential_id>",
    "/credentials/<string(length=22):credential_id>/refresh",
    "/credentials/<string:credential_id>.<any(json, jwt, png, svg):suffix>",
    "/shares/<token>",
    "/shares/<token>/<int:place>",
    "/shares/<token>/<int:place>.png",
    "/shares/<token>/<int:place>.pdf",
    "/shares/<token>/brought/<int:place>",
    "/shares/<token>/brought/<int:place>/file",
    "/shares/<token>/card.png",
    "/credentials/<string:credential_id>/card.png",
    "/credentials/<string(length=22):credential_id>/certificate.pdf",
    "/people/<slug>",
    "/people/<slug>/<int:place>",
    "/people/<slug>/<int:place>.png",
    "/people/<slug>/<int:place>.pdf",
    "/people/<slug>/brought/<int:place>",
    "/people/<slug>/brought/<int:place>/file",
    "/people/<slug>/card.png",
    "/verify",
    "/verify/row",
    "/verify/export",
    "/verify/results",
    "/verify/results/<token>",
    "/verify/results/<token>/end",
    "/verify/ask",
    "/verify/ask/<token>",
    "/verify/ask/<token>/end",
    "/openid4vp/<request_id>",
    "/interactions/<token>",
    "/workflows/claim/exchanges/<token>",
    "/workflows/claim/exchanges/<token>/protocols",
    "/openid4vp/<request_id>/request",
    "/openid4vp/<request_id>/response",
    "/verify/badge.svg",
    "/credentials/<string:credential_id>/verification.svg",
    "/api/v1/verify",
    "/api/v1/verify/batch",
    "/api/v1/eligibility",
    "/eligibility",
    "/schemas/verification-result.json",
    "/schemas/trusted-issuers.json",
    "/schemas/mastery-rule.json",
    "/schemas/programme.json",
    "/credentials/verify",
    "/presentations/verify",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/docs/<string:part>",
    "/wallet",
    "/wallet/open/<token>",
    "/wallet/link",
    "/wallet/sign-out",
    "/wallet/not-me/<token>",
    "/wallet/employer",
    "/wallet/employer/back",
    "/wallet/passkeys/ask",
    "/wallet/passkeys/open",
    "/console",
    "/console/open/<token>",
    "/console/link",
    "/console/login",
    "/console/login/back",
    "/console/login/done",
    "/console/saml",
    "/console/saml/metadata",
    "/console/saml/acs",
    "/console/saml/done",
    "/console/passkeys/ask",
    "/console/passkeys/open",
    "/claim/<token>",
    "/feedback/<token>",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/o/<slug>",
    "/ims/ob/v3p0/discovery",
    "/mentors",
    "/log",
    "/log/head",
    "/log/consistency",
    "/log/entries",
    "/log/credentials/<string:credential_id>",
    "/oauth/register",
    "/oauth/authorize",
    "/oauth/par",
    "/oauth/token",
    "/oauth/revoke",
    "/docs/",
    "/docs/<path:name>",
    "/xapi/<string:source>/about",
    "/xapi/<string:source>/<path:resource>",
    "/audits/<key>",
    "/audits/<key>/<period>",
    "/audits/<key>/<period>/audit.json",
    "/lti/<string:source>/login",
    "/lti/<string:source>/launch",
    "/lti/<string:source>/jwks",
    "/lti/<string:source>/register/<path:secret>",
}
SCOPED_RULES = {
    ("POST", "/api/v1/achievements"): "achievements:write",
    ("GET", "/api/v1/achievements"): "credentials:read",
    ("GET", "/api/v1/achievements/<string:key>"): "credentials:read",
    ("POST", "/api/v1/credentials"): "credentials:issue",
    ("GET", "/api/v1/credentials"): "credentials:read",
    ("GET", "/api/v1/events/<string:source>/<path:event_id>"): "credentials:read",
    ("POST", "/api/v1/credentials/batch"): "credentials:issue",
    ("GET", "/api/v1/credentials/<string(length=22):credential_id>"): "credentials:read",
    ("POST", "/api/v1/credentials/<string:credential_id>/status"): "credentials:status",
    ("POST", "/api/v1/reissues"): "credentials:status",
    ("GET", "/api/v1/reissues/<string:run_id>"): "credentials:read",
    ("POST", "/api/v1/reissues/<string:run_id>/change"): "credentials:status",
    ("POST", "/api/v1/revocations"): "credentials:status",
    ("GET", "/api/v1/revocations/<string:run_id>"): "credentials:read",
    ("POST", "/api/v1/revocations/<string:run_id>/change"): "credentials:status",
    ("POST", "/api/v1/people/identifiers"): "people:write",
    ("POST", "/api/v1/mentoring/capacity-plans"): "accreditations:write",
    ("GET", "/api/v1/mentoring/capacity-plans/<string:ref>"): "accreditations:read",
    ("GET", "/api/v1/mentoring/capacity-plans/<string:ref>/table"): "accreditations:read",
    ("GET", "/api/v1/mentoring/fastest-path"): "accreditations:read",
    ("POST", "/api/v1/members"): "people:write",
    ("PUT", "/api/v1/members/<string:ref>"): "people:write",
    ("POST", "/api/v1/members/<string:ref>/leaving"): "people:write",
    ("POST", "/api/v1/members/<string:ref>/moves"): "people:write",
    ("POST", "/api/v1/programmes"): "accreditations:write",
    ("GET", "/api/v1/programmes"): "accreditations:read",
    ("GET", "/api/v1/programmes/<string:key>"): "accreditations:read",
    ("PUT", "/api/v1/programmes/<string:key>/versions/<int:version>/retirement"): "accreditations:write",
    ("POST", "/api/v1/programmes/<string:key>/founders"): "accreditations:write",
    ("PUT", "/api/v1/programmes/<string:key>/audits/<string:period>"): "accreditations:write",
    ("GET", "/api/v1/programmes/<string:key>/audits/<string:period>"): "accreditations:read",
    ("POST", "/api/v1/programmes/<string:key>/audits/<string:period>/freeze"): "accreditations:write",
    ("POST", "/api/v1/programmes/<string:key>/audits/<string:period>/reveal"): "accreditations:write",
    ("POST", "/api/v1/programmes/<string:key>/audits/<string:period>/findings"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/appeals"): "accreditations:write",
    ("POST", "/api/v1/applications/<string:name>/appeals"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/appeals/<string:appeal>/decision"): "accreditations:write",
    ("POST", "/api/v1/applications/<string:name>/appeals/<string:appeal>/decision"): "accreditations:write",
    ("POST", "/api/v1/applications"): "accreditations:write",
    ("GET", "/api/v1/applications/<string:name>"): "accreditations:read",
    ("POST", "/api/v1/applications/<string:name>/evidence"): "accreditations:write",
    ("GET", "/api/v1/applications/<string:name>/endorsements"): "accreditations:read",
    ("POST", "/api/v1/applications/<string:name>/endorsements"): "accreditations:write",
    ("POST", "/api/v1/applications/<string:name>/entitlements"): "accreditations:write",
    ("POST", "/api/v1/applications/<string:name>/withdrawal"): "accreditations:write",
    ("POST", "/api/v1/applications/<string:name>/decision"): "accreditations:write",
    ("GET", "/api/v1/accreditations"): "accreditations:read",
    ("GET", "/api/v1/accreditations/<string:name>"): "accreditations:read",
    ("POST", "/api/v1/accreditations/<string:name>/renewals"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/suspension"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/restoration"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/revocation"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/surrender"): "accreditations:write",
    ("POST", "/api/v1/accreditations/<string:name>/review"): "accreditations:write",
    ("POST", "/api/v1/members/<string:ref>/practice"): "accreditations:write",
    ("PUT", "/api/v1/members/<string:ref>/consents/<string:purpose>"): "people:write",
    ("DELETE", "/api/v1/members/<string:ref>/consents/<string:purpose>"): "people:write",
    ("POST", "/api/v1/outcomes/facts"): "outcomes:write",
    ("GET", "/api/v1/outcomes/metrics"): "outcomes:read",
    ("PUT", "/api/v1/outcomes/metrics/<string:key>"): "outcomes:write",
    ("DELETE", "/api/v1/outcomes/metrics/<string:key>"): "outcomes:write",
    ("GET", "/api/v1/outcomes/figures"): "outcomes:read",
    ("GET", "/api/v1/outcomes/quarters/<string:period>"): "outcomes:read",
    ("GET", "/api/v1/frameworks"): "credentials:read",
    ("GET", "/api/v1/achievements/<string:key>/rule"): "credentials:read",
    ("PUT", "/api/v1/achievements/<string:key>/rule"): "achievements:write",
    ("DELETE", "/api/v1/achievements/<string:key>/rule"): "achievements:write",
    ("POST", "/api/v1/achievements/<string:key>/rule/dry-run"): "credentials:read",
    ("GET", "/api/v1/skills"): "credentials:read",
    ("GET", "/api/v1/role-profiles"): "credentials:read",
    ("GET", "/api/v1/role-profiles/<string:key>/pathway"): "credentials:read",
    ("POST", "/api/v1/mentoring/sessions"): "accreditations:write",
    ("GET", "/api/v1/mentoring/sessions/<string:ref>"): "accreditations:read",
    ("POST", "/api/v1/mentoring/sessions/<string:ref>/confirmations"): "accreditations:write",
    ("POST", "/api/v1/mentoring/sessions/<string:ref>/feedback"): "accreditations:write",
    ("GET", "/api/v1/mentoring/supply"): "accreditations:read",
    ("POST", "/api/v1/mentoring/cohorts"): "accreditations:write",
    ("GET", "/api/v1/mentoring/cohorts/<string:ref>"): "accreditations:read",
    ("PUT", "/api/v1/mentoring/mentors/<string:ref>"): "accreditations:write",
    ("GET", "/api/v1/skills/reached"): "credentials:read",
    ("POST", "/credentials/issue"): "vc-api:issue",
    ("POST", "/credentials/derive"): "vc-api:issue",
    ("POST", "/credentials/status"): "credentials:status",
}


def who_may(method: str, rule: str) -> str:
    if (method, rule) in SCOPED_RULES:
        return SCOPED_RULES[method, rule]
    if rule.startswith("/scim/v2/"):
        return "directory:write"
    signed = (
        "/hooks/<string:source>",
        "/hooks/<string:source>/<path:secret>",
        "/xapi/<string:source>/statements",
        "/oauth/register/<client_id>",
        "/ims/ob/v3p0/credentials",
        "/ims/ob/v3p0/profile",
    )
    if rule in signed or rule in (
        "/openid4vci/credential",
        "/openid4vci/deferred",
        "/openid4vci/notification",
    ):
        return SIGNED
    if rule in OPEN_RULES:
        return PUBLIC
    if (method, rule) == ("GET", "/wallet/credentials/<credential_id>"):
        return PUBLIC  # signed out it names the badge, as its public page does, and asks to sign in
    if rule == "/oauth/consent/<request_id>":
        return PUBLIC if method == "GET" else HOLDER  # signed out it says how to come in
    for prefix, who in (("/console/", ADMINISTRATOR), ("/wallet/", HOLDER), ("/claim/<token>/keep", HOLDER)):
        if rule.startswith(prefix):
            return who
    raise AssertionError(f"{method} {rule}: a new route; say here who may use it")


def routes(service: Service) -> list[tuple[str, str, str]]:
    """(method, rule, an address of it), from the URL map."""
    values: dict[str, Any] = {
        "source": SOURCE,
        "key": ACHIEVEMENT,
        "version": 1,
        "number": 1,
        "place": 1,
        "suffix": "png",
    }
    found = []
    adapter = service.app.url_map.bind("localhost")
    for rule in service.app.url_map.iter_rules():
        arguments = {name: values.get(name, "x" * 22) for name in rule.arguments}
        methods = sorted(rule.methods - {"HEAD", "OPTIONS"})
        address = adapter.build(rule.endpoint, arguments, method=methods[0])
        found += [(method, rule.rule, address) for method in methods]
    return found


def signed_in_administrator(service: Service) -> Any:
    """An owner, and one who judges people, too: no one role may do everything."""
    client = service.client()
    address = console_link(service)
    colleagues, today = service.services.store.colleagues, service.services.today(service.clock.now)
    for known in colleagues.list(today):
        colleagues.set_roles(
            known.membership_id, {*known.roles, Role.ASSESSOR, Role.AUDITOR, Role.DECIDER}, today
        )
    return open_link(service, client, address.removeprefix(service.settings.public_url))


def signed_in_holder(service: Service) -> Any:
    service.issue(email="holder@example.org")
    address = wallet_link(service, "holder@example.org")
    return open_link(service, service.client(), address.removeprefix(service.settings.public_url))


def open_link(service: Service, client: Any, address: str) -> Any:
    token = form_token(client.get(address).text)
    answer = client.post(address, data={"csrf_token": token})
    assert answer.status_code == 303, answer.text
    return client


def form_token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_attack_99_each_route_is_open_to_those_it_is_for_and_to_nobody_else(tmp_path: Path) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, rate_api="100000/minute")
    nobody = service.client()
    administrator, holder = signed_in_administrator(service), signed_in_holder(service)
    keys = {scope: service.api_headers(scope) for scope in ALL_SCOPES}
    # Beside the one that is asked for: one key with all the others, who would open no more one by one.
    rest = {scope: service.api_headers(*{*ALL_SCOPES} - {scope}) for scope in ALL_SCOPES}
    rest |= dict.fromkeys((PUBLIC, SIGNED, ADMINISTRATOR, HOLDER), service.api_headers())
    listed = sorted(routes(service), key=lambda route: "sign-out" in route[1])
    assert len(listed) > 40
    service.app.config["WTF_CSRF_METHODS"] = []  # form tokens are another test's; here it is who that counts
    rates = service.app.extensions["credserv.budgets"].rates  # and so are budgets
    rates.update(dict.fromkeys(rates, ()))
    for method, rule, address in listed:
        who = who_may(method, rule)
        place = f"{method} {rule} for {who}"
        if "sign-out" in rule:
            service.app.config["WTF_CSRF_METHODS"] = ["POST"]
            administrator, holder = signed_in_administrator(service), signed_in_holder(service)
            service.app.config["WTF_CSRF_METHODS"] = []
        answers = {"nobody": nobody.open(address, method=method)}
        answers["a key"] = nobody.open(address, method=method, headers=rest[who])
        if who in keys:
            answers[who] = nobody.open(address, method=method, headers=keys[who])
        if who != PUBLIC:
            answers |= {
                ADMINISTRATOR: administrator.open(address, method=method),
                HOLDER: holder.open(address, method=method),
            }
        for caller, answer in answers.items():
            allowed = who in (PUBLIC, caller)
            assert answer.status_code != 500, place
            assert is_refused(answer, service) is not allowed, (
                place,
                caller,
                answer.status_code,
                answer.text[:200],
            )


def is_refused(answer: TestResponse, service: Service) -> bool:
    """401, 403, or sent to the door where one signs in."""
    if answer.status_code == 303:
        return answer.headers["Location"] in ("/console", "/wallet") and not answer.headers.getlist(
            "Set-Cookie"
        )
    return answer.status_code in (401, 403)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  x",
        "Basic",
        "Basic dXNlcjpwYXNz",
        "Bearer \u00e9\u00e9",
        "Bearer csk_",
        "Bearer csk_000000000000_" + "A" * 43,
        "bearer csk_../../etc/passwd",
        "Bearer " + "a" * 10_000,
        "Bearer csk_000000000000_" + "A" * 43 + ", Bearer x",
        "Digest x",
    ],
)
def test_attack_100_a_malformed_authorization_header_is_a_401(sqlite_service: Service, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}
    answer = sqlite_service.client().get("/api/v1/achievements", environ_overrides=environ)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] == "unauthenticated"


def test_an_ended_key_and_a_changed_secret_open_nothing(sqlite_service: Service) -> None:
    headers = sqlite_service.api_headers()
    client = sqlite_service.client()
    assert client.get("/api/v1/achievements", headers=headers).status_code == 200
    token = headers["Authorization"]
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.get("/api/v1/achievements", headers={"Authorization": changed}).status_code == 401
    sqlite_service.services.store.access.end_api_key(token.split("_")[1], sqlite_service.clock.now)
    assert client.get("/api/v1/achievements", headers=headers).status_code == 401


def test_attack_101_nothing_is_built_from_the_host_that_a_caller_names(sqlite_service: Service) -> None:
    spoofed = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
        "Forwarded": "host=evil.example",
    }
    service = sqlite_service
    body = json.dumps(service.event()).encode()
    hook = service.client().post(
        f"/hooks/{SOURCE}", data=body, headers={**service.sign(body, "evt_h"), **spoofed}
    )
    assert hook.status_code == 201
    answers = [hook]
    for address in (
        "/",
        "/issuer",
        f"/achievements/{ACHIEVEMENT}",
        "/achievements//x",
        "//evil.example/x",
        "/wallet/",
        "/api/v1/openapi.json",
        "/nothing",
    ):
        answers += [
            service.client().get(address, headers={**spoofed, "Accept": accept})
            for accept in ("text/html", "*/*")
        ]
    for answer in answers:
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


@pytest.mark.parametrize("extra", ["issued_at", "id", "state", "issuer", "role", "scope", "__proto__"])
def test_attack_102_members_that_no_shape_names_are_faults(sqlite_service: Service, extra: str) -> None:
    order = {"achievement": ACHIEVEMENT, "recipient": {"email": "a@b.example"}, extra: "x"}
    answer = send(sqlite_service, "/api/v1/credentials", json.dumps(order).encode())
    assert answer.status_code == 422
    assert answer.json["faults"] == [{"place": f"/{extra}", "message": "Unknown field."}]
    nested = {"achievement": ACHIEVEMENT, "recipient": {"email": "a@b.example", extra: "x"}}
    answer = send(sqlite_service, "/api/v1/credentials", json.dumps(nested).encode())
    assert [fault["place"] for fault in answer.json["faults"]] == [f"/recipient/{extra}"]
    assert issued(sqlite_service) == 0


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(level=logging.DEBUG, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_attack_103_no_token_address_or_query_in_the_log(sqlite_service: Service, log: io.StringIO) -> None:
    service = sqlite_service
    client = service.client()
    headers = service.api_headers()
    credential_id = service.issue(email="secret.person@example.org")
    client.get(f"/credentials/{credential_id}?email=secret.person@example.org&key=querysecret")
    client.get("/api/v1/credentials/secret.person@example.org", headers=headers)
    client.get("/secret.person@example.org/csk_000000000000_secretsecret")
    console = console_link(service)
    client.get(console.removeprefix(service.settings.public_url))
    client.get("/shares/sharetokensecret")
    client.post("/wallet/link", data={"email": "secret.person@example.org"})
    send(
        service,
        "/api/v1/credentials",
        b'{"achievement": "x", "recipient": {"email": "secret.person@example.org"}}',
    )
    written = log.getvalue()
    for secret in (
        "secret.person",
        "querysecret",
        "sharetokensecret",
        "secretsecret",
        service.secret[6:],
        console.rpartition("/")[2],
        headers["Authorization"].split("_", 2)[2],
    ):
        assert secret not in written, secret
    lines = [json.loads(line) for line in written.splitlines()]
    access = [line for line in lines if line["logger"] == "credserv.access"]
    assert len(access) == 8
    assert access[0]["path"] == f"/hooks/{SOURCE}"
    assert not [line for line in access if credential_id in line["path"]]
    assert all(line["request_id"] for line in access)


# --- J: events ----------------------------------------------------------------------------------


def test_attack_104_webhooks_that_are_not_signed_well_are_refused_alike(sqlite_service: Service) -> None:
    service = sqlite_service
    body = json.dumps(service.event()).encode()
    good = service.sign(body, "evt_1")
    stranger = create_secret()
    bad: dict[str, tuple[str, bytes, dict[str, str]]] = {
        "unsigned": (SOURCE, body, {"Content-Type": "application/json"}),
        "another's secret": (SOURCE, body, service.sign(body, "evt_1", secret=stranger)),
        "unknown source": ("nobody", body, service.sign(body, "evt_1", secret=stranger)),
        "re-serialised": (SOURCE, body.replace(b": ", b":"), good),
        "another id": (SOURCE, body, {**good, "webhook-id": "evt_2"}),
        "another time": (
            SOURCE,
            body,
            {**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)},
        ),
        "no version": (SOURCE, body, {**good, "webhook-signature": good["webhook-signature"][3:]}),
        "not ascii": (SOURCE, body, {**good, "webhook-signature": "v1,\u00e9\u00e9"}),
    }
    details = {}
    for name, (source, sent, headers) in bad.items():
        answer = service.client().post(f"/hooks/{source}", data=sent, headers=headers)
        assert answer.status_code == 401, name
        assert answer.json["code"] == "webhook-signature"
        details[name] = {member: answer.json[member] for member in ("type", "title", "detail")}
    assert details["unknown source"] == details["another's secret"]
    assert issued(service) == 0
    assert service.services.store.events.recent(None, limit=10) == ()


def test_attack_104_old_and_future_events_are_refused(sqlite_service: Service) -> None:
    service = sqlite_service
    body = json.dumps(service.event()).encode()
    signed = service.sign(body, "evt_1")
    for seconds in (301, -602):
        service.clock.advance(seconds=seconds)
        assert service.client().post(f"/hooks/{SOURCE}", data=body, headers=signed).status_code == 401
    assert issued(service) == 0


def test_attack_105_a_large_event_is_refused_before_it_is_read(sqlite_service: Service) -> None:
    body = b'{"x": "' + b"y" * 2_000_000 + b'"}'
    answer = sqlite_service.client().post(
        f"/hooks/{SOURCE}", data=body, headers=sqlite_service.sign(body, "evt_1")
    )
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"


def in_parallel(calls: list[Any]) -> list[TestResponse]:
    """All at once: each waits for the others before it begins."""
    ready = threading.Barrier(len(calls))

    def run(call: Any) -> TestResponse:
        ready.wait(timeout=HANGS_AFTER)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_attack_107_fifty_copies_of_one_event_make_one_credential(service: Service) -> None:
    event = service.event()
    answers = in_parallel([lambda: service.send_event(event, event_id="evt_same")] * 50)
    assert sorted({answer.status_code for answer in answers}) == [200, 201], [a.text for a in answers][:3]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert len({answer.json["credential"] for answer in answers}) == 1
    assert issued(service) == 1
    address = answers[0].json["credential"]
    assert len({service.client().get(address).data for _ in range(3)}) == 1


def test_attack_107_fifty_orders_under_one_key_make_one_credential(service: Service) -> None:
    headers = {**service.api_headers(), "Idempotency-Key": "order-0001"}
    order = {"achievement": ACHIEVEMENT, "recipient": {"email": "sam@example.org"}}
    answers = in_parallel(
        [lambda: service.client().post("/api/v1/credentials", json=order, headers=headers)] * 50
    )
    assert [answer.status_code for answer in answers].count(201) == 1
    assert [answer.status_code for answer in answers].count(200) == 49, {a.text for a in answers}
    assert len({answer.json["credential"] for answer in answers}) == 1
    assert issued(service) == 1


def test_attack_107_different_events_at_once_all_become_credentials_of_their_own(service: Service) -> None:
    calls = [lambda n=n: service.send_event(event_id=f"evt_{n}_parallel") for n in range(20)]
    answers = in_parallel(calls)
    assert {answer.status_code for answer in answers} == {201}, {a.text for a in answers}
    indexes = set()
    for answer in answers:
        entry = service.client().get(answer.json["credential"]).json["credentialStatus"]
        indexes.add((entry["statusListCredential"], entry["statusListIndex"]))
    assert len(indexes) == 20


# --- K: enumeration and caches ------------------------------------------------------------------


def test_attack_113_absent_and_not_to_be_seen_are_answered_alike(sqlite_service: Service) -> None:
    service = sqlite_service
    held = service.services.store.credentials.get(service.issue(email="one@example.org"))
    assert held is not None
    other = signed_in_holder(service)
    answers = [other.get(f"/wallet/credentials/{wanted}") for wanted in (held.id, "A" * 22)]
    assert [answer.status_code for answer in answers] == [404, 404]
    bodies = [answer.json for answer in answers]
    assert {**bodies[0], "instance": ""} == {**bodies[1], "instance": ""}


def test_attack_113_guessing_runs_into_a_budget(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    statuses = [client.get(f"/credentials/guess{number:017d}").status_code for number in range(130)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert sqlite_service.send_event().status_code == 201


def test_attack_113_ids_are_random_and_long(sqlite_service: Service) -> None:
    ids = [sqlite_service.issue() for _ in range(5)]
    assert len(set(ids)) == 5
    assert all(len(found) == 22 for found in ids)
    assert len({found[-8:] for found in ids}) == 5  # they begin with the time


def test_attack_119_nothing_signed_in_is_kept_by_caches(sqlite_service: Service) -> None:
    service = sqlite_service
    for client, address in (
        (signed_in_administrator(service), "/console"),
        (signed_in_holder(service), "/wallet"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
    listed = service.client().get("/api/v1/achievements", headers=service.api_headers())
    assert listed.headers["Cache-Control"] == "no-store"


def test_attack_119_a_query_string_changes_nothing_that_is_cached(sqlite_service: Service) -> None:
    address = f"/credentials/{sqlite_service.issue()}"
    plain = sqlite_service.client().get(address)
    dressed = sqlite_service.client().get(address + "?callback=alert&accept=text/html&_format=html")
    assert dressed.data == plain.data
    assert dressed.headers["Content-Type"] == plain.headers["Content-Type"]


def test_an_error_that_nobody_foresaw_says_nothing(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("the password is hunter2secret")

    monkeypatch.setattr("credserv.web.public.health.Response", broken)
    answer = sqlite_service.client().get("/healthz")
    assert answer.status_code == 500
    assert "hunter2secret" not in answer.text
    assert answer.json["code"] == "internal-error"
    assert answer.json["instance"].endswith(answer.headers["X-Request-Id"])
    assert "hunter2secret" in caplog.text

"""Attacks on the OAuth 2 server, each named after its number in the list of attacks."""

from __future__ import annotations

import base64
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from credserv.ground.encoding import KeyType, decode_multikey, encode_base64url
from credserv.proof.keys.jwk import build_jwk, thumbprint
from credserv.proof.tokens.jws import sign_jws
from tests.testkit.apps import (
    ALL,
    KEEP,
    PROFILE,
    READ,
    REDIRECT_URI,
    App,
    new_app,
    refused,
    register,
    returned,
)
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import signer

API = "/ims/ob/v3p0/credentials"
PAT = "pat@example.org"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("oauth")
    made = make_service(f"sqlite:///{folder / 'oauth.db'}", folder)
    made.issue(email=PAT)
    # Rates are another test's.
    limiter = made.app.extensions["credserv.budgets"]
    for purpose in ("apps", "registrations", "misses"):
        limiter.rates[purpose] = ()
    return made


@pytest.fixture(scope="module")
def app(service: Service) -> App:
    return new_app(service)


@pytest.fixture
def pat(service: Service) -> Person:
    return Person(service).open_wallet(PAT)


def is_in(service: Service, token: str) -> bool:
    from credserv.ground.errors import UnauthenticatedError
    from credserv.journeys.authorize.tokens import require_access

    try:
        require_access(service.services, token, READ, service.clock.now)
    except UnauthenticatedError:
        return False
    return True


# --- 91: where the answer goes ------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "https://evil.example/return",
        "https://app.example/return/",
        "https://app.example/return/../return",
        "https://app.example/return/more",
        "https://app.example:8443/return",
        "https://app.example:443/return",
        "https://app.example./return",
        "https://app.example@evil.example/return",
        "https://app.example/return#x",
        "https://app.example/return?x=1",
        "https://APP.example/return",
        "http://app.example/return",
        "http://127.0.0.1:1/return",
        " https://app.example/return",
        "https://app.example/%72eturn",
    ],
)
def test_attack_91_no_answer_goes_to_an_address_that_is_not_registered_exactly(
    app: App, pat: Person, address: str | None
) -> None:
    answer = app.send(pat, redirect_uri=address)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert "has not registered the address" in answer.text


@pytest.mark.parametrize("name", ["redirect_uri", "client_id", "state", "scope", "code_challenge", "x"])
def test_attack_91_a_parameter_that_comes_twice_is_refused(app: App, pat: Person, name: str) -> None:
    for second in ("https://evil.example/", app.request().get(name, "x")):
        query = urlencode([*app.request(x="x").items(), (name, second)])
        answer = pat.client.get(f"/oauth/authorize?{query}", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)
        form = urlencode([("grant_type", "refresh_token"), *app.request(x="x").items(), (name, second)])
        for door in ("/oauth/token", "/oauth/par", "/oauth/revoke"):
            sent = app.service.client().post(
                door, data=form, headers=app.login, content_type="application/x-www-form-urlencoded"
            )
            assert (sent.status_code, sent.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/return",
        "javascript:alert(1)",
        "data:text/html,x",
        "app.example:/return",
        " https://app.example/return",
        "https://app.example/return ",
        "https://app.example/re turn",
        "https://app.example/return#fragment",
        "https://app.example/#",
        "https://me@app.example/return",
        "https://app.example./return",
        "https://192.0.2.1/return",
        "https://[::1]/return",
        "https://app.example:/return",
        "https://app.example/a/../return",
        "https://app.example/a/%2e%2e/return",
        "https://app.example//evil.example",
        "https://app.example\\@evil.example/",
        "https://app.example/return?code=1",
        "https://app.example/return?a=1&a=2",
        "https://APP.example/return",
        "HTTPS://app.example/return",
        "http://127.0.0.1/return",
        "http://localhost:8000/return",
        "http://127.0.0.1.evil.example:80/return",
        "https://ex\u00e4mple.org/return",
        "",
        7,
    ],
)
def test_attack_92_an_unsafe_address_is_not_registered(service: Service, address: Any) -> None:
    answer = register(service, redirect_uris=[address])
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "address",
    [
        "comexample:/return",  # anybody's word: no domain read backwards
        "com.example.app://evil.example/return",
        "com.example.app:return",
        "COM.example.app:/return",
        "com.example.app:/return#x",
        "com.example.app:/a/../return",
        "com.example.app:/return?code=1",
        "javascript:/return",
    ],
)
def test_attack_92_a_scheme_of_an_apps_own_is_one_by_its_domain_and_nothing_else(
    service: Service, address: str
) -> None:
    answer = register(service, redirect_uris=[address], token_endpoint_auth_method="none")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_redirect_uri")


def test_attack_93_whoever_catches_a_code_by_the_apps_scheme_has_no_verifier(
    service: Service, pat: Person
) -> None:
    """Another app of the same phone may have that scheme (RFC 8252, section 8.1)."""
    mine = "com.example.app:/return"
    assert register(service, redirect_uris=[mine]).status_code == 400, "who keeps a secret is on a server"
    app = new_app(service, redirect_uris=[mine], token_endpoint_auth_method="none")
    page = app.send(pat, redirect_uri=mine).headers["Location"]
    shown = pat.client.get(page)
    assert "form-action 'self' com.example.app:;" in shown.headers["Content-Security-Policy"]
    code = returned(pat.submit(page, answer="allow"), mine)["code"]
    for verifier in (None, "a" * 64):
        stolen = app.redeem(code, redirect_uri=mine, code_verifier=verifier)
        assert (stolen.status_code, stolen.json["error"]) == (400, "invalid_grant")
    assert app.redeem(code, redirect_uri=mine).status_code == 200


# --- 92: registration ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uris": REDIRECT_URI},
        {"redirect_uris": []},
        {"redirect_uris": [f"https://app.example/{n}" for n in range(10_000)]},
        {"client_name": ""},
        {"client_name": "x" * 81},
        {"client_name": "Bank\u202egnikaB"},
        {"client_name": "two\nlines"},
        {"client_uri": "http://app.example/"},
        {"client_uri": "javascript:alert(1)"},
        {"logo_uri": "https://other.example/logo.svg"},
        {"policy_uri": " https://app.example/"},
        {"policy_uri": None},
        {"software_id": None},
        {"jwks_uri": "https://127.0.0.1/keys"},
        {"software_statement": "eyJ.e30.x"},
        {"grant_types": "authorization_code"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["authorization_code", "password"]},
        {"response_types": ["token"]},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"scope": f"{READ} admin"},
        {"scope": ""},
        {"contacts": "me"},
    ],
    ids=lambda changed: " ".join(f"{name}={str(value)[:30]}" for name, value in changed.items()),
)
def test_attack_92_what_an_app_says_of_itself_is_bounded(service: Service, changed: dict[str, Any]) -> None:
    answer = register(service, **changed)
    assert answer.status_code == 400
    assert answer.json["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


def test_attack_92_a_name_is_shown_as_unproven_beside_the_host_and_nothing_of_the_app_is_loaded(
    service: Service, pat: Person
) -> None:
    app = new_app(service, client_name="<b>Your Bank</b>")
    page = pat.get(app.send(pat).headers["Location"])
    assert "&lt;b&gt;Your Bank&lt;/b&gt;" in page
    assert "app.example" in page
    assert "nobody has checked that name" in page
    assert "logo.png" not in page


def test_attack_92_registrations_are_counted_and_what_is_sent_is_echoed(
    sqlite_service: Service,
) -> None:
    made = register(sqlite_service)
    from tests.testkit.apps import REGISTRATION

    assert made.status_code == 201
    assert {name: made.json[name] for name in REGISTRATION} == REGISTRATION
    assert made.json["client_secret_expires_at"] == 0
    assert made.headers["Cache-Control"] == "no-store"
    answers = [register(sqlite_service).status_code for _ in range(10)]
    assert answers == [201] * 9 + [429]


def test_attack_92_a_registration_is_read_changed_and_removed_by_its_own_token_alone(
    service: Service, pat: Person
) -> None:
    app, other = new_app(service), new_app(service)
    address = app.registration["registration_client_uri"].removeprefix(service.settings.public_url)
    token = {"Authorization": f"Bearer {app.registration['registration_access_token']}"}
    client = service.client()
    stranger = {"Authorization": f"Bearer {other.registration['registration_access_token']}"}
    for headers in ({}, stranger, app.login, {"Authorization": "Bearer"}):
        for method in ("GET", "PUT", "DELETE"):
            assert client.open(address, method=method, headers=headers, json={}).status_code == 401
    known = client.get(address, headers=token).json
    assert known["client_name"] == "Badge Shelf"
    assert "client_secret" not in known
    changed = {**known, "client_name": "Shelf 2"}
    assert client.put(address, headers=token, json=changed).json["client_name"] == "Shelf 2"
    weaker = {**changed, "token_endpoint_auth_method": "none"}
    assert client.put(address, headers=token, json=weaker).status_code == 400
    given = app.tokens(pat)
    assert is_in(service, given["access_token"])
    assert client.delete(address, headers=token).status_code == 204
    assert not is_in(service, given["access_token"])
    assert app.refresh(given["refresh_token"]).json["error"] == "invalid_client"


# --- 93: PKCE -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "a" * 44},
    ],
    ids=str,
)
def test_attack_93_pkce_by_s256_is_asked_of_every_app(
    service: Service, pat: Person, method: str, changed: dict[str, str | None]
) -> None:
    app = new_app(service, token_endpoint_auth_method=method)
    told = refused(app.send(pat, **changed))
    assert (told["error"], told["state"]) == ("invalid_request", "a-state-of-the-app")
    assert "code" not in told


@pytest.mark.parametrize("verifier", [None, "", "wrong" * 10, "x" * 10_000])
def test_attack_93_a_code_without_its_verifier_is_worth_nothing(
    app: App, pat: Person, verifier: str | None
) -> None:
    code = app.ask(pat)["code"]
    challenge = app.request()["code_challenge"]
    for tried in (verifier, challenge):
        assert app.redeem(code, code_verifier=tried).json["error"] == "invalid_grant"
    assert app.redeem(code).status_code == 200


def test_attack_93_a_verifier_fits_its_own_request_alone(service: Service, pat: Person) -> None:
    one, two = new_app(service), new_app(service)
    code = one.ask(pat)["code"]
    two.ask(pat)
    stolen = App(service, one.registration, verifier=two.verifier)
    assert stolen.redeem(code).json["error"] == "invalid_grant"
    assert two.redeem(code).json["error"] == "invalid_grant"


# --- 94: scope ----------------------------------------------------------------------------------


def test_attack_91_a_wrong_request_opens_the_address_of_nobody_who_registered_it(app: App) -> None:
    """RFC 9700, section 4.11.2: anybody registers, and would have a link to us lead to them."""
    stranger = Person(app.service)
    assert refused(app.send(stranger, response_type="token"))["error"] == "unsupported_response_type"


@pytest.mark.parametrize("scope", [None, "admin", f"{READ} admin", KEEP, f"{READ},{KEEP}", READ.upper()])
def test_attack_94_no_scope_beyond_the_registration_is_given(
    service: Service, pat: Person, scope: str | None
) -> None:
    app = new_app(service, scope=READ)
    assert refused(app.send(pat, scope=scope))["error"] == "invalid_scope"


def test_attack_94_neither_code_nor_refreshing_widens_a_scope(app: App, pat: Person) -> None:
    code = app.ask(pat, scope=f"{READ} {PROFILE}")["code"]
    assert app.redeem(code, scope=ALL).json["error"] == "invalid_scope"
    given = app.redeem(code, scope=PROFILE).json
    assert given["scope"] == PROFILE
    assert app.refresh(given["refresh_token"], scope=KEEP).json["error"] == "invalid_scope"
    again = app.refresh(given["refresh_token"], scope=READ).json
    assert again["scope"] == READ


@pytest.mark.parametrize("state", [None, "", "x" * 1_025])
def test_attack_97_a_request_without_state_is_refused_and_each_answer_names_its_issuer(
    app: App, pat: Person, state: str | None
) -> None:
    told = refused(app.send(pat, state=state))
    assert told["error"] == "invalid_request"
    assert told["iss"] == app.service.services.public_url
    assert app.ask(pat)["iss"] == app.service.services.public_url


# --- 95, 96: what works once --------------------------------------------------------------------


def test_attack_95_a_code_that_comes_twice_ends_the_tokens_of_the_first(app: App, pat: Person) -> None:
    code = app.ask(pat)["code"]
    first = app.redeem(code).json
    assert is_in(app.service, first["access_token"])
    again = app.redeem(code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert not is_in(app.service, first["access_token"])
    assert app.refresh(first["refresh_token"]).json["error"] == "invalid_grant"


def test_attack_95_two_who_redeem_at_once_do_not_both_get_tokens(app: App, pat: Person) -> None:
    code = app.ask(pat)["code"]
    with ThreadPoolExecutor(4) as pool:
        answers = [job.result() for job in [pool.submit(app.redeem, code) for _ in range(4)]]
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    for answer in answers:
        assert answer.status_code == 400 or not is_in(app.service, answer.json["access_token"])


def test_attack_95_a_code_is_of_one_app_one_address_and_five_minutes(service: Service, pat: Person) -> None:
    app, other = new_app(service), new_app(service)
    code = app.ask(pat)["code"]
    other.verifier = app.verifier
    assert other.redeem(code).json["error"] == "invalid_grant"
    assert app.redeem(code, redirect_uri="https://app.example/").json["error"] == "invalid_grant"
    before = service.clock.now
    service.clock.advance(minutes=5)
    assert app.redeem(code).json["error"] == "invalid_grant"
    service.clock.now = before


def test_attack_96_a_refresh_token_that_comes_twice_ends_the_whole_family(app: App, pat: Person) -> None:
    first = app.tokens(pat)
    second = app.refresh(first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert is_in(app.service, second["access_token"])
    assert app.refresh(first["refresh_token"]).json["error"] == "invalid_grant"
    assert not is_in(app.service, second["access_token"])
    assert app.refresh(second["refresh_token"]).json["error"] == "invalid_grant"


def test_attack_96_what_an_app_or_its_person_takes_back_works_no_more(app: App, pat: Person) -> None:
    given = app.tokens(pat)
    assert app.revoke("never-was").status_code == 200
    assert app.revoke(given["access_token"]).status_code == 200
    assert not is_in(app.service, given["access_token"])
    renewed = app.refresh(given["refresh_token"]).json
    assert app.revoke(renewed["refresh_token"]).status_code == 200
    assert not is_in(app.service, renewed["access_token"])
    given = app.tokens(pat)
    assert "Badge Shelf" in pat.get("/wallet/apps")
    for known in app.service.services.store.oauth.apps_of(_pat_id(app.service), app.service.clock.now):
        pat.follow(pat.submit("/wallet/apps/end", on="/wallet/apps", app=known.grant.id))
    assert not is_in(app.service, given["access_token"])
    assert "No app can see" in pat.get("/wallet/apps")


def _pat_id(service: Service) -> str:
    member = service.services.store.members.find_by_email(PAT)
    assert member is not None
    return str(member.person_id)


def test_attack_96_nobody_ends_or_revokes_what_is_anothers(service: Service, pat: Person) -> None:
    app, other = new_app(service), new_app(service)
    given = app.tokens(pat)
    assert other.revoke(given["refresh_token"]).status_code == 200
    service.issue(email="sam@example.org")
    sam = Person(service).open_wallet("sam@example.org")
    other.tokens(sam)
    (known, *_) = service.services.store.oauth.apps_of(_pat_id(service), service.clock.now)
    assert sam.submit("/wallet/apps/end", on="/wallet/apps", app=known.grant.id).status_code == 404
    assert is_in(service, given["access_token"])


# --- 100, and who asks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"nobody:secret").decode(),
        "Basic " + "A" * 10_000,
        "Bearer x",
        "Basic \u00e9\u00e9",
    ],
)
def test_attack_100_a_malformed_login_of_an_app_is_a_401(service: Service, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}
    form = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    for door in ("/oauth/token", "/oauth/revoke", "/oauth/par"):
        answer = service.client().post(door, data=form, environ_overrides=environ)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client"), door
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_attack_100_an_app_shows_its_secret_in_the_header_alone(service: Service, pat: Person) -> None:
    app = new_app(service)
    secret, client_id = app.registration["client_secret"], app.registration["client_id"]
    code = app.ask(pat)["code"]
    plain = App(service, {"client_id": client_id}, app.verifier)
    for form in ({}, {"client_secret": secret}, {"client_secret": ""}):
        answer = plain.redeem(code, **form)
        assert answer.json["error"] == "invalid_client"
    assert app.redeem(code, client_id="another").json["error"] == "invalid_client"
    in_address = service.client().post(
        f"/oauth/token?code={code}", data={"grant_type": "authorization_code"}, headers=app.login
    )
    assert in_address.json["error"] == "invalid_request"


# --- tokens that are bound to a key (RFC 9449) -----------------------------------------------------


class Key:
    """A key of an app, and proofs of it."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service, self.signer = service, signer(KeyType.P256, seed)
        self.jwk = build_jwk(*decode_multikey(self.signer.public_key_multibase))

    def prove(self, path: str = "/oauth/token", method: str = "POST", **changed: Any) -> dict[str, str]:
        token = changed.pop("token", None)
        claims = {
            "htm": method,
            "htu": f"{self.service.services.public_url}{path}",
            "iat": int(self.service.clock.now.timestamp()),
            "jti": secrets.token_urlsafe(16),
        }
        if token:
            claims["ath"] = encode_base64url(hashlib.sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "jwk": self.jwk, **changed.pop("header", {})}
        return {"DPoP": sign_jws({**claims, **changed}, header=header, signer=self.signer)}


def _redeemed(app: App, code: str, headers: dict[str, str], **form: str) -> Any:
    told = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": app.verifier,
        **app.named,
        **form,
    }
    return app.service.client().post("/oauth/token", data=told, headers={**app.login, **headers})


def _read(app: App, token: str, headers: dict[str, str], scheme: str = "DPoP") -> int:
    sent = {"Authorization": f"{scheme} {token}", **headers}
    return app.service.client().get(API, headers=sent).status_code


def test_attack_88_a_token_that_is_bound_to_a_key_is_worth_nothing_without_it(
    service: Service, pat: Person
) -> None:
    app = new_app(service, token_endpoint_auth_method="none")
    key, other = Key(service, 7), Key(service, 8)
    given = _redeemed(app, app.ask(pat)["code"], key.prove()).json
    token = given["access_token"]
    assert given["token_type"] == "DPoP"
    good = key.prove(API, "GET", token=token)
    assert _read(app, token, good) == 200
    for headers, scheme in (
        (good, "DPoP"),  # each proof counts once
        ({}, "Bearer"),
        ({}, "DPoP"),
        (key.prove(API, "GET", token=token), "Bearer"),
        (other.prove(API, "GET", token=token), "DPoP"),
        (key.prove(API, "GET"), "DPoP"),
        (key.prove(API, "GET", token="another"), "DPoP"),
        (key.prove(API, "POST", token=token), "DPoP"),
        (key.prove("/elsewhere", "GET", token=token), "DPoP"),
        (key.prove(API, "GET", token=token, iat=1), "DPoP"),
        (key.prove(API, "GET", token=token, header={"typ": "JWT"}), "DPoP"),
    ):
        assert _read(app, token, headers, scheme) == 401
    renewal = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    for headers in ({}, other.prove()):
        assert _redeemed(app, "", headers, **renewal).json["error"] == "invalid_dpop_proof"
    renewed = _redeemed(app, "", key.prove(), **renewal).json
    assert renewed["token_type"] == "DPoP"


def test_attack_88_a_code_that_is_bound_to_a_key_is_redeemed_with_it_alone(
    service: Service, pat: Person
) -> None:
    app, key, other = new_app(service), Key(service, 7), Key(service, 8)
    code = app.ask(pat, dpop_jkt=thumbprint(key.jwk))["code"]
    for headers in ({}, other.prove(), {"DPoP": "x"}, {"DPoP": ""}):
        assert _redeemed(app, code, headers).json["error"] == "invalid_dpop_proof"
    assert _redeemed(app, code, key.prove()).status_code == 200
    pushed = app.service.client().post(
        "/oauth/par",
        data=app.request(dpop_jkt=thumbprint(other.jwk)),
        headers={**app.login, **key.prove("/oauth/par")},
    )
    assert pushed.json["error"] == "invalid_dpop_proof"


# --- pushed requests, consent -------------------------------------------------------------------


def test_attack_84_a_pushed_request_is_used_once_and_by_its_app_alone(service: Service, pat: Person) -> None:
    app, other = new_app(service), new_app(service)
    pushed = app.post("/oauth/par", **app.request())
    assert pushed.status_code == 201
    assert pushed.json["expires_in"] == 90

    def sent(of: App) -> Any:
        query = urlencode(
            {"client_id": of.registration["client_id"], "request_uri": pushed.json["request_uri"]}
        )
        return pat.client.get(f"/oauth/authorize?{query}", headers={"Accept": "text/html"})

    assert sent(other).status_code == 400
    first = sent(app)
    assert first.status_code == 303
    code = returned(pat.submit(first.headers["Location"], answer="allow"))["code"]
    assert app.redeem(code).status_code == 200
    assert sent(app).status_code == 400
    assert app.post("/oauth/par", **app.request(scope="admin")).json["error"] == "invalid_scope"
    named = app.post("/oauth/par", **app.request(request_uri="urn:x"))
    assert named.json["error"] == "invalid_request"


def test_attack_98_consent_is_given_by_its_own_form_once_and_by_whoever_is_signed_in(
    app: App, pat: Person
) -> None:
    page = app.send(pat).headers["Location"]
    assert pat.client.post(page, data={"answer": "allow"}).status_code == 400
    stranger = Person(app.service)
    shown = stranger.get(page)
    assert "Open your wallet first" in shown
    assert 'value="allow"' not in shown
    returned(pat.submit(page, answer="allow"))
    pat.get(page, status=404)
    assert app.ask(pat, answer="decline")["error"] == "access_denied"


def test_attack_w8_the_consent_page_leads_to_the_one_app_and_nowhere_else(app: App, pat: Person) -> None:
    """In Chromium: tests/browser/test_apps.py."""
    answer = pat.client.get(app.send(pat).headers["Location"])
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://app.example;" in policy
    assert "*" not in policy
    other = pat.client.get("/wallet/apps").headers["Content-Security-Policy"]
    assert "form-action 'self';" in other


def test_attack_w5_a_new_app_asks_that_its_person_has_shown_lately_who_they_are(
    service: Service, pat: Person
) -> None:
    app, before = new_app(service), service.clock.now
    page = app.send(pat).headers["Location"]
    service.clock.advance(minutes=6)
    shown = pat.client.get(page, headers={"Accept": "text/html"})
    assert shown.status_code == 403
    assert 'value="allow"' not in shown.text
    service.clock.now = before
    returned(pat.submit(page, answer="allow"))


def test_attack_w5_an_app_that_is_in_asks_for_more_and_its_person_shows_again_who_they_are(
    service: Service, pat: Person
) -> None:
    app, before = new_app(service), service.clock.now
    app.tokens(pat, scope=READ)
    more, same = (app.send(pat, scope=scope).headers["Location"] for scope in (f"{READ} {KEEP}", READ))
    service.clock.advance(minutes=6)
    status = {
        page: pat.client.get(page, headers={"Accept": "text/html"}).status_code for page in (more, same)
    }
    service.clock.now = before
    assert status == {more: 403, same: 200}
    returned(pat.submit(more, answer="allow"))


def test_attack_78_the_database_holds_no_token_of_an_app(service: Service, pat: Person) -> None:
    from sqlalchemy import select

    from credserv.store.tables import metadata

    app = new_app(service)
    given = app.tokens(pat)
    held = [
        *(app.registration[name] for name in ("client_secret", "registration_access_token")),
        *(given[name] for name in ("access_token", "refresh_token")),
    ]
    with service.services.store._database.reading() as connection:
        for table in metadata.tables.values():
            if table.name.startswith("oauth_"):
                rows = str(connection.execute(select(table)).all())
                assert not [secret for secret in held if secret in rows], table.name


def test_the_server_tells_what_it_is(service: Service) -> None:
    told = service.client().get("/.well-known/oauth-authorization-server").json
    assert told["issuer"] == service.services.public_url
    assert told["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization", "token", "registration", "revocation", "pushed_authorization_request"):
        assert told[f"{name}_endpoint"].startswith(f"{service.services.public_url}/oauth/")

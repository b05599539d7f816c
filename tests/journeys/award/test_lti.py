"""LTI: from the platform's login to a launch that is believed once, and a badge placed in a course."""

from __future__ import annotations

import html
import json
import re
import shutil
import uuid
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from credserv.app.factory import create_app
from credserv.fetch.calling import Answer
from credserv.ground.errors import InputError, UnavailableError
from credserv.journeys.award.courses import Fetched, fetch_courses
from credserv.records.observations import Kind, PersonKind
from credserv.records.sources import SourceRecord
from credserv.sources.lti.launch import DEEP_LINKING
from credserv.sources.lti.reading import CLAIM
from credserv.sources.webhook import create_secret
from tests.testkit.lti_platform import (
    AGS,
    ISSUER,
    JWKS,
    OPTIONS,
    SERVICES,
    PlatformHost,
    PlatformServices,
    claims,
    deep_linking,
    sign,
)
from tests.testkit.service import ACHIEVEMENT, Service, make_service

HOST = "https://badges.example"


@pytest.fixture(scope="module")
def platform() -> PlatformHost:
    return PlatformHost()


@pytest.fixture(scope="module")
def service(
    sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory, platform: PlatformHost
) -> Service:
    folder = tmp_path_factory.mktemp("lti")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    url = f"sqlite:///{folder / 'credserv.sqlite'}"
    return make_service(url, folder, fetcher=platform, public_url=HOST)


@pytest.fixture
def source(service: Service) -> str:
    name = f"lti-{uuid.uuid4().hex[:12]}"
    record = SourceRecord(name, "lti", (), {"rules": []}, service.clock.now, options=OPTIONS)
    service.services.store.sources.create(record)
    return name


def log_in(service: Service, client: FlaskClient, source: str, **changed: Any) -> TestResponse:
    asked = {"iss": ISSUER, "login_hint": "7", "client_id": "client-7", "lti_message_hint": "m"} | changed
    asked = {name: value for name, value in asked.items() if value is not None}
    return client.post(f"/lti/{source}/login", data=asked, base_url=HOST)


def begun(service: Service, client: FlaskClient, source: str) -> dict[str, str]:
    """What the platform is asked for."""
    answer = log_in(service, client, source)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def launch(client: FlaskClient, source: str, state: str, token: str) -> TestResponse:
    return client.post(f"/lti/{source}/launch", data={"state": state, "id_token": token}, base_url=HOST)


def test_a_login_goes_on_to_the_platform(service: Service, source: str) -> None:
    client = service.client()
    answer = log_in(service, client, source)
    assert answer.headers["Location"].startswith(f"{ISSUER}/auth?a=b&scope=openid&")
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=None", f"Path=/lti/{source}"))
    asked = begun(service, client, source)
    assert asked["redirect_uri"] == f"{HOST}/lti/{source}/launch"
    assert (asked["response_type"], asked["response_mode"], asked["prompt"]) == (
        "id_token",
        "form_post",
        "none",
    )
    assert (asked["login_hint"], asked["lti_message_hint"], asked["client_id"]) == ("7", "m", "client-7")
    assert begun(service, client, source)["nonce"] != asked["nonce"]


@pytest.mark.parametrize(
    "changed", [{"iss": "https://evil.example"}, {"client_id": "x"}, {"login_hint": None}]
)
def test_a_login_by_another_is_refused(service: Service, source: str, changed: dict[str, Any]) -> None:
    assert log_in(service, service.client(), source, **changed).status_code == 403


def test_a_launch_says_who_somebody_is_and_is_opened_once(service: Service, source: str) -> None:
    client = service.client()
    asked = begun(service, client, source)
    token = sign(claims(service.clock.now, asked["nonce"]))
    opened = launch(client, source, asked["state"], token)
    assert opened.status_code == 200
    assert "You are connected" in opened.text
    assert f"frame-ancestors {ISSUER};" in opened.headers["Content-Security-Policy"] + ";"
    (kept,) = service.services.store.observations.recent(source=source, limit=9)
    assert kept.is_signed
    assert kept.observation.kind is Kind.IDENTITY
    assert [one.kind for one in kept.observation.people] == [PersonKind.OIDC, PersonKind.EMAIL]
    (message,) = service.services.store.events.recent(source, limit=9)
    assert message.body == token.encode()
    assert message.authentication == {"method": "lti-launch", "is_signed": True, "key": "k1"}
    again = launch(client, source, asked["state"], token)
    assert again.status_code == 403  # its cookie is gone


def test_a_stolen_launch_is_not_opened_a_second_time_even_with_its_cookie(
    service: Service, source: str
) -> None:
    client = service.client()
    answer = log_in(service, client, source)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    token = sign(claims(service.clock.now, query["nonce"][0]))
    assert launch(client, source, query["state"][0], token).status_code == 200
    thief = service.client()
    thief.set_cookie(name, value, domain="badges.example", path=f"/lti/{source}", secure=True)
    assert "opened before" in launch(thief, source, query["state"][0], token).text


def test_a_launch_needs_the_browser_and_the_state_of_its_login(service: Service, source: str) -> None:
    client = service.client()
    first, second = begun(service, client, source), begun(service, client, source)
    token = sign(claims(service.clock.now, first["nonce"]))
    assert launch(service.client(), source, first["state"], token).status_code == 403
    assert launch(client, source, second["state"], token).status_code == 403
    assert launch(client, source, "", token).status_code == 403
    service.clock.advance(minutes=11)
    late = sign(claims(service.clock.now, first["nonce"]))
    assert launch(client, source, first["state"], late).status_code == 403


def test_a_launch_that_is_not_believed_leaves_nothing(service: Service, source: str) -> None:
    client = service.client()
    asked = begun(service, client, source)
    for changed in ({"aud": "other"}, {CLAIM + "deployment_id": "9"}, {"nonce": "other"}):
        token = sign(claims(service.clock.now, asked["nonce"], **changed))
        assert launch(client, source, asked["state"], token).status_code == 403
    assert service.services.store.observations.recent(source=source, limit=9) == ()
    assert (
        launch(client, source, asked["state"], sign(claims(service.clock.now, asked["nonce"]))).status_code
        == 200
    )


def test_a_platform_whose_keys_cannot_be_had_is_asked_later(
    service: Service, source: str, platform: PlatformHost
) -> None:
    client = service.client()
    asked = begun(service, client, source)
    token = sign(claims(service.clock.now, asked["nonce"]))
    keys = platform.pages.pop(JWKS)
    assert launch(client, source, asked["state"], token).status_code == 503
    platform.pages[JWKS] = keys
    assert launch(client, source, asked["state"], token).status_code == 200


def test_a_badge_is_placed_in_a_course_and_shown_there(service: Service, source: str) -> None:
    client = service.client()
    asked = begun(service, client, source)
    page = launch(client, source, asked["state"], sign(deep_linking(service.clock.now, asked["nonce"])))
    assert f"form-action {ISSUER};" in page.headers["Content-Security-Policy"]
    assert f'action="{ISSUER}/deep?x=1"' in html.unescape(page.text)
    tokens = re.findall(r'name="JWT" value="([^"]+)"', page.text)
    keys = KeySet.import_key_set(client.get(f"/lti/{source}/jwks", base_url=HOST).json)
    answers = [jwt.decode(token, keys).claims for token in tokens]
    items = {one[DEEP_LINKING + "content_items"][0]["custom"]["achievement"]: one for one in answers}
    (item,) = items[ACHIEVEMENT][DEEP_LINKING + "content_items"]
    assert item["url"] == f"{HOST}/lti/{source}/launch"
    asked = begun(service, client, source)
    placed = claims(service.clock.now, asked["nonce"], **{CLAIM + "custom": item["custom"]})
    shown = launch(client, source, asked["state"], sign(placed))
    assert html.escape(item["title"]) in shown.text


def test_the_page_is_shown_at_the_host_of_a_platform_that_has_one_issuer_for_many(
    service: Service, source: str
) -> None:
    """Canvas: `canvas.instructure.com` issues, and the pages are at `school.instructure.com`."""
    school = "https://school.example"
    back = {CLAIM + "launch_presentation": {"return_url": f"{school}/courses/1?x=1"}}
    for told in (back, {CLAIM + "launch_presentation": {"return_url": "javascript:x"}}):
        client = service.client()
        asked = begun(service, client, source)
        token = sign(claims(service.clock.now, asked["nonce"], **told))
        policy = launch(client, source, asked["state"], token).headers["Content-Security-Policy"]
        homes = f"{ISSUER} {school}" if told is back else ISSUER
        assert f"frame-ancestors {homes};" in policy + ";"
    client = service.client()
    asked = begun(service, client, source)
    placing = deep_linking(service.clock.now, asked["nonce"], deep_link_return_url=f"{school}/deep")
    policy = launch(client, source, asked["state"], sign(placing)).headers["Content-Security-Policy"]
    assert f"frame-ancestors {ISSUER} {school};" in policy + ";"
    assert f"form-action {school};" in policy + ";"


def test_the_key_of_a_tool_stays_and_its_private_half_inside(service: Service, source: str) -> None:
    client = service.client()
    first = client.get(f"/lti/{source}/jwks", base_url=HOST).json
    assert client.get(f"/lti/{source}/jwks", base_url=HOST).json == first
    (key,) = first["keys"]
    assert {"kty", "n", "e", "kid"} <= set(key)
    assert set(key).isdisjoint(("d", "p", "q", "dp", "dq", "qi"))


def test_what_is_no_lti_source_is_not_there(service: Service, source: str) -> None:
    client = service.client()
    for name in ("academy-lms", "nobody"):
        assert client.get(f"/lti/{name}/jwks", base_url=HOST).status_code == 404
        assert log_in(service, client, name).status_code == 404
    service.services.store.sources.set_enabled(source, False)
    assert log_in(service, client, source).status_code == 404


# --- what the platform is asked for -------------------------------------------------------------------

MEMBERS = {
    "id": f"{ISSUER}/members",
    "context": {"id": "3"},
    "members": [{"user_id": "a6d5c443", "email": "pat@example.org"}],
}
MORE = {"id": f"{ISSUER}/members", "context": {"id": "3"}, "members": [{"user_id": "b7"}]}
RESULT = {"id": f"{ISSUER}/items/1/results/5", "scoreOf": f"{ISSUER}/items/1?type_id=2", "userId": "b7"}
SCORED = RESULT | {"resultScore": 0.83, "resultMaximum": 1}


def launched(service: Service, source: str, **changed: Any) -> PlatformServices:
    """With a course that offers its services, and the platform that has them."""
    client = service.client()
    asked = begun(service, client, source)
    token = sign(claims(service.clock.now, asked["nonce"], **(SERVICES | changed)))
    assert launch(client, source, asked["state"], token).status_code == 200
    platform = PlatformServices(tool=client.get(f"/lti/{source}/jwks", base_url=HOST).json)
    platform.pages = {
        f"{ISSUER}/members": (MEMBERS, f"{ISSUER}/members?page=2"),
        f"{ISSUER}/members?page=2": (MORE, "https://evil.example/members"),
        f"{ISSUER}/items?type_id=2": ([{"id": f"{ISSUER}/items/1?type_id=2"}, {"id": 7}], ""),
        f"{ISSUER}/items/1/results?type_id=2": ([SCORED, RESULT | {"userId": "c8"}], ""),
    }
    return platform


def fetched(service: Service, source: str, platform: PlatformServices) -> Fetched:
    record = service.services.store.sources.get(source)
    assert record is not None
    own = replace(service.services, caller=platform)
    return fetch_courses(own, record, now=service.clock.now)


def test_members_and_results_of_a_course_are_read(service: Service, source: str) -> None:
    platform = launched(service, source)
    assert fetched(service, source, platform) == Fetched(courses=1, members=2, results=1)
    asked = platform.tokens[0]
    assert asked["grant_type"] == "client_credentials"
    assert (asked["iss"], asked["sub"], asked["aud"]) == ("client-7", "client-7", f"{ISSUER}/token")
    assert "readonly" in asked["scope"]
    assert not any("evil" in url for url, _ in platform.asked)  # the token is for the platform alone
    kept = service.services.store.observations.recent(source=source, limit=9)
    grades = [one.observation for one in kept if one.observation.kind is Kind.GRADED]
    assert [(str(one.raw), one.people[0].value, one.people[0].home) for one in grades] == [
        ("0.83", "b7", ISSUER)
    ]
    assert grades[0].activities[0].value == f"{ISSUER}/items/1?type_id=2"
    assert {one.observation.people[0].home for one in kept} == {ISSUER}  # one person, launched or listed
    assert [one.is_signed for one in kept if one.observation.event_type != "LtiResourceLinkRequest"] == [
        False
    ] * 3


def test_the_same_again_is_nothing_new_and_a_changed_score_is(service: Service, source: str) -> None:
    platform = launched(service, source)
    fetched(service, source, platform)
    before = service.services.store.observations.recent(source=source, limit=99)
    fetched(service, source, platform)
    assert service.services.store.observations.recent(source=source, limit=99) == before
    platform.pages[f"{ISSUER}/items/1/results?type_id=2"] = ([SCORED | {"resultScore": 0.9}], "")
    fetched(service, source, platform)
    assert len(service.services.store.observations.recent(source=source, limit=99)) == len(before) + 1


def test_a_course_that_fails_is_told_and_what_is_not_offered_is_not_asked(
    service: Service, source: str
) -> None:
    platform = launched(service, source)
    del platform.pages[f"{ISSUER}/members?page=2"]
    done = fetched(service, source, platform)
    assert len(done.failed) == 1
    assert "404" in done.failed[0]
    other = launched(service, source, **{f"{AGS}claim/endpoint": ..., CLAIM + "context": {"id": "4"}})
    other.pages[f"{ISSUER}/members"] = (MEMBERS, "")
    done = fetched(service, source, other)
    assert done.courses == 2
    assert sorted(one["scope"].count("scope/") for one in other.tokens) == [1, 3]


def test_without_a_token_endpoint_nothing_is_asked(service: Service, source: str) -> None:
    options = {"lti": {name: value for name, value in OPTIONS["lti"].items() if name != "token_endpoint"}}
    service.services.store.sources.set_options(source, options)
    with pytest.raises(InputError, match="token_endpoint"):
        fetched(service, source, PlatformServices())


# --- registration ------------------------------------------------------------------------------------

CONFIGURATION = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": JWKS,
    "registration_endpoint": f"{ISSUER}/register",
}
WELL_KNOWN = f"{ISSUER}/.well-known/openid-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@dataclass
class Registrar:
    """A caller that is the platform's configuration and registration endpoint."""

    configuration: dict[str, Any] = field(default_factory=lambda: dict(CONFIGURATION))
    registered: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def call(self, url: str, *, headers: Any, content: bytes | None = None) -> Answer:
        if url == WELL_KNOWN and content is None:
            return Answer(200, {}, json.dumps(self.configuration).encode())
        if url != f"{ISSUER}/register" or content is None:
            raise UnavailableError("nothing there")
        asked = json.loads(content)
        self.registered.append((asked, headers["Authorization"]))
        granted = asked | {"client_id": "client-9", TOOL: asked[TOOL] | {"deployment_id": "12"}}
        return Answer(201, {}, json.dumps(granted).encode())


@pytest.fixture
def unregistered(service: Service) -> tuple[str, str]:
    name, secret = f"lti-{uuid.uuid4().hex[:12]}", create_secret()
    record = SourceRecord(name, "lti", (secret,), {"rules": []}, service.clock.now)
    service.services.store.sources.create(record)
    return name, secret


def registering(service: Service, registrar: Registrar) -> FlaskClient:
    """The same service, whose platform answers."""
    own = replace(service.services, caller=registrar)
    return create_app(service.settings, own, clock=service.clock).test_client()


def test_a_platform_registers_the_tool_once(service: Service, unregistered: tuple[str, str]) -> None:
    (name, secret), registrar = unregistered, Registrar()
    client = registering(service, registrar)
    told = {"openid_configuration": WELL_KNOWN, "registration_token": "r-1"}
    address = f"/lti/{name}/register/{quote(secret, safe='')}"
    done = client.get(address, query_string=told, base_url=HOST)
    assert done.status_code == 200, done.text
    assert f"frame-ancestors {ISSUER};" in done.headers["Content-Security-Policy"]
    ((asked, authorization),) = registrar.registered
    assert authorization == "Bearer r-1"
    assert asked["redirect_uris"] == [f"{HOST}/lti/{name}/launch"]
    assert asked["jwks_uri"] == f"{HOST}/lti/{name}/jwks"
    assert all(scope.endswith("readonly") for scope in asked["scope"].split())
    record = service.services.store.sources.get(name)
    assert record is not None
    assert record.options["lti"]["client_id"] == "client-9"
    assert record.options["lti"]["deployments"] == ["12"]
    assert secret not in record.secrets
    assert client.get(address, query_string=told, base_url=HOST).status_code == 404
    assert len(registrar.registered) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"jwks_uri": "http://lms.example.org/jwks"},
        {"registration_endpoint": "https://127.0.0.1/register"},
    ],
)
def test_a_platform_that_speaks_for_another_is_not_registered(
    service: Service, unregistered: tuple[str, str], changed: dict[str, Any]
) -> None:
    (name, secret), registrar = unregistered, Registrar(CONFIGURATION | changed)
    client = registering(service, registrar)
    told = {"openid_configuration": WELL_KNOWN}
    address = f"/lti/{name}/register/{quote(secret, safe='')}"
    assert client.get(address, query_string=told, base_url=HOST).status_code == 422
    wrong = f"/lti/{name}/register/{quote(create_secret(), safe='')}"
    assert client.get(wrong, query_string=told, base_url=HOST).status_code == 404
    assert registrar.registered == []
    record = service.services.store.sources.get(name)
    assert record is not None
    assert (record.options, record.secrets) == ({}, (secret,))

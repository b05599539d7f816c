"""lti1p3platform as the platform: logins, launches, a badge that is placed, and members that are read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from credserv.fetch.calling import Answer
from credserv.journeys.award.courses import Fetched, fetch_courses
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.lti_platform import ISSUER, JWKS, OPTIONS, PlatformHost
from tests.testkit.service import ACHIEVEMENT, Service, make_service

pytest.importorskip("lti1p3platform", reason="pip install -r requirements-dev.txt")
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.service_connector import NamesRoleProvisioningService

HOST = "https://badges.example"
MEMBERS = f"{ISSUER}/members"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


class Platform(LTI1P3PlatformConfAbstract):  # type: ignore[misc]  # the library ships no types
    """registration: of this service there."""

    def init_platform_config(self, **given: Any) -> None:
        self._registration = given["registration"]

    def get_registration_by_params(self, **given: Any) -> Registration:
        return self._registration


class Asked(Request):  # type: ignore[misc]  # as above
    def build_metadata(self, request: Any) -> Any:
        return request


class Login(OIDCLoginAbstract):  # type: ignore[misc]  # as above
    def set_lti_message_hint(self, **given: Any) -> None:
        self._lti_message_hint = given["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class Launch(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]  # as above
    def render_launch_form(self, launch_data: dict[str, Any], **given: Any) -> dict[str, Any]:
        return launch_data


class Names(NamesRoleProvisioningService):  # type: ignore[misc]  # as above
    def get_member_data_page(self, **asked: Any) -> dict[str, Any]:
        made = [
            {"user_id": name, "email": f"{name}@example.org", "roles": [LEARNER]} for name in ("u7", "u8")
        ]
        return {"content": made, "has_next": False}

    def get_context_by_id(self) -> Context:
        return Context(id="3", label="M", title="Mentoring")


class Caller:
    """The platform's token endpoint and members, served by its library."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def call(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        if content is not None:
            form = dict(parse_qsl(content.decode()))
            return Answer(200, {}, json.dumps(self._platform.get_access_token(form)).encode())
        asked = Asked({"method": "GET", "get_data": {}, "headers": headers})
        names = Names(asked, self._platform, MEMBERS)
        found = names.handle_resp(names.handle_get_members)
        return Answer(found.code, {}, json.dumps(found.result).encode())


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, key: RSAKey) -> Service:
    folder = tmp_path_factory.mktemp("lti-platform")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    host = PlatformHost({JWKS: {"keys": [Registration.get_jwk(key.as_pem(private=False).decode())]}})
    made = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=host, public_url=HOST)
    made.clock.now = datetime.now(UTC)  # the library signs by the machine's clock
    record = SourceRecord("lms", "lti", (create_secret(),), {"rules": []}, made.clock.now, options=OPTIONS)
    made.services.store.sources.create(record)
    return made


@pytest.fixture(scope="module")
def platform(service: Service, key: RSAKey) -> Platform:
    launch = f"{HOST}/lti/lms/launch"
    registration = (
        Registration()
        .set_iss(ISSUER)
        .set_client_id("client-7")
        .set_deployment_id("2")
        .set_launch_url(launch)
        .set_deeplink_launch_url(launch)
        .set_oidc_login_url(f"{HOST}/lti/lms/login")
        .set_platform_private_key(key.as_pem(private=True).decode())
        .set_platform_public_key(key.as_pem(private=False).decode())
        .set_tool_key_set(service.client().get("/lti/lms/jwks", base_url=HOST).json)
    )
    return Platform(registration=registration)


def opened(
    service: Service, platform: Platform, *, role: str = LEARNER, places: bool = False
) -> tuple[TestResponse, TestResponse]:
    """The pages that come of one launch, and of the same sent once more."""
    client, login = service.client(), Login(None, platform)
    login.set_lti_message_hint(hint="m")
    begun = client.get(login.initiate_login("u7"), base_url=HOST)
    asked = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    launch = Launch(Asked({"get_data": asked, "form_data": {}}), platform)
    launch.set_user_data("u7", [role], full_name="Pat Doe", email_address="u7@example.org")
    launch.set_resource_link_claim("5")
    launch.set_launch_context_claim("3", context_title="Mentoring")
    if places:
        launch.set_dl(f"{ISSUER}/deep", accept_types={"ltiResourceLink"}, extra_data={"kept": "as it was"})
    else:
        launch.set_nrps(MEMBERS)
    form = launch.lti_launch()
    answers = [client.post(form["launch_url"], data=form, base_url=HOST) for _ in range(2)]
    return answers[0], answers[1]


@pytest.mark.parametrize("role", [LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"])
def test_what_the_platform_launches_is_opened_and_kept(
    service: Service, platform: Platform, role: str
) -> None:
    first, again = opened(service, platform, role=role)
    assert (first.status_code, again.status_code) == (200, 403)
    kept = service.services.store.events.recent("lms", limit=9)
    assert kept[0].authentication is not None
    assert kept[0].authentication["is_signed"]


def test_the_platform_accepts_the_badge_that_is_placed(service: Service, platform: Platform) -> None:
    page, _ = opened(service, platform, places=True)
    tokens = re.findall(r'name="JWT" value="([^"]+)"', page.text)
    items = [item for token in tokens for item in platform.validate_deeplinking_resp({"JWT": token})]
    assert ACHIEVEMENT in {item["custom"]["achievement"] for item in items}


def test_the_platform_gives_a_token_and_its_members(service: Service, platform: Platform) -> None:
    opened(service, platform)
    record = service.services.store.sources.get("lms")
    assert record is not None
    own = replace(service.services, caller=Caller(platform))
    assert fetch_courses(own, record, now=service.clock.now) == Fetched(courses=1, members=2, results=0)
    named = {
        one.value
        for kept in service.services.store.observations.recent(source="lms", limit=20)
        for one in kept.observation.people
    }
    assert {"u7", "u8", "u8@example.org"} <= named

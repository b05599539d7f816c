"""LTI: who begins a login, what a platform is asked for its courses, and what it grants when it registers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from credserv.fetch.calling import Answer
from credserv.ground.errors import InputError, LaunchError, NotFoundError, UnavailableError
from credserv.journeys.award import courses
from credserv.journeys.award.courses import Fetched, fetch_courses
from credserv.journeys.award.launches import achievement_of, begin_login, public_keys, tool_key
from credserv.journeys.award.registering import register
from credserv.journeys.services import Services
from credserv.records.audit import Action
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.lti.launch import Launch
from credserv.sources.lti.services import Course
from credserv.sources.lti.settings import parse_platform
from credserv.sources.webhook import create_secret
from tests.testkit.lti_platform import ISSUER, OPTIONS, SERVICES, claims, sign
from tests.testkit.observed import closed, known
from tests.testkit.service import ACHIEVEMENT, NOW, Service

_numbers = itertools.count(1)
SOURCE = SourceRecord("campus", "lti", (), {"rules": []}, NOW, options=OPTIONS)
ASKED = {"iss": ISSUER, "login_hint": "7", "client_id": "client-7", "lti_message_hint": "m"}
BACK = "https://badges.example/lti/campus/launch"


def test_a_login_goes_on_to_the_platform_with_what_it_told() -> None:
    login = begin_login(SOURCE, ASKED, redirect_uri=BACK)
    address = urlsplit(login.address)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/auth"
    assert dict(parse_qsl(address.query)) == {
        "a": "b", "scope": "openid", "response_type": "id_token", "response_mode": "form_post",
        "prompt": "none", "client_id": "client-7", "redirect_uri": BACK, "state": login.state,
        "nonce": login.nonce, "login_hint": "7", "lti_message_hint": "m",
    }  # fmt: skip
    assert login.state != login.nonce
    bare = {name: value for name, value in ASKED.items() if name in ("iss", "login_hint")}
    plain = {"lti": OPTIONS["lti"] | {"authorization_endpoint": f"{ISSUER}/auth"}}
    again = begin_login(replace(SOURCE, options=plain), bare, redirect_uri=BACK)
    assert again.address.startswith(f"{ISSUER}/auth?scope=openid&")
    assert "lti_message_hint" not in again.address


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"iss": "https://evil.example"}, "another platform"),
        ({"client_id": "client-8"}, "another client"),
        ({"login_hint": ""}, "names nobody"),
    ],
)
def test_a_login_that_another_began_is_refused(changed: dict[str, str], told: str) -> None:
    with pytest.raises(LaunchError, match=told):
        begin_login(SOURCE, ASKED | changed, redirect_uri=BACK)


def connected(here: Service, *secrets: str, options: Any = OPTIONS) -> SourceRecord:
    record = SourceRecord(f"lti-{next(_numbers)}", "lti", secrets, {"rules": []}, NOW, options=options)
    here.services.store.sources.create(record)
    return known(here, record.name)


def test_the_key_of_a_tool_is_made_once_and_a_secret_is_none(here: Service) -> None:
    source = connected(here, create_secret())
    (first,) = public_keys(here.services, source)["keys"]
    assert first["kty"]
    assert "d" not in first
    source = known(here, source.name)
    assert len(source.secrets) == 2
    assert public_keys(here.services, source)["keys"] == [first]
    assert tool_key(here.services, source) in source.secrets
    assert len(known(here, source.name).secrets) == 2


def test_a_badge_that_was_placed_is_shown_as_long_as_it_is_there(here: Service) -> None:
    def placed(custom: Any) -> Any:
        told = {"https://purl.imsglobal.org/spec/lti/claim/custom": custom}
        return achievement_of(here.services, Launch(told, "k1"))

    assert placed({"achievement": ACHIEVEMENT})["name"]
    assert placed({"achievement": "nothing"}) is placed({}) is None


def launched(here: Service, source: SourceRecord, course: str, **changed: Any) -> None:
    context = {"https://purl.imsglobal.org/spec/lti/claim/context": {"id": course}}
    told = claims(NOW, f"n-{next(_numbers)}", **SERVICES, **context)
    body = sign(told).encode()
    event = EventRecord(
        source.name, f"lti:{next(_numbers)}", "0", body, NOW, EventState.READ,
        authentication={"method": "lti-launch"},
    )  # fmt: skip
    here.services.store.events.record(replace(event, **changed))


@dataclass
class Platform:
    """pages: an answer by address; others are not there. token: how it answers who asks for one.

    `PlatformServices` of the testkit checks who asks, and answers as a platform should; this one answers
    whatever it is told to, of any status, and notes what was sent.
    """

    pages: Mapping[str, Answer]
    token: Answer = field(default_factory=lambda: Answer(200, {}, b'{"access_token": "t-1"}'))
    asked: list[tuple[str, Mapping[str, str], bytes | None]] = field(default_factory=list)

    def call(
        self, url: str, *, headers: Mapping[str, str], content: bytes | None = None, max_bytes: int = 1
    ) -> Answer:
        self.asked.append((url, headers, content))
        return self.token if url == f"{ISSUER}/token" else self.pages.get(url, Answer(404, {}, b""))


def told(value: object, following: str = "") -> Answer:
    link = {"link": f'<{following}>; rel="next"'} if following else {}
    return Answer(200, link, json.dumps(value).encode())


def asking(here: Service, platform: Platform) -> Services:
    return replace(here.services, caller=platform)


MEMBER = {"user_id": "u-1", "roles": ["Learner"], "name": "Pat"}
MEMBERS = told({"id": "m", "context": {"id": "3"}, "members": [MEMBER]})
RESULT = {"id": "r", "userId": "u-1", "resultScore": 8, "resultMaximum": 10, "scoreOf": f"{ISSUER}/items/1"}


def test_a_course_is_asked_for_its_members_and_each_result(here: Service) -> None:
    source = connected(here)
    launched(here, source, "3")
    launched(here, source, "3")
    launched(here, source, "4", authentication={"method": "lti-service"})
    launched(here, source, "5", authentication=None)
    launched(here, source, "6", body=b"", body_sha256="1")
    items = [{"id": f"{ISSUER}/items/1"}, {"id": f"{ISSUER}/items/2"}, {"id": 7}, "no item"]
    platform = Platform(
        {
            f"{ISSUER}/members": MEMBERS,
            f"{ISSUER}/items?type_id=2": told(items, f"{ISSUER}/items?page=2"),
            f"{ISSUER}/items?page=2": told({"no": "list"}),
            f"{ISSUER}/items/1/results": told([RESULT]),
            f"{ISSUER}/items/2/results": Answer(200, {}, b" [] "),
        }
    )
    found = fetch_courses(asking(here, platform), source, now=NOW)
    assert (found.courses, found.members, found.failed) == (1, 1, ())
    assert found.results == 1
    kept = [
        one for one in here.services.store.events.recent(source.name, limit=99)
        if one.event_id.startswith("lti-service:")
    ]  # fmt: skip
    assert len(kept) == 2, "an empty list is nothing to keep"
    assert {json.dumps(one.authentication, sort_keys=True) for one in kept} == {
        '{"is_signed": false, "key": null, "method": "lti-service"}'
    }
    assert {one.state for one in kept} == {EventState.READ}
    assert {headers.get("Authorization") for _, headers, sent in platform.asked if sent is None} == {
        "Bearer t-1"
    }
    again = fetch_courses(asking(here, platform), source, now=NOW)
    assert again == found
    events = here.services.store.events.recent(source.name, limit=99)
    assert sum(one.event_id.startswith("lti-service:") for one in events) == 2, "the same again is known"


@pytest.mark.parametrize("status", [201, 401])
def test_a_platform_that_gives_no_token_fails_its_course_alone(here: Service, status: int) -> None:
    source = connected(here)
    launched(here, source, "c" * 200)
    found = fetch_courses(asking(here, Platform({}, Answer(status, {}, b"{}"))), source, now=NOW)
    failed = f"course {'c' * 100}: the platform refused an access token ({status})"
    assert found == Fetched(1, 0, 0, (failed,))
    untold = {name: value for name, value in OPTIONS["lti"].items() if name != "token_endpoint"}
    source = connected(here, options={"lti": untold})
    with pytest.raises(InputError, match="token_endpoint is not told"):
        fetch_courses(asking(here, Platform({})), source, now=NOW)


def test_a_list_has_an_end_or_is_told_to_have_none(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses, "_MAX_PAGES", 2)
    source = connected(here)
    launched(here, source, "3")
    pages = {f"{ISSUER}/members": replace(MEMBERS, headers={"link": f'<{ISSUER}/members?p=2>; rel="next"'})}
    last = {f"{ISSUER}/members?p=2": MEMBERS, f"{ISSUER}/items?type_id=2": told([])}
    found = fetch_courses(asking(here, Platform(pages | last)), source, now=NOW)
    assert (found.members, found.failed) == (2, ())
    endless = {f"{ISSUER}/members?p=2": pages[f"{ISSUER}/members"]}
    (failed,) = fetch_courses(asking(here, Platform(pages | endless)), source, now=NOW).failed
    assert failed.endswith("has more than 2 pages")
    down = Platform({f"{ISSUER}/members": Answer(500, {}, b"")})
    (failed,) = fetch_courses(asking(here, down), source, now=NOW).failed
    assert failed == f"course 3: the platform answered 500 at {ISSUER}/members"


CONFIGURATION = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "jwks_uri": f"{ISSUER}/jwks",
    "token_endpoint": f"{ISSUER}/token2",
    "registration_endpoint": f"{ISSUER}/register",
}


def test_a_platform_registers_once_by_the_secret_of_its_address(here: Service) -> None:
    secret = create_secret()
    source = connected(here, secret, options={"keep": 1})
    own = tool_key(here.services, source)
    source = known(here, source.name)
    platform = Platform(
        {
            f"{ISSUER}/configuration": told(CONFIGURATION),
            f"{ISSUER}/register": Answer(201, {}, b'{"client_id": "client-9"}'),
        }
    )
    services = asking(here, platform)
    where = {"configuration_url": f"{ISSUER}/configuration", "token": "r-1", "now": NOW}
    for wrong in ("guess", own):
        with pytest.raises(NotFoundError, match="no such registration"):
            register(services, source, wrong, **where)
    assert register(services, source, secret, **where) == ISSUER
    after = known(here, source.name)
    assert (after.secrets, after.options["keep"], after.options["lti"]["client_id"]) == (
        (own,),
        1,
        "client-9",
    )
    assert here.services.store.source_pulls.get(source.name) is not None, "its courses are asked from now on"
    (asked, registered) = platform.asked[-2:]
    assert asked == (f"{ISSUER}/configuration", {"Accept": "application/json"}, None)
    assert registered[:2] == (
        f"{ISSUER}/register",
        {"Accept": "application/json", "Content-Type": "application/json", "Authorization": "Bearer r-1"},
    )
    wanted = json.loads(registered[2] or b"")
    assert wanted["client_name"] == "Example Academy"
    assert wanted["initiate_login_uri"].endswith(f"/lti/{source.name}/login")
    lines = here.services.store.audit.of_subject(source.name)
    assert [(one.action, one.actor, one.detail) for one in lines] == [
        (Action.SOURCE_REGISTERED, "lti registration", {"issuer": ISSUER})
    ]
    secret = create_secret()
    other = connected(here, secret, options={})
    refusing = Platform({f"{ISSUER}/configuration": Answer(202, {}, b"{}")})
    with pytest.raises(UnavailableError, match="the platform answered 202 at"):
        register(asking(here, refusing), other, secret, **where | {"token": ""})
    assert known(here, other.name).secrets == (secret,)
    assert register(closed(services, profile={}), other, secret, **where) == ISSUER
    assert json.loads(platform.asked[-1][2] or b"")["client_name"] == "Badges"


def test_each_course_is_one_that_was_launched_not_long_ago_whatever_came_between(here: Service) -> None:
    source = connected(here)
    for minutes, course, changed in (
        (0, "3", {}),
        (1, "4", {"authentication": {"method": "lti-service"}}),
        (2, "5", {}),
        (3, "6", {"body": b"", "body_sha256": "1"}),
    ):
        launched(here, source, course, received_at=NOW + timedelta(minutes=minutes), **changed)
    assert [one.id for one in courses._courses(here.services, source)] == ["5", "3"]
    no_list = {f"{ISSUER}/members": MEMBERS, f"{ISSUER}/items?type_id=2": told(7)}
    found = fetch_courses(asking(here, Platform(no_list)), source, now=NOW)
    assert (found.results, found.failed) == (0, ())


def test_a_course_that_offers_neither_list_is_asked_for_none(here: Service) -> None:
    source = connected(here)
    platform = parse_platform(source.options)
    asked = courses._Asking(asking(here, Platform({})), source, platform, NOW, Course("9"))
    assert (asked.fetch_members(), asked.fetch_results()) == (0, 0)

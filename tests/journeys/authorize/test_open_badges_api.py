"""The Open Badges 3.0 API as a host: the steps of 1EdTech's certification guide (1.2), and attack 90.

Provider Read and Write: discovery, registration, consent, tokens, getCredentials with paging,
upsertCredential of JSON and JWS, getProfile and putProfile, errors.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.journeys.transfer.imports import keep_import
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from tests.testkit.apps import (
    CHANGE_PROFILE,
    KEEP,
    PROFILE,
    READ,
    App,
    bearer,
    new_app,
)
from tests.testkit.browsing import Person
from tests.testkit.defects import ALICE, defects, good, hosts_of
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.tokens import token_issuer

PAT, SAM = "pat@example.org", "sam@example.org"
API = "/ims/ob/v3p0"
DEFECTS = {defect.name: defect for defect in defects(NOW)}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("host")
    made = make_service(f"sqlite:///{folder / 'host.db'}", folder, fetcher=hosts_of(NOW))
    rates = made.app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    for email in (PAT, SAM):
        made.issue(email=email)
    return made


@pytest.fixture(scope="module")
def app(here: Service) -> App:
    return new_app(here)


def token(here: Service, app: App, email: str = PAT, **changed: str) -> dict[str, str]:
    given = app.tokens(Person(here).open_wallet(email), **changed)
    return bearer(given["access_token"])


@pytest.fixture(scope="module")
def pat(here: Service, app: App) -> dict[str, str]:
    return token(here, app)


def get(here: Service, headers: dict[str, str], **query: str) -> TestResponse:
    return here.client().get(f"{API}/credentials", headers=headers, query_string=query)


def put_in(here: Service, headers: dict[str, str], text: bytes | str, **more: str) -> TestResponse:
    kind = "application/json" if text[:1] in ("{", b"{") else "text/plain"
    return here.client().post(
        f"{API}/credentials", data=text, headers={**headers, "Content-Type": kind, **more}
    )


def badge(number: int = 1, **changes: Any) -> bytes:
    return json.dumps(ALICE.sign(good(NOW, id=f"https://badges.example/host/{number}", **changes))).encode()


def is_status_info(answer: TestResponse, status: int) -> bool:
    told = answer.json
    minor = told["imsx_codeMinor"]["imsx_codeMinorField"][0]
    assert set(minor) == {"imsx_codeMinorFieldName", "imsx_codeMinorFieldValue"}
    assert told["imsx_description"]
    return (answer.status_code, told["imsx_codeMajor"], told["imsx_severity"]) == (status, "failure", "error")


# --- discovery, registration --------------------------------------------------------------------


def test_the_description_leads_an_app_through_everything(here: Service) -> None:
    """With nothing but what the document says, as a consumer does."""
    answer = here.client().get(f"{API}/discovery")
    told = answer.json
    assert told["openapi"].startswith("3.0")
    scheme = told["components"]["securitySchemes"]["OAuth2ACG"]
    for name in ("name", "privacyPolicyUrl", "termsOfServiceUrl", "registrationUrl"):
        assert scheme[f"x-imssf-{name}"]
    flow = scheme["flows"]["authorizationCode"]
    assert {READ, KEEP, PROFILE, CHANGE_PROFILE, "offline_access"} == set(flow["scopes"])
    base = here.services.public_url
    assert scheme["x-imssf-registrationUrl"] == f"{base}/oauth/register"
    assert flow["tokenUrl"] == flow["refreshUrl"] == f"{base}/oauth/token"
    assert flow["authorizationUrl"] == f"{base}/oauth/authorize"
    assert told["servers"] == [{"url": base + API}]
    assert {"/discovery", "/credentials", "/profile"} == set(told["paths"])
    again = here.client().get(f"{API}/discovery", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


# --- reading ------------------------------------------------------------------------------------


def test_own_awards_and_what_was_brought_along_are_served_as_they_were_signed(here: Service) -> None:
    here.issue(email="reader@example.org")
    headers = token(here, new_app(here), "reader@example.org")
    own = get(here, headers)
    assert own.headers["X-Total-Count"] == "1"
    assert "Link" not in own.headers
    member = here.services.store.members.find_by_email("reader@example.org")
    assert member is not None
    (_, record), *_ = here.services.store.holdings.of_person(member.person_id)
    assert record.signed is not None
    assert record.signed in own.data
    assert "compactJwsStrings" not in own.json
    kept = keep_import(here.services, member.person_id, badge(7), NOW, added_by="a test")
    assert kept[0].import_id
    keep_import(here.services, member.person_id, DEFECTS["assertion"].data or b"", NOW, added_by="a test")
    served = get(here, headers).json
    ids = {one["id"] for one in served["credential"]}
    assert ids == {json.loads(record.signed)["id"], "https://badges.example/host/7"}


def test_pages_have_links_and_a_new_badge_moves_none(here: Service) -> None:
    here.issue(email="many@example.org")
    headers = token(here, new_app(here), "many@example.org")
    for number in range(4):
        assert put_in(here, headers, badge(100 + number)).status_code == 201
    seen: list[str] = []
    address = f"{API}/credentials?limit=2"
    rels: list[set[str]] = []
    while address:
        answer = here.client().get(address, headers=headers)
        assert answer.headers["X-Total-Count"] == "5"
        seen += [one["id"] for one in answer.json["credential"]]
        links = {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}
        rels.append(set(links))
        address = links.get("next", "").removeprefix(here.services.public_url)
    assert len(seen) == len(set(seen)) == 5
    assert rels == [{"first", "last", "next"}, {"first", "last", "next", "prev"}, {"first", "last", "prev"}]
    beyond = get(here, headers, offset="1000")
    assert beyond.json == {}
    assert 'rel="prev"' in beyond.headers["Link"]


def test_since_is_after_and_a_day_to_come_has_nothing(here: Service, pat: dict[str, str]) -> None:
    before, after = NOW - timedelta(days=1), NOW + timedelta(days=400)
    assert get(here, pat, since=before.isoformat().replace("+00:00", "Z")).json["credential"]
    assert get(here, pat, since=after.isoformat().replace("+00:00", "Z")).json == {}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "1.5"},
        {"limit": "9" * 400},
        {"limit": "\u0663"},
        {"offset": "-1"},
        {"offset": "999999999"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"limit": "x"},
    ],
    ids=str,
)
def test_attack_90_numbers_of_pages_are_bounded(
    here: Service, pat: dict[str, str], query: dict[str, str]
) -> None:
    assert is_status_info(get(here, pat, **query), 400)


def test_attack_90_a_large_limit_is_served_as_the_largest_and_none_comes_twice(
    here: Service, pat: dict[str, str]
) -> None:
    assert get(here, pat, limit="100000000").status_code == 200
    twice = here.client().get(f"{API}/credentials?limit=1&limit=2", headers=pat)
    assert is_status_info(twice, 400)


# --- writing ------------------------------------------------------------------------------------


def test_a_badge_is_created_then_replaced_and_the_newer_one_stays(here: Service, app: App) -> None:
    here.issue(email="writer@example.org")
    headers = token(here, new_app(here), "writer@example.org")
    old, new = badge(1), badge(1, name="The same, later", validFrom="2026-03-02T00:00:00Z")
    first = put_in(here, headers, old)
    assert (first.status_code, first.data) == (201, old)
    assert put_in(here, headers, old).status_code == 200
    second = put_in(here, headers, new)
    assert (second.status_code, second.data) == (200, new)
    third = put_in(here, headers, old)
    assert (third.status_code, third.data) == (200, new)
    served = [one for one in get(here, headers).json["credential"] if "host/1" in one["id"]]
    assert [one["name"] for one in served] == ["The same, later"]


def test_a_badge_in_a_token_comes_back_as_one(here: Service) -> None:
    here.issue(email="jws@example.org")
    headers = token(here, new_app(here), "jws@example.org")
    issuer = token_issuer()
    document = issuer.badge(id="https://badges.example/host/jws")
    text = sign_vc_jwt(document, signer=issuer.signer, verification_method=issuer.method)
    for status in (201, 200):
        answer = put_in(here, headers, text)
        assert (answer.status_code, answer.text, answer.mimetype) == (status, text, "text/plain")
    assert get(here, headers).json["compactJwsStrings"] == [text]


def test_what_is_forged_or_no_badge_is_refused(here: Service, pat: dict[str, str]) -> None:
    before = get(here, pat).headers["X-Total-Count"]
    for text in (
        DEFECTS["tampered"].data,
        DEFECTS["no-signature"].data,
        b"{}",
        b"[]",
        b"a.b.c",
        b'{"type": "AchievementCredential"}',
        b'{"type": ["VerifiableCredential"]}',
        b"https://badges.example/credentials/1",
    ):
        assert is_status_info(put_in(here, pat, text or b""), 400), text
    other = put_in(here, pat, badge(3), **{"Content-Type": "image/png"})
    assert is_status_info(other, 400)
    assert get(here, pat).headers["X-Total-Count"] == before


def test_attack_90_nothing_of_another_person_and_nothing_issued_here_is_touched(
    here: Service, pat: dict[str, str], app: App
) -> None:
    store = here.services.store
    sam = store.members.find_by_email(SAM)
    assert sam is not None
    keep_import(here.services, sam.person_id, badge(50), NOW, added_by="a test")
    (_, award), *_ = store.holdings.of_person(sam.person_id)
    newer = badge(50, name="Taken over", validFrom="2026-03-01T00:00:00Z")
    assert put_in(here, pat, newer).status_code == 201
    sams = token(here, new_app(here), SAM)
    names = [one["name"] for one in get(here, sams).json["credential"] if one["id"].endswith("host/50")]
    assert "Taken over" not in names
    assert award.id not in get(here, pat).text
    # Sam's award, which is not Pat's: kept as brought along, named for somebody else, and Sam's stays.
    assert award.signed is not None
    put_in(here, pat, award.signed)
    pat_id = store.members.find_by_email(PAT).person_id  # type: ignore[union-attr]
    assert award.id not in {record.id for _, record in store.holdings.of_person(pat_id)}
    kept = store.credentials.get(award.id)
    assert kept is not None
    assert (kept.signed, kept.person_id, kept.state) == (award.signed, sam.person_id, award.state)
    altered = json.loads(award.signed)
    altered["name"] = "Another name"
    assert is_status_info(put_in(here, pat, json.dumps(altered)), 400)
    # One's own is there already, and nothing is made of it.
    (_, own), *_ = store.holdings.of_person(pat_id)
    assert own.signed is not None
    total = get(here, pat).headers["X-Total-Count"]
    assert put_in(here, pat, own.signed).status_code == 200
    assert get(here, pat).headers["X-Total-Count"] == total


# --- profile ------------------------------------------------------------------------------------


def test_the_profile_is_read_and_its_name_changed(here: Service, app: App) -> None:
    here.issue(email="named@example.org")
    headers = token(here, new_app(here), "named@example.org")
    client = here.client()
    read = client.get(f"{API}/profile", headers=headers)
    told = read.json
    assert "Profile" in told["type"]
    assert "@example.org" not in read.text
    same = client.get(f"{API}/profile", headers={**headers, "If-None-Match": read.headers["ETag"]})
    assert same.status_code == 304
    for send, name in ((client.put, "Pat D."), (client.post, "Pat E.")):
        answer = send(f"{API}/profile", headers=headers, json={**told, "name": name, "phone": "111"})
        assert (answer.status_code, answer.json) == (200, {**told, "name": name})
    assert client.get(f"{API}/profile", headers=headers).json["name"] == "Pat E."
    for wrong in ({**told, "id": "https://else.example/"}, {**told, "name": 7}, {**told, "name": "a\nb"}, {}):
        assert is_status_info(client.put(f"{API}/profile", headers=headers, json=wrong), 400)


# --- who may ------------------------------------------------------------------------------------

CALLS = {
    READ: ("GET", "credentials"),
    KEEP: ("POST", "credentials"),
    PROFILE: ("GET", "profile"),
    CHANGE_PROFILE: ("PUT", "profile"),
}


@pytest.mark.parametrize("granted", CALLS)
def test_attack_90_each_scope_opens_its_own_call_alone(here: Service, app: App, granted: str) -> None:
    headers = token(here, new_app(here), scope=granted)
    for scope, (method, path) in CALLS.items():
        answer = here.client().open(f"{API}/{path}", method=method, headers=headers, json={})
        if scope == granted:
            assert answer.status_code in (200, 400)
        else:
            assert is_status_info(answer, 403), (granted, method, path)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer \u00e9", "Basic eDp5", "Bearer " + "a" * 10_000, "Bearer a, Bearer b"],
)
def test_attack_100_without_a_good_token_every_call_is_a_401(here: Service, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}
    for method, path in CALLS.values():
        answer = here.client().open(f"{API}/{path}", method=method, json={}, environ_overrides=environ)
        assert is_status_info(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_with_its_hour_and_with_its_app(here: Service, app: App) -> None:
    person = Person(here).open_wallet(PAT)
    mine = new_app(here)
    given = mine.tokens(person)
    assert get(here, bearer(given["access_token"])).status_code == 200
    here.clock.advance(hours=1)
    assert is_status_info(get(here, bearer(given["access_token"])), 401)
    renewed = mine.refresh(given["refresh_token"]).json
    assert get(here, bearer(renewed["access_token"])).status_code == 200
    here.clock.now = NOW
    mine.revoke(renewed["refresh_token"])
    assert is_status_info(get(here, bearer(renewed["access_token"])), 401)
    assert is_status_info(get(here, bearer(given["refresh_token"])), 401)


def test_other_methods_and_large_bodies_are_told_as_the_standard_asks(
    here: Service, pat: dict[str, str]
) -> None:
    deleted = here.client().delete(f"{API}/credentials", headers=pat)
    assert is_status_info(deleted, 405)
    assert deleted.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert is_status_info(put_in(here, pat, b"{" + b" " * 1_200_000), 400)

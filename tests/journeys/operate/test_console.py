"""The console: one-time sign-in, and all that an administrator does there."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from credserv.ground.errors import InputError, UnauthenticatedError
from credserv.journeys.admit import access
from credserv.journeys.define import achievements as define
from credserv.records.access import SessionKind
from credserv.records.credentials import CredentialState
from credserv.records.sources import EventState
from credserv.sources.webhook import create_secret
from tests.testkit.browsing import Person, console_link, secrets_of, wallet_link
from tests.testkit.service import ACHIEVEMENT, COURSE, SOURCE, Service, make_service


@pytest.fixture
def service(sqlite_service: Service) -> Service:
    """On SQLite alone: what a page asks of the store is tried on both kinds where the store is."""
    return sqlite_service


@pytest.fixture
def administrator(service: Service) -> Person:
    return Person(service).sign_in_to_console()


# --- coming in ------------------------------------------------------------------------------------


def test_looking_at_the_link_signs_nobody_in_and_it_opens_once(service: Service) -> None:
    """target 3, attack 121"""
    link = console_link(service)
    person = Person(service)
    person.get(link)
    person.get(link)
    assert "Get a link" in person.get("/console")
    assert "Overview" in person.follow(person.submit(link))
    assert "no longer opens" in Person(service).get(link, status=410)


def test_the_link_dies_after_fifteen_minutes(sqlite_service: Service) -> None:
    link = console_link(sqlite_service)
    sqlite_service.clock.advance(minutes=14, seconds=59)
    Person(sqlite_service).get(link)
    sqlite_service.clock.advance(seconds=1)
    Person(sqlite_service).get(link, status=410)


def test_a_wallet_link_opens_no_console_nor_the_other_way_round(service: Service) -> None:
    service.issue(email="pat@example.org")
    token = wallet_link(service, "pat@example.org").rpartition("/")[2]
    Person(service).get(f"/console/open/{token}", status=410)
    token = console_link(service).rpartition("/")[2]
    Person(service).get(f"/wallet/open/{token}", status=410)
    holder = Person(service).open_wallet("pat@example.org")
    stolen = holder.client.get_cookie("credserv_wallet").value
    holder.client.set_cookie("credserv_console", stolen)
    assert "Get a link" in holder.get("/console")


def test_the_session_cookie_is_out_of_reach(sqlite_service: Service) -> None:
    person = Person(sqlite_service).sign_in_to_console()
    cookie = person.client.get_cookie("credserv_console")
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    headers = person.client.get("/console/keys").headers
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]


def test_over_https_cookies_are_secure_and_of_this_host_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    service = make_service(url, tmp_path, starters=False, public_url="https://badges.example.org")
    cookies = Person(service).submit(console_link(service)).headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-credserv_console=") for cookie in cookies)
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "Domain=" not in cookie


def test_signing_in_gives_a_new_session_each_time(sqlite_service: Service) -> None:
    """attack 98, session fixation: what the browser held before is not what it holds after."""
    person = Person(sqlite_service)
    person.client.set_cookie("credserv_console", "planted")
    person.sign_in_to_console()
    first = person.client.get_cookie("credserv_console").value
    person.sign_in_to_console()
    assert len({"planted", first, person.client.get_cookie("credserv_console").value}) == 3


def test_an_hour_without_use_signs_out(sqlite_service: Service) -> None:
    person = Person(sqlite_service).sign_in_to_console()
    sqlite_service.clock.advance(minutes=59)
    person.get("/console/keys")
    sqlite_service.clock.advance(minutes=61)
    person.get("/console/keys", status=303)


def test_sign_out_ends_the_session_in_the_store(service: Service) -> None:
    person = Person(service).sign_in_to_console()
    stolen = person.client.get_cookie("credserv_console").value
    person.follow(person.submit("/console/sign-out", on="/console"))
    with pytest.raises(UnauthenticatedError):
        access.find_session(service.services, stolen, SessionKind.ADMINISTRATOR, service.clock.now)


def test_attack_98_no_form_of_the_console_works_without_its_token(service: Service) -> None:
    person, credential_id = Person(service).sign_in_to_console(), service.issue()
    for path, fields in (
        ("/console/keys", {"name": "forged", "scope": "credentials:issue"}),
        ("/console/sources", {"name": "forged", "course": "x", "achievement": ACHIEVEMENT}),
        ("/console/credentials/issue", {"achievement": ACHIEVEMENT, "email": "forged@example.org"}),
        (f"/console/credentials/{credential_id}/revoke", {"reason": "forged", "sure": "yes"}),
        (f"/console/sources/{SOURCE}/secrets", {}),
        ("/console/sign-out", {}),
    ):
        assert person.client.post(path, data=fields).status_code == 400, path
        wrong = {"csrf_token": "x" * 40, **fields}
        assert person.client.post(path, data=wrong).status_code == 400, path
    store = service.services.store
    assert store.access.list_api_keys() == ()
    assert [source.name for source in store.sources.list()] == [SOURCE]
    assert store.credentials.get(credential_id).state is CredentialState.ACTIVE


# --- credentials ----------------------------------------------------------------------------------


def test_a_badge_by_hand_is_public_and_verifies_and_goes_out_once(
    service: Service, administrator: Person
) -> None:
    page = administrator.get("/console/credentials/issue")
    order = re.search(r'name="order" value="([^"]+)"', page)[1]
    fields = {"achievement": ACHIEVEMENT, "email": "new@example.org", "name": "New", "order": order}
    first = administrator.submit("/console/credentials/issue", **fields)
    again = administrator.submit("/console/credentials/issue", **fields)
    assert first.headers["Location"] == again.headers["Location"]
    assert "new@example.org" in administrator.follow(first)
    credential_id = first.headers["Location"].rpartition("/")[2]
    stranger = Person(service)
    assert "new@example.org" not in stranger.get(f"/credentials/{credential_id}")
    url = f"{service.settings.public_url}/credentials/{credential_id}"
    assert "Genuine and in force" in stranger.client.post("/verify", data={"url": url}).text
    other = administrator.submit("/console/credentials/issue", **{**fields, "email": "other@example.org"})
    assert other.status_code == 400, "another order under the same key"


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a@example.org\r\nBcc: b@example.org"])
def test_a_wrong_address_is_told_on_the_form(administrator: Person, email: str) -> None:
    answer = administrator.submit("/console/credentials/issue", achievement=ACHIEVEMENT, email=email)
    assert answer.status_code == 400
    assert "one e-mail address" in answer.text


def test_an_unknown_achievement_is_told_on_the_form(administrator: Person) -> None:
    fields = {"achievement": "nothing", "email": "new@example.org"}
    answer = administrator.submit("/console/credentials/issue", **fields)
    assert answer.status_code == 400
    assert "there is no achievement" in answer.text.lower()


def test_revoking_needs_a_reason_and_a_yes_and_shows_at_once(service: Service, administrator: Person) -> None:
    credential_id = service.issue()
    path = f"/console/credentials/{credential_id}/revoke"
    assert administrator.submit(path, sure="yes").status_code == 400
    assert administrator.submit(path, reason="left the company").status_code == 400
    shown = administrator.follow(administrator.submit(path, reason="left the company", sure="yes"))
    assert "left the company" in shown
    public = Person(service).get(f"/credentials/{credential_id}")
    assert "Revoked" in public
    assert "left the company" not in public
    administrator.get(path, status=404)
    administrator.get(f"/console/credentials/{credential_id}/restore", status=404)


def test_suspend_and_restore(service: Service, administrator: Person) -> None:
    path = f"/console/credentials/{service.issue()}"
    administrator.follow(administrator.submit(f"{path}/suspend", reason="under review"))
    assert "Suspended" in administrator.get(path)
    administrator.follow(administrator.submit(f"{path}/restore", reason="cleared"))
    assert "Valid" in administrator.get(path)
    administrator.get(f"{path}/restore", status=404)
    administrator.get(f"{path}/explode", status=404)


def test_find_by_recipient_achievement_and_state(service: Service, administrator: Person) -> None:
    service.issue(email="pat@example.org")
    service.issue(email="sam@example.org")
    assert "sam@example.org" not in administrator.get("/console/credentials?q=pat@example.org")
    assert "Nothing was found" in administrator.get("/console/credentials?q=nobody")
    assert "Nothing was found" in administrator.get("/console/credentials?state=revoked")
    assert "pat@example.org" in administrator.get("/console/credentials?state=active")
    administrator.get("/console/credentials?state=nonsense")
    administrator.get("/console/credentials?after=abc", status=400)
    assert "Nothing was found" in administrator.get("/console/credentials?q=pat&after=0.x")


def test_o8_the_list_goes_on_from_a_row_whatever_comes_before_it(sqlite_service: Service) -> None:
    for number in range(52):
        sqlite_service.issue(email=f"p{number}@example.org")
    administrator = Person(sqlite_service).sign_in_to_console()
    first = administrator.get("/console/credentials")
    older = _page_link(first, "Older")
    sqlite_service.clock.advance(seconds=1)
    sqlite_service.issue(email="late@example.org")
    second = administrator.get(older)
    third = administrator.get(_page_link(second, "Older"))
    seen = [set(re.findall(r"p\d+@example.org", shown)) for shown in (first, second, third)]
    assert [len(found) for found in seen] == [25, 25, 2]
    assert len(set.union(*seen)) == 52, "none twice, none left out"
    assert "late@example.org" not in first + second + third
    assert "Older" not in third
    back = administrator.get(_page_link(third, "Newer"))
    assert set(re.findall(r"p\d+@example.org", back)) == seen[1]
    newest = administrator.get(_page_link(administrator.get(_page_link(back, "Newer")), "Newer"))
    assert "late@example.org" in newest
    assert "Newer" not in newest


def _page_link(shown: str, label: str) -> str:
    nav = shown[shown.index('aria-label="Pages"') :]
    links = dict(re.findall(r'<a class="button" href="([^"]+)">(?:<svg.*?</svg>)?\s*(\w+)', nav, re.DOTALL))
    found = next(address for address, word in links.items() if word == label)
    return "/console/credentials" + html.unescape(found)


@pytest.mark.parametrize(
    "asked",
    [
        "José Müller-Straße",
        "JOSÉ MÜLLER",
        "Jose\u0301 Mu\u0308ller",
        "Jose Muller",
        "STRASSE",
        "Müller José",
        "José  Müller",
        "Accreditation: Foundation",
        "mentor-foundation",
        "muller foundation",
        "find@",
    ],
)
def test_b23_a_person_is_found_as_people_type(service: Service, administrator: Person, asked: str) -> None:
    service.issue(email="find@example.org", name="José Müller-Straße")
    service.issue(email="other@example.org", name="Sam Łódzki", course="course-v1:Example+MENTOR101+2026")
    shown = administrator.get("/console/credentials?" + urlencode({"q": asked}))
    assert "find@example.org" in shown
    assert "other@example.org" in administrator.get("/console/credentials?q=lodzki")


def test_b23_four_hundred_achievements_come_in_pages(service: Service, administrator: Person) -> None:
    for number in range(50):
        definition = {**_definition(name=f"Watch {number}"), "key": f"watch-{number:03}"}
        define.define(
            service.services, definition, read_image=lambda _: b"", actor="t", now=service.clock.now
        )
    first = administrator.get("/console/achievements")
    assert first.count('class="card tile"') == 48
    link = re.search(r'href="(\?after=[^"]+)">More', first)[1]
    rest = administrator.get("/console/achievements" + html.unescape(link))
    assert "watch-049" in rest
    assert rest.count('class="card tile"') == service.services.store.achievements.count() - 48


def test_u8_a_claim_link_shows_one_badge_and_opens_no_wallet(service: Service, administrator: Person) -> None:
    path = f"/console/credentials/{service.issue(email='pat@example.org')}"
    (link,) = secrets_of(administrator.submit(f"{path}/claim-link", on=path).text)
    assert link not in administrator.get(path)
    stranger = Person(service)
    assert "Mentor Accreditation: Foundation" in stranger.get(link)
    assert "Open my wallet" in stranger.get("/wallet")
    assert stranger.client.get_cookie("credserv_wallet") is None


# --- achievements ---------------------------------------------------------------------------------


def _definition(**changed: Any) -> dict[str, Any]:
    achievement = {
        "name": "Night watch",
        "description": "Kept watch.",
        "criteria": {"narrative": "Watch one night."},
    }
    return {"key": "night-watch", "kind": "competency-mastery", "achievement": {**achievement, **changed}}


def _upload(person: Person, content: bytes, **more: Any) -> Any:
    file = (io.BytesIO(content), "definition.json")
    return person.submit("/console/achievements", on="/console/achievements/new", definition=file, **more)


def test_a_definition_becomes_a_version_and_a_change_the_next(administrator: Person) -> None:
    first = json.dumps(_definition()).encode()
    assert "Version 1 was made" in administrator.follow(_upload(administrator, first))
    assert "no new version was needed" in administrator.follow(_upload(administrator, first))
    second = json.dumps(_definition(description="Kept watch well.")).encode()
    shown = administrator.follow(_upload(administrator, second))
    assert "Version 2 was made" in shown
    assert "Kept watch." in administrator.get("/console/achievements/night-watch/1")
    assert "Kept watch well." in administrator.get("/achievements/night-watch/versions/2")
    administrator.get("/console/achievements/night-watch/3", status=404)


def test_every_fault_of_a_definition_is_told_with_its_place(administrator: Person) -> None:
    wrong = {"key": "Not a key", "kind": "wizardry", "achievement": {"name": 3}}
    answer = _upload(administrator, json.dumps(wrong).encode())
    assert answer.status_code == 400
    for place in ("/key", "/kind", "/achievement/name", "/achievement/criteria", "/achievement/description"):
        assert place in answer.text


@pytest.mark.parametrize("content", [b"", b"not json", b'{"key": 1, "key": 2}', b"[]"])
def test_what_is_no_definition_is_told_on_the_form(administrator: Person, content: bytes) -> None:
    assert _upload(administrator, content).status_code == 400


def test_pictures_come_with_the_definition(service: Service, administrator: Person) -> None:
    store = service.services.store
    picture = store.achievements.image(store.achievements.newest(ACHIEVEMENT).png_sha256).content
    document = {**_definition(), "image": {"png": "watch.png", "caption": "A lamp at night."}}
    alone = _upload(administrator, json.dumps(document).encode())
    assert alone.status_code == 400
    assert "watch.png" in alone.text
    images = (io.BytesIO(picture), "watch.png")
    administrator.follow(_upload(administrator, json.dumps(document).encode(), images=images))
    assert store.achievements.newest("night-watch").png_sha256


# --- sources --------------------------------------------------------------------------------------


def test_a_source_made_by_the_form_takes_events_in(service: Service, administrator: Person) -> None:
    fields = {
        "name": "moodle",
        "dialect": "generic",
        "achievement": ACHIEVEMENT,
        "course": "M1",
        "minimum": "60",
    }
    made = administrator.submit("/console/sources", on="/console/sources/new", **fields)
    address, secret = secrets_of(made.text)
    assert address == f"{service.settings.public_url}/hooks/moodle"
    assert secret not in administrator.get("/console/sources/moodle")
    body = json.dumps(service.event(course="M1", score=0.6)).encode()
    headers = service.sign(body, "evt_form", secret=secret)
    assert service.client().post("/hooks/moodle", data=body, headers=headers).status_code == 201
    assert "evt_form" in administrator.get("/console/sources/moodle")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "No Good"}, "the name of a source"),
        ({"name": SOURCE}, "there is a source named"),
        ({"achievement": "nothing"}, "there is no achievement"),
        ({"course": ""}, "/rules/0/course"),
        ({"minimum": "150"}, "0 to 100"),
        ({"minimum": "many"}, "0 to 100"),
        ({"dialect": "klingon"}, "dialect"),
        ({"mapping": "{"}, "json"),
        ({"mapping": '{"rules": [{"event": 1}]}'}, "/rules/0/event"),
    ],
)
def test_what_is_wrong_with_a_source_is_told_on_the_form(
    service: Service, administrator: Person, changed: dict[str, str], told: str
) -> None:
    fields = {"name": "moodle", "dialect": "generic", "achievement": ACHIEVEMENT, "course": "M1", **changed}
    answer = administrator.submit("/console/sources", on="/console/sources/new", **fields)
    assert answer.status_code == 400
    assert told.lower() in answer.text.lower()
    assert len(service.services.store.sources.list()) == 1


def test_a_secret_is_changed_without_a_gap(service: Service, administrator: Person) -> None:
    path = f"/console/sources/{SOURCE}"
    _, new = secrets_of(administrator.submit(f"{path}/secrets", on=path).text)
    body = json.dumps(service.event()).encode()

    def status(event_id: str, secret: str) -> int:
        headers = service.sign(body, event_id, secret=secret)
        return service.client().post(f"/hooks/{SOURCE}", data=body, headers=headers).status_code

    assert (status("evt_a", service.secret), status("evt_b", new)) == (201, 201)
    assert "Only the newest" in administrator.follow(
        administrator.submit(f"{path}/secrets/end-older", on=path)
    )
    assert (status("evt_c", service.secret), status("evt_d", new)) == (401, 201)


def test_secrets_do_not_pile_up(service: Service, administrator: Person) -> None:
    for _ in range(3):
        service.services.store.sources.add_secret(SOURCE, create_secret())
    path = f"/console/sources/{SOURCE}"
    assert administrator.submit(f"{path}/secrets", on=path).status_code == 400


def test_a_quarantined_event_is_tried_again_after_the_mapping_was_mended(
    service: Service, administrator: Person
) -> None:
    event = service.event(course="course-v1:Example+NEW+2026")
    assert service.send_event(event, event_id="evt_new").status_code == 202
    path = f"/console/sources/{SOURCE}"
    assert "Set aside" in administrator.get(path)
    again = administrator.submit(f"{path}/retry", on=path, event="evt_new")
    assert "set aside" in administrator.follow(again)
    mapping = {
        "rules": [{"event": "course.completed", "course": "course-v1:Example+*", "achievement": ACHIEVEMENT}]
    }
    wrong = {"rules": [{**mapping["rules"][0], "achievement": "nothing"}]}
    told = administrator.submit(f"{path}/mapping", on=path, mapping=json.dumps(wrong))
    assert told.status_code == 400
    assert "/rules/0/achievement" in told.text
    administrator.follow(administrator.submit(f"{path}/mapping", on=path, mapping=json.dumps(mapping)))
    issued = administrator.follow(administrator.submit(f"{path}/retry", on=path, event="evt_new"))
    assert "Mentor Accreditation: Foundation" in issued
    assert service.services.store.events.get(SOURCE, "evt_new").state is EventState.ISSUED
    assert administrator.submit(f"{path}/retry", on=path, event="evt_never").status_code == 404


def test_a_paused_source_takes_nothing_in(service: Service, administrator: Person) -> None:
    path = f"/console/sources/{SOURCE}"
    administrator.follow(administrator.submit(f"{path}/state", on=path, enabled="no"))
    assert service.send_event(course=COURSE).status_code >= 400
    administrator.follow(administrator.submit(f"{path}/state", on=path, enabled="yes"))
    assert service.send_event(course=COURSE).status_code == 201


# --- API keys -------------------------------------------------------------------------------------


def test_an_api_key_is_shown_once_works_and_ends(service: Service, administrator: Person) -> None:
    fields = {"name": "Catalogue", "scope": ["credentials:read", "credentials:issue"]}
    (key,) = secrets_of(administrator.submit("/console/keys", **fields).text)
    listed = administrator.get("/console/keys")
    assert "Catalogue" in listed
    assert key not in listed
    assert key.split("_", 2)[2] not in listed
    headers = {"Authorization": f"Bearer {key}"}
    assert (
        service.client().get("/api/v1/credentials/absentabsentabsentabse", headers=headers).status_code == 404
    )
    record = access.require_api_key(service.services, key, service.clock.now)
    assert set(record.scopes) == {"credentials:read", "credentials:issue"}
    administrator.follow(administrator.submit(f"/console/keys/{record.id}/end", on="/console/keys"))
    assert (
        service.client().get("/api/v1/credentials/absentabsentabsentabse", headers=headers).status_code == 401
    )
    unknown = administrator.submit("/console/keys/000000000000/end", on="/console/keys")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scope": "credentials:read"},
        {"name": "x" * 81, "scope": "credentials:read"},
        {"name": "Catalogue"},
        {"name": "Catalogue", "scope": "everything"},
    ],
)
def test_what_is_wrong_with_a_key_is_told_on_the_form(
    service: Service, administrator: Person, fields: dict[str, str]
) -> None:
    assert administrator.submit("/console/keys", **fields).status_code == 400
    assert service.services.store.access.list_api_keys() == ()


def test_a_key_is_refused_alike_for_every_reason(service: Service) -> None:
    services, now = service.services, service.clock.now
    record, key = access.create_api_key(services, "one", iter(["credentials:read"]), now)
    wrong = [
        "",
        "csk_",
        key[:-1],
        key + "A",
        key.replace("csk_", "CSK_"),
        f"csk_{record.id}_{'A' * 43}",
        f"csk_000000000000_{key.split('_', 2)[2]}",
        "csk_" + "é" * 12 + "_" + "A" * 43,
    ]
    told = set()
    for token in wrong:
        with pytest.raises(UnauthenticatedError) as error:
            access.require_api_key(services, token, now)
        told.add(error.value.detail)
    assert len(told) == 1
    assert access.require_api_key(services, key, now) == record
    with pytest.raises(InputError):
        access.create_api_key(services, "two", [], now)


def test_what_became_of_a_message_is_said_in_a_whole_sentence_in_each_language(
    service: Service, administrator: Person
) -> None:
    service.send_event(score=0.2, event_id="evt_low")
    assert "<bdi>The score 0.2 is below the 0.6 that is asked for.</bdi>" in administrator.get(
        f"/console/sources/{SOURCE}"
    )
    administrator.client.set_cookie("credserv_language", "de")
    assert "Die Punktzahl 0.2 liegt unter den verlangten 0.6." in administrator.get(
        f"/console/sources/{SOURCE}"
    )

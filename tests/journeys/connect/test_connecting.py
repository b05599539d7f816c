"""From an empty service to a badge out of Canvas in the console: connect, try, wait, resolve, look."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from credserv.journeys.connect.sender_keys import SenderKeys, keys_for
from credserv.journeys.connect.sources import connect
from credserv.records.observed import ObservationState
from credserv.sources.adapter import Message
from tests.journeys.award.test_observations import completed
from tests.testkit.browsing import Person, secrets_of
from tests.testkit.moving import command
from tests.testkit.service import Service

ACHIEVEMENT = "active-listening"
FIELDS = {
    "name": "campus",
    "dialect": "canvas",
    "method": "secret-path",
    "achievement": ACHIEVEMENT,
    "course": "565",
}


@pytest.fixture
def administrator(sqlite_service: Service) -> Person:
    return Person(sqlite_service).sign_in_to_console()


def send(service: Service, address: str, event: Any) -> int:
    path = "/" + address.split("/", 3)[3]
    return service.client().post(path, data=json.dumps(event)).status_code


def test_from_nothing_to_a_badge_out_of_canvas_without_a_manual(
    sqlite_service: Service, administrator: Person
) -> None:
    service = sqlite_service
    made = administrator.submit("/console/sources", on="/console/sources/new", **FIELDS)
    address, _secret = (html.unescape(one) for one in secrets_of(made.text))
    path = "/console/sources/campus"
    page = administrator.get(path)
    assert "Nothing has arrived yet" in page
    assert "metadata.user_id" in page  # the wrong person, by name

    tried = administrator.submit(f"{path}/try", on=path, message=json.dumps(completed()))
    assert "nobody: it would wait" in tried.text
    assert ACHIEVEMENT in tried.text
    assert "does not have this format" in administrator.submit(f"{path}/try", on=path, message="{}").text
    assert service.services.store.events.recent(None, limit=9) == ()

    assert send(service, address, completed()) == 200
    page = administrator.get(path)
    assert "not signed (secret-path)" in page
    assert "Isaac Newton" in page  # the raw body
    assert 'state=waiting">1 waiting' in page
    page = administrator.get("/console/waiting")
    assert "lms-id 123" in page
    action = re.search(r'action="(/console/waiting/[^/]+/person)"', page)
    assert action is not None
    refused = administrator.submit(action[1], on="/console/waiting", email="nobody")
    assert refused.status_code == 400
    done = administrator.submit(action[1], on="/console/waiting", email="pat@example.org")
    assert "It is judged now" in administrator.follow(done)
    (record,) = service.services.store.credentials.search("", limit=9).items
    assert record.order.recipient.email == "pat@example.org"
    assert administrator.submit(action[1], on="/console/sources", email="x@example.org").status_code == 409
    service.clock.advance(days=3)
    assert "Nothing for 3 days" in Person(service).sign_in_to_console().get(path)


def test_what_could_not_be_read_is_shown_and_tried_again(
    sqlite_service: Service, administrator: Person
) -> None:
    service = sqlite_service
    made = administrator.submit("/console/sources", on="/console/sources/new", **FIELDS)
    address = html.unescape(secrets_of(made.text)[0])
    send(service, address, {"no": "event"})
    path = "/console/sources/campus"
    page = administrator.get(path)
    assert "Unreadable" in page
    event = re.search(r'name="event" value="([^"]+)"', page)
    assert event is not None
    again = administrator.submit(f"{path}/retry", on=path, event=event[1])
    assert "tried again: unreadable" in administrator.follow(again)
    # Read by a source that has learned where the fields are.
    options = {
        "authentication": {"method": "secret-path"},
        "fields": {"lms-id": "/no", "kind": {"const": "completed"}, "course": {"const": "565"}},
    }
    service.services.store.sources._change("campus", dialect="generic")
    saved = administrator.submit(f"{path}/options", on=path, options=json.dumps(options))
    assert "were saved" in administrator.follow(saved)
    again = administrator.submit(f"{path}/retry", on=path, event=event[1])
    assert "tried again: read" in administrator.follow(again)
    assert service.services.store.observations.count_open() == {ObservationState.WAITING: 1}
    again = administrator.submit(f"{path}/waiting/retry", on=path)
    assert "Nothing of it could go on" in administrator.follow(again)


def test_an_odd_date_is_released(sqlite_service: Service, administrator: Person) -> None:
    service = sqlite_service
    fields = {**FIELDS, "authoritative_email": "yes"}
    made = administrator.submit("/console/sources", on="/console/sources/new", **fields)
    address = html.unescape(secrets_of(made.text)[0])
    send(service, address, completed(at="2031-01-01T00:00:00Z", email="pat@example.org"))
    page = administrator.get("/console/waiting?state=queued")
    assert "dated ahead" in page
    action = re.search(r'action="(/console/waiting/[^/]+/release)"', page)
    assert action is not None
    done = administrator.submit(action[1], on="/console/waiting?state=queued")
    assert "It is judged now" in administrator.follow(done)
    assert len(service.services.store.credentials.search("", limit=9).items) == 1
    assert administrator.submit(action[1], on="/console/sources").status_code == 409


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"authentication": {"method": "guess"}}, "/method"),
        ({"authentication": {"method": "canvas-jwt"}}, "/jwks_url"),
        ({"jwks_url": "http://a.example/keys"}, "/jwks_url"),
        ({"authoritative_email": "yes"}, "/authoritative_email"),
        ({"namespace": 7}, "/namespace"),
        ({"fields": {"nobody": "/x"}}, "/fields"),
    ],
)
def test_options_that_cannot_be_are_refused_with_their_place(
    sqlite_service: Service, administrator: Person, options: Any, place: str
) -> None:
    path = "/console/sources/academy-lms"
    answer = administrator.submit(f"{path}/options", on=path, options=json.dumps(options))
    assert answer.status_code == 400
    assert place in answer.text


def test_a_source_is_connected_by_command(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = sqlite_service
    file = service.settings.data_dir / "options.json"
    file.write_text(json.dumps({"authentication": {"method": "secret-path"}, "namespace": "school"}))

    def run(*arguments: str) -> int:
        return command(service.settings, monkeypatch.setenv, "source", *arguments)

    assert run("create", "campus", "--dialect", "canvas", "--options", str(file)) == 0
    told = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert told["Address"] == f"{service.settings.public_url}/hooks/campus/{told['Secret']}"
    file.write_text("{}")
    assert run("options", "campus", str(file)) == 0
    found = service.services.store.of("main").sources.get("campus")
    assert found is not None
    assert (found.namespace, found.mapping) == ("campus", {"rules": []})


def test_a_key_that_is_not_known_is_looked_for_once_a_minute(sqlite_service: Service) -> None:
    """By the tokens of strangers nobody makes us ask for more."""
    services, now = sqlite_service.services, sqlite_service.clock.now
    asked: list[str] = []

    class Host:
        def get(self, url: str, **_more: Any) -> Any:
            asked.append(url)
            return type("Fetched", (), {"body": json.dumps({"keys": [{"kid": f"k{len(asked)}"}]}).encode()})

    services = replace(services, fetcher=Host())  # type: ignore[arg-type]  # it only has to answer
    options = {"jwks_url": "https://keys.example/jwks", "authentication": {"method": "canvas-jwt"}}
    record, _ = connect(services, name="campus", dialect="canvas", options=options, actor="test", now=now)
    kept = SenderKeys()

    def find(kid: str) -> list[str]:
        header = json.dumps({"kid": kid}).encode()
        token = base64.urlsafe_b64encode(header).rstrip(b"=") + b".e30.x"
        found = keys_for(services, record, Message(token), now=sqlite_service.clock.now, kept=kept)
        return [str(key["kid"]) for key in found]

    assert find("k1") == ["k1"]
    assert find("k1") == find("stranger") == ["k1"]
    assert len(asked) == 1
    sqlite_service.clock.advance(seconds=61)
    assert find("k1") == ["k1"]
    assert len(asked) == 1
    assert find("k2") == ["k2"]
    assert len(asked) == 2


def test_a_program_says_who_somebody_is_and_what_waited_goes_on(sqlite_service: Service) -> None:
    service = sqlite_service
    options = {"authentication": {"method": "secret-path"}}
    mapping = {"rules": [{"event": "completed", "course": "565", "achievement": ACHIEVEMENT}]}
    record, secret = connect(
        service.services,
        name="campus",
        dialect="canvas",
        mapping=mapping,
        options=options,
        actor="test",
        now=service.clock.now,
    )
    assert service.client().post(f"/hooks/{record.name}/{secret}", json=completed()).status_code == 200

    def say(email: str, headers: dict[str, str], value: str = "123") -> Any:
        names = [{"kind": "lms-id", "value": value, "namespace": "campus"}]
        asked = {"person": {"email": email}, "identifiers": names}
        return service.client().post("/api/v1/people/identifiers", json=asked, headers=headers)

    headers = service.api_headers("people:write")
    assert say("pat@example.org", service.api_headers("credentials:issue")).status_code == 403
    assert say("pat@example.org", headers).json == {"went_on": 1}
    assert say("pat@example.org", headers).json == {"went_on": 0}
    assert say("other@example.org", headers).status_code == 409
    assert service.services.store.members.find_by_email("other@example.org") is None
    assert say("pat@example.org", headers, value="").status_code == 422
    (issued,) = service.services.store.credentials.search("", limit=9).items
    assert issued.order.recipient.email == "pat@example.org"


def test_a_user_name_of_the_form_is_the_one_that_lets_in(
    sqlite_service: Service, administrator: Person
) -> None:
    fields = {"name": "moodle", "dialect": "moodle", "method": "basic", "username": "lms", "achievement": ""}
    made = administrator.submit("/console/sources", on="/console/sources/new", **fields)
    _, secret = (html.unescape(one) for one in secrets_of(made.text))
    event = {"eventname": "\\core\\event\\course_completed", "relateduserid": "7", "courseid": "2"}
    for user, status in (("lms", 200), ("other", 401)):
        credentials = base64.b64encode(f"{user}:{secret}".encode()).decode()
        headers = {"authorization": f"Basic {credentials}"}
        sent = sqlite_service.client().post("/hooks/moodle", data=json.dumps(event), headers=headers)
        assert sent.status_code == status

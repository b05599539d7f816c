"""One door for each endpoint of the URL map, and what each lets through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from credserv.records.access import SessionKind
from credserv.web.frame.door import Door, current_door, door, endpoints_without_door
from tests.testkit.service import Service, make_service

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def doors(app: Flask) -> dict[str, Door]:
    return {name: view.__door__ for name, view in app.view_functions.items()}  # type: ignore[attr-defined]


def test_every_endpoint_has_a_door(sqlite_service: Service) -> None:
    assert endpoints_without_door(sqlite_service.app) == []


def test_so_has_every_endpoint_of_the_conformance_issuers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'credserv.sqlite'}"
    app = make_service(url, tmp_path, starters=False, test_issuer=1).app
    assert any(rule.rule.startswith("/issuers/") for rule in app.url_map.iter_rules())
    assert endpoints_without_door(app) == []


def test_the_product_knows_no_conformance_issuer(sqlite_service: Service) -> None:
    assert sqlite_service.client().get("/issuers/").status_code == 404
    assert not any("conformance" in name for name in sqlite_service.app.view_functions)


def test_an_endpoint_without_a_door_is_seen_and_lets_nobody_in(sqlite_service: Service) -> None:
    app = Flask("toy", static_folder=None)
    app.add_url_rule("/open", "open", lambda: "in")
    app.add_url_rule("/closed", "closed", door()(lambda: "in"))
    assert endpoints_without_door(app) == ["open"]
    with app.test_request_context("/open"), pytest.raises(AttributeError):
        current_door()


def test_the_console_is_for_administrators_but_for_its_threshold(sqlite_service: Service) -> None:
    console = {name: one for name, one in doors(sqlite_service.app).items() if name.startswith("console.")}
    unguarded = {name for name, one in console.items() if one.session is not SessionKind.ADMINISTRATOR}
    assert unguarded == {"console.home", "console.look_at_link", "console.open_link", "console.request_link"}
    assert all(one.form and one.private for one in console.values())


def test_whoever_is_signed_in_is_asked_for_a_token_of_ours(sqlite_service: Service) -> None:
    signed_in = [one for one in doors(sqlite_service.app).values() if one.session]
    assert signed_in
    assert all(one.form and one.private and not one.any_site for one in signed_in)


def test_what_changes_something_and_knows_no_session_is_counted(sqlite_service: Service) -> None:
    found = doors(sqlite_service.app)
    changing = {rule.endpoint for rule in sqlite_service.app.url_map.iter_rules() if CHANGING & rule.methods}
    uncounted = {name for name in changing if not found[name].session and not found[name].budget}
    assert uncounted == {"console.open_link", "wallet.open_link", "wallet.leave", "pages.choose_language"}
    assert all(found[name].guessable for name in uncounted - {"wallet.leave", "pages.choose_language"})


@pytest.mark.parametrize(
    ("method", "address", "expected"),
    [
        ("GET", "/api/v1/nothing", Door(machine=True)),
        ("GET", "/hooks/", Door(machine=True)),
        ("GET", "/status/nothing/more", Door(machine=True, guessable=True)),
        ("GET", "/credentials/short", Door(guessable=True)),
        ("GET", "/nowhere", Door()),
    ],
)
def test_an_address_that_leads_nowhere_is_answered_as_its_neighbours(
    sqlite_service: Service, method: str, address: str, expected: Door
) -> None:
    with sqlite_service.app.test_request_context(address, method=method):
        assert replace(current_door(), budget="", shown=()) == expected


def test_a_method_that_is_not_allowed_finds_the_door_at_its_address(sqlite_service: Service) -> None:
    with sqlite_service.app.test_request_context("/credentials/verify", method="GET"):
        assert current_door().budget == "verify"


def test_found_u7_what_is_not_there_is_said_in_our_words(sqlite_service: Service) -> None:
    client = sqlite_service.client()
    for accept in ("text/html", "application/json"):
        for answer in (
            client.get("/nowhere", headers={"Accept": accept}),
            client.delete("/verify", headers={"Accept": accept}),
        ):
            assert answer.status_code in (404, 405)
            assert "requested URL" not in answer.text
    page = client.post("/verify", data={"url": "badges.example/1"}).text
    assert "Only https URLs without a user name" not in page
    assert "badges.example/1" in page

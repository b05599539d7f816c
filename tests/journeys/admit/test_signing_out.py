"""A person with a wallet and roles in two organisations is signed out: everywhere, or of one console."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from credserv.app.founding import found_organisation
from credserv.journeys.admit.colleagues import change_roles, sign_out
from credserv.journeys.admit.notices import create_freeze_link, freeze
from credserv.journeys.admit.sign_in import (
    Owner,
    create_console_link,
    create_wallet_link,
    make_owner,
    prove_address,
)
from credserv.journeys.services import Services
from credserv.records.organisations import Founding
from tests.testkit.service import Service, make_service

HOST = "https://badges.example"
HOMES = ("/console", "/o/acme/console", "/wallet")
OLGA = Owner("olga@example.org", "Olga Owner")


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Service:
    service = make_service(database_url, tmp_path, public_url=HOST)
    wanted, now = Founding("acme", "Acme Guild"), service.clock.now
    found_organisation(service.settings, service.services.store, wanted, actor="test", now=now)
    return service


def own_of(service: Service) -> tuple[Services, Services]:
    assert service.services.neighbours is not None
    return service.services, service.services.neighbours.of("acme")


def submit(client: FlaskClient, page: str, path: str) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    assert client.post(path, data={"csrf_token": token[1]}).status_code == 303


def signed_in(service: Service) -> tuple[str, FlaskClient]:
    """Olga's id, and her browser with a session in each of the HOMES."""
    client, now = service.client(), service.clock.now
    for own in own_of(service):
        make_owner(own, OLGA, now, actor="test")
    person_id = prove_address(service.services, OLGA.email, now)
    links = [create_console_link(own, now, owner=OLGA) for own in own_of(service)]
    for link in (*links, create_wallet_link(service.services, OLGA.email, now)):
        submit(client, link.removeprefix(HOST), link.removeprefix(HOST))
    assert homes_open(client) == HOMES
    return person_id, client


def homes_open(client: FlaskClient) -> tuple[str, ...]:
    return tuple(home for home in HOMES if '/sign-out"' in client.get(home).text)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("/console/account", "/console/account/sign-out-everywhere"),
        ("/o/acme/console/account", "/o/acme/console/account/sign-out-everywhere"),
        ("/wallet/sessions", "/wallet/sign-out-everywhere"),
    ],
)
def test_everywhere_is_every_organisation(two: Service, page: str, path: str) -> None:
    """A person is nobody's property, and neither are their sessions."""
    _, client = signed_in(two)
    submit(client, page, path)
    assert homes_open(client) == ()


def test_who_says_that_it_was_not_them_is_signed_out_everywhere(two: Service) -> None:
    person_id, client = signed_in(two)
    now: datetime = two.clock.now
    link = create_freeze_link(two.services, json.dumps([person_id, "ADDRESS_ADDED"]), now)
    freeze(two.services, link.rpartition("/")[2], now, browser="another")
    assert homes_open(client) == ()


def test_a_lost_role_ends_the_sessions_in_that_console_alone(two: Service) -> None:
    _, client = signed_in(two)
    _, acme = own_of(two)
    other = make_owner(acme, Owner("other@example.org"), two.clock.now, actor="test")
    olga = acme.store.members.find_by_email(OLGA.email)
    assert olga is not None
    link = create_console_link(acme, two.clock.now, owner=OLGA).removeprefix(HOST)
    change_roles(acme, other, olga.id, (), two.clock.now)
    assert homes_open(client) == ("/console", "/wallet")
    make_owner(acme, OLGA, two.clock.now, actor="test")
    assert homes_open(client) == ("/console", "/wallet"), "a role brings no session back"
    assert client.get(link).status_code == 410, "and no link"


def test_an_owner_signs_a_colleague_out_with_the_links_that_were_handed_over(two: Service) -> None:
    _, client = signed_in(two)
    _, acme = own_of(two)
    other = make_owner(acme, Owner("other@example.org"), two.clock.now, actor="test")
    link = create_console_link(acme, two.clock.now, owner=OLGA).removeprefix(HOST)
    theirs = create_console_link(acme, two.clock.now, owner=Owner("other@example.org")).removeprefix(HOST)
    olga = acme.store.members.find_by_email(OLGA.email)
    assert olga is not None
    sign_out(acme, other, olga.id, two.clock.now)
    assert homes_open(client) == ("/console", "/wallet")
    assert [client.get(one).status_code for one in (link, theirs)] == [410, 200]

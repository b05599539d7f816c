"""Colleagues come into the console with accounts at a provider of others (npm oidc-provider).

It keeps to OpenID Connect Core to the letter: the ID token says who somebody is, and their address and groups
stand at its UserInfo endpoint (section 5.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests

from credserv.journeys.admit import oidc, staff_login
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord
from tests.testkit.browsing import Person
from tests.testkit.https_host import make_certificate
from tests.testkit.identity_provider import reaching
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.service import Clock, Service, make_service

FOLDER = Path(__file__).with_name("oidc")
CLIENT, SECRET = "credserv:console", "a secret, 100% of it"
GROUPS = (("badge-makers", Role.ISSUER), ("badge-lookers", Role.AUDITOR))
ONWARD = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]+)">')
BACK = "/console/login/back"


@dataclass
class Place:
    """A service, the provider of its organisation, and the file that its certificate is checked by."""

    service: Service
    peer: NodePeer
    issuer: str
    ca_file: Path

    def knows(self, login: str, *groups: str, **more: Any) -> None:
        """The provider knows them alone."""
        said = {"email": f"{login}@example.org", "email_verified": True, "groups": list(groups), **more}
        self.peer.ask("people", people={login: said})

    def begin(self, browser: Person, path: str = "/console/login") -> str:
        answer = browser.client.get(path)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def shown(self, address: str, login: str) -> dict[str, str]:
        """Somebody goes through the provider's own pages; what their browser is sent back with."""
        with requests.Session() as session:
            session.verify, session.trust_env = str(self.ca_file), False
            step = session.get(address, allow_redirects=False)
            while True:
                while step.is_redirect:
                    address = urljoin(address, step.headers["Location"])
                    if urlsplit(address).path == BACK:
                        return dict(parse_qsl(urlsplit(address).query))
                    step = session.get(address, allow_redirects=False)
                assert step.status_code == 200, step.text
                action = re.search(r'<form[^>]* action="([^"]+)"', step.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', step.text)
                assert action is not None
                assert prompt is not None
                form = {"prompt": prompt[1], "login": login, "password": "any"}
                address = urljoin(address, unescape(action[1]))
                step = session.post(address, data=form, allow_redirects=False)

    def finish(self, browser: Person, told: dict[str, str]) -> str:
        onward = ONWARD.search(browser.client.get(BACK, query_string=told).text)
        assert onward is not None
        return browser.follow(browser.client.get(unescape(onward[1])))

    def come_in(self, browser: Person, login: str, path: str = "/console/login") -> str:
        """The page that it ends with."""
        return self.finish(browser, self.shown(self.begin(browser, path), login))

    def roles(self, login: str) -> frozenset[Role]:
        member = self.service.services.store.members.find_by_email(f"{login}@example.org")
        assert member is not None
        return self.service.services.store.colleagues.written_roles(member.id)


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("oidc")
    path = folder / "credserv.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    clock = Clock(datetime.now(UTC))  # the provider goes by the machine's
    service = make_service(f"sqlite:///{path}", folder, clock=clock, rate_letters="9999/second")
    ca_file, certificate = make_certificate(folder, "localhost", 1)
    client = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [service.settings.public_url + BACK],
    }
    with node_peer("provider.mjs", FOLDER) as peer:
        issuer = peer.ask("start", certificate=str(certificate), client=client)["issuer"]
        reached = reaching(service, ca_file, urlsplit(issuer).port or 443)
        oidc.set_provider(reached.services, issuer, CLIENT, SECRET, actor="test", now=clock.now)
        login = StaffLoginRecord(domains=("example.org",), groups_claim="groups", group_roles=GROUPS)
        staff_login.set_staff_login(reached.services, login, actor="test", now=clock.now)
        yield Place(reached, peer, issuer, ca_file)


def test_a_colleague_comes_in_with_the_roles_of_their_groups(place: Place) -> None:
    browser = Person(place.service)
    place.knows("mia", "badge-makers", "badge-lookers", "others", name="Mia Maker")
    asked = dict(parse_qsl(urlsplit(place.begin(browser)).query))
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split() == ["openid", "email", "profile", "groups"]
    assert "Overview" in place.come_in(browser, "mia")
    assert place.roles("mia") == {Role.ISSUER, Role.AUDITOR}
    assert "Mia Maker" in browser.get("/console/account")
    place.knows("mia", "badge-lookers")
    assert "Overview" in place.come_in(Person(place.service), "mia")
    assert place.roles("mia") == {Role.AUDITOR}, "the group that ended took its role along"
    place.knows("mia")
    assert "no role here" in place.come_in(Person(place.service), "mia")


def test_who_has_no_verified_address_or_one_of_elsewhere_does_not_come_in(place: Place) -> None:
    place.knows("eve", "badge-makers", email_verified=False)
    assert "has verified your address" in place.come_in(Person(place.service), "eve")
    place.knows("eve", "badge-makers", email="eve@elsewhere.example")
    assert "ccounts of your domain" in place.come_in(Person(place.service), "eve")
    assert place.service.services.store.members.find_by_email("eve@example.org") is None


def test_who_signs_in_there_anew_has_shown_that_it_is_them(place: Place) -> None:
    """`prompt=login` and `max_age=0`, by which the provider puts `auth_time` into the token."""
    browser = Person(place.service)
    place.knows("ulf", "badge-makers")
    place.come_in(browser, "ulf")
    assert "it is you" in place.come_in(browser, "ulf", "/console/login/prove")


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"iss": "https://elsewhere.example"}, "its token is for somebody else"),
        ({"aud": "another-client"}, "its token is for somebody else"),
        ({"aud": [CLIENT, "another-client"]}, "its token is for several"),
        ({"nonce": "of another question"}, "its token answers another question"),
        ({"sub": "somebody-else"}, "its pages speak of two people"),
        ({"exp": 1}, "its token has expired"),
    ],
    ids=lambda said: next(iter(said)) if isinstance(said, dict) else "",
)
def test_attack_97_a_token_that_the_provider_signed_for_something_else_opens_nothing(
    place: Place, claims: dict[str, Any], refused: str
) -> None:
    place.knows("mal", "badge-makers")
    place.peer.ask("lie", claims=claims)
    browser = Person(place.service)
    assert refused in place.come_in(browser, "mal")
    assert "my account at work" in browser.get("/console")
    assert place.service.services.store.members.find_by_email("mal@example.org") is None


def test_attack_97_what_a_stranger_got_there_opens_nothing_in_another_browser(place: Place) -> None:
    """Their code with the question of whoever is lured: the verifier is not theirs (RFC 7636), and another
    provider's answer is told by `iss` (RFC 9207)."""
    place.knows("mal", "badge-makers")
    stranger, lured = Person(place.service), Person(place.service)
    stolen = place.shown(place.begin(stranger), "mal")
    asked = dict(parse_qsl(urlsplit(place.begin(lured)).query))
    assert "gives nothing" in place.finish(lured, {**stolen, "state": asked["state"]})
    again = place.begin(lured)
    nonce = dict(parse_qsl(urlsplit(again).query))["nonce"]
    changed = place.shown(again.replace(nonce, "chosen-by-a-stranger"), "mal")
    assert "answers another question" in place.finish(lured, changed)
    told = place.shown(place.begin(lured), "mal")
    assert told["iss"] == place.issuer
    assert "another provider answered" in place.finish(lured, {**told, "iss": "https://elsewhere.example"})
    assert place.service.services.store.members.find_by_email("mal@example.org") is None

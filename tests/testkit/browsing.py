"""A person at a browser, without the browser: forms are sent as the page gave them, token and all."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

from werkzeug.test import TestResponse

from credserv.app.factory import create_app
from credserv.journeys.admit.letters import link_of_letter
from credserv.journeys.admit.sign_in import (
    Owner,
    colleague_of,
    create_colleague_link,
    create_console_link,
    create_wallet_link,
    make_owner,
)
from credserv.records.access import LinkPurpose, LinkRecord
from credserv.records.credentials import Recipient
from credserv.records.roles import Role
from tests.testkit.service import Service

OWNER = Owner("owner@example.org", "Olga Owner")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


class Person:
    """One browser: its own cookies. Paths are below the public address."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client()

    def get(self, path: str, status: int = 200) -> str:
        """The page's markup, after asserting the status."""
        answer = self.client.get(self._path(path), headers={"Accept": "text/html"})
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer.text

    def submit(self, path: str, *, on: str | None = None, **fields: Any) -> TestResponse:
        """Send a form that stands on the page `on` (default: the page at `path`) to `path`."""
        token = _TOKEN.search(self.get(on or path))
        assert token is not None, f"no form on {on or path}"
        return self.client.post(self._path(path), data={"csrf_token": html.unescape(token[1]), **fields})

    def follow(self, answer: TestResponse) -> str:
        """The page that a form's answer leads to."""
        assert answer.status_code == 303, answer.text[:2000]
        return self.get(answer.headers["Location"])

    def sign_in_to_console(self) -> Person:
        """As the owner of the organisation, who is made where there is none."""
        self.follow(self.submit(console_link(self.service)))
        return self

    def sign_in_as(self, role: Role, email: str = "") -> Person:
        """As a colleague with one role, made here."""
        self.follow(self.submit(colleague_link(self.service, role, email or f"{role.value}@example.org")))
        return self

    def open_wallet(self, email: str) -> Person:
        self.follow(self.submit(wallet_link(self.service, email)))
        return self

    def _path(self, path: str) -> str:
        return path.removeprefix(self.service.settings.public_url)


class Letters:
    """The outbox and the mail server in one: what was asked for, opened as its link."""

    def __init__(self, service: Service) -> None:
        services = replace(service.services, mail_enabled=True)
        app = create_app(service.settings, services, clock=service.clock)
        self.service = replace(service, services=services, app=app)

    def asked(self) -> list[LinkRecord]:
        """The last one last."""
        now = self.service.clock.now
        due = self.service.services.store.link_letters.take(now, until=now, limit=99)
        return sorted((one.wanted for one in due if one.wanted), key=lambda wanted: wanted.expires_at)

    def link(self, purpose: LinkPurpose | None = None) -> str:
        """The one of the last letter; of those that were asked for so."""
        asked = [one for one in self.asked() if purpose in (None, one.purpose)]
        found = link_of_letter(self.service.services, asked[-1], self.service.clock.now)
        assert found is not None
        return found


def console_link(service: Service) -> str:
    return create_console_link(service.services, service.clock.now, owner=OWNER)


def colleague_link(service: Service, role: Role, email: str) -> str:
    services, now = service.services, service.clock.now
    member = services.store.members.add(Recipient(email=email, name=f"The {role.value}"), now)
    owner = make_owner(services, OWNER, now, actor="test")
    if role is not Role.OWNER or member.id != owner.membership_id:
        services.store.colleagues.set_roles(member.id, {role}, services.today(now))
    return create_colleague_link(services, colleague_of(services, member.id, now), now)


def wallet_link(service: Service, email: str) -> str:
    """As it is mailed to that address."""
    return create_wallet_link(service.services, email, service.clock.now)


def secrets_of(page: str) -> list[str]:
    """What a page shows once, to be copied."""
    return [html.unescape(found) for found in _SECRET.findall(page)]

"""A person at a browser, without the browser: forms are sent as the page gave them, token and all."""

from __future__ import annotations

import html
import re
from typing import Any

from werkzeug.test import TestResponse

from credserv.journeys.admit import access
from tests.testkit.service import Service

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
        link = access.create_console_link(self.service.services, self.service.clock.now)
        self.follow(self.submit(link))
        return self

    def open_wallet(self, email: str) -> Person:
        self.follow(self.submit(wallet_link(self.service, email)))
        return self

    def _path(self, path: str) -> str:
        return path.removeprefix(self.service.settings.public_url)


def wallet_link(service: Service, email: str) -> str:
    holder = service.services.store.members.find_by_email(email)
    assert holder is not None
    return access.create_wallet_link(service.services, holder.person_id, service.clock.now)


def secrets_of(page: str) -> list[str]:
    """What a page shows once, to be copied."""
    return [html.unescape(found) for found in _SECRET.findall(page)]

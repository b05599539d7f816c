"""Several services in one process that reach each other by HTTP, as if each had a host of its own."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from credserv.app.factory import create_app
from credserv.fetch.calling import Answer
from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError
from tests.testkit.browsing import Person
from tests.testkit.defects import hosts_of
from tests.testkit.service import NOW, Service, make_service


@dataclass
class Wires:
    """Leads what the guarded client would send out to the application of that host in this process."""

    apps: dict[str, Flask] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def call(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        parts = urlsplit(url)
        self.asked.append(url)
        client = self.apps[f"{parts.scheme}://{parts.netloc}"].test_client()
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        method = "GET" if content is None else "POST"
        answer = client.open(path, method=method, headers=dict(headers), data=content)
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, told, answer.data if answer.status_code in (200, 201) else b"")


@dataclass
class Reach:
    """Fetches from the hosts of the samples, and from the applications behind the wires."""

    wires: Wires
    samples: Any = field(default_factory=lambda: hosts_of(NOW))

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        parts = urlsplit(url)
        app = self.wires.apps.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            found: Fetched = self.samples.get(url, accept=accept, max_bytes=max_bytes)
            return found
        answer = app.test_client().get(parts.path, headers={"Accept": accept})
        if answer.status_code != 200:
            raise UnavailableError(f"HTTP status {answer.status_code}")
        return Fetched(url, answer.data, answer.mimetype or "")


def wired(folder: Path, url: str, wires: Wires) -> Service:
    folder.mkdir()
    made = make_service(f"sqlite:///{folder / 'credserv.db'}", folder, public_url=url, fetcher=Reach(wires))
    services = replace(made.services, caller=wires)
    app = create_app(made.settings, services, clock=made.clock)
    app.config["TESTING"] = True
    rates = app.extensions["credserv.budgets"].rates
    rates.update(dict.fromkeys(rates, ()))
    wires.apps[url] = app
    return replace(made, services=services, app=app)


def ask(person: Person, typed: str) -> str:
    """Where the person says yes at the host."""
    answer = person.submit("/wallet/hosts", address=typed)
    assert answer.status_code == 200, answer.text
    (address,) = re.findall(r'href="(https://[^"]+)" rel="noopener">Go on', answer.text)
    return html.unescape(address)


def connect(here: Service, there: Service, email: str) -> tuple[Person, Person, str]:
    """A person connects the wallet that they have there; they at both, and the connection's id."""
    pat, pat_there = Person(here).open_wallet(email), Person(there).open_wallet(email)
    host = there.settings.public_url
    sent = pat_there.client.get(ask(pat, host.removeprefix("https://")).removeprefix(host))
    assert sent.status_code == 303, sent.text
    back = pat_there.submit(sent.headers["Location"], answer="allow").headers["Location"]
    assert back.startswith(f"{here.settings.public_url}/wallet/hosts/")
    assert "is connected" in pat.get(back, status=303) or "is connected" in pat.get("/wallet/hosts")
    (host_id,) = re.findall(r"/wallet/hosts/([\w-]+)/return", back)
    return pat, pat_there, host_id

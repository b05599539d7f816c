"""An app that asks to be let into a wallet, as its makers would write it: plain HTTP, and no code of ours."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.testkit.browsing import Person
from tests.testkit.service import Service

SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ, KEEP = f"{SCOPE}credential.readonly", f"{SCOPE}credential.upsert"
PROFILE, CHANGE_PROFILE = f"{SCOPE}profile.readonly", f"{SCOPE}profile.update"
ALL = f"{READ} {KEEP} {PROFILE} {CHANGE_PROFILE} offline_access"
REDIRECT_URI = "https://app.example/return"
# Open Badges 3.0, section 7.1.1.2.
REGISTRATION: dict[str, Any] = {
    "client_name": "Badge Shelf",
    "client_uri": "https://app.example/",
    "logo_uri": "https://app.example/logo.png",
    "tos_uri": "https://app.example/terms",
    "policy_uri": "https://app.example/privacy",
    "software_id": "c88b6ed8-269e-448e-99be-7e2ff47167d1",
    "software_version": "v4.0.30319",
    "redirect_uris": [REDIRECT_URI],
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "contacts": ["help@app.example"],
    "scope": ALL,
}


@dataclass
class App:
    """registration: what it was answered with. verifier: of its last request (RFC 7636)."""

    service: Service
    registration: dict[str, Any]
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def login(self) -> dict[str, str]:
        secret = self.registration.get("client_secret")
        if secret is None:
            return {}
        pair = f"{quote(self.registration['client_id'], safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    @property
    def named(self) -> dict[str, str]:
        return {} if self.login else {"client_id": self.registration["client_id"]}

    def request(self, **changed: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.registration["client_id"],
            "redirect_uri": REDIRECT_URI,
            "scope": ALL,
            "state": "a-state-of-the-app",
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def send(self, person: Person, **changed: str | None) -> TestResponse:
        """Send a person's browser to the server."""
        query = urlencode(self.request(**changed))
        return person.client.get(f"/oauth/authorize?{query}", headers={"Accept": "text/html"})

    def ask(self, person: Person, answer: str = "allow", **changed: str | None) -> dict[str, str]:
        """What comes back to the app when a person, signed in, has answered."""
        sent = self.send(person, **changed)
        assert sent.status_code == 303, sent.text
        page = sent.headers["Location"]
        assert page.startswith("/"), page
        return returned(person.submit(page, answer=answer))

    def redeem(self, code: str, **changed: str | None) -> TestResponse:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": self.verifier,
        }
        return self.post("/oauth/token", **{**form, **changed})

    def refresh(self, token: str, **changed: str) -> TestResponse:
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **changed)

    def revoke(self, token: str) -> TestResponse:
        return self.post("/oauth/revoke", token=token)

    def post(self, path: str, **form: str | None) -> TestResponse:
        given = {name: value for name, value in {**self.named, **form}.items() if value is not None}
        return self.service.client().post(path, data=given, headers=self.login)

    def tokens(self, person: Person, **changed: str | None) -> dict[str, Any]:
        """Ask, be allowed, redeem."""
        answer = self.redeem(self.ask(person, **changed)["code"])
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json
        return told


def register(service: Service, **changed: Any) -> TestResponse:
    """None leaves a member out."""
    told = {name: value for name, value in {**REGISTRATION, **changed}.items() if value is not None}
    return service.client().post("/oauth/register", json=told)


def new_app(service: Service, **changed: Any) -> App:
    answer = register(service, **changed)
    assert answer.status_code == 201, answer.text
    return App(service, answer.json)


def returned(answer: TestResponse, to: str = REDIRECT_URI) -> dict[str, str]:
    """The parameters that a redirect brings to the app, each once."""
    assert answer.status_code == 303, answer.text
    return _brought(answer.headers["Location"], to)


def refused(answer: TestResponse, to: str = REDIRECT_URI) -> dict[str, str]:
    """Of a request that was wrong: what the app is told by whoever follows the link back. Nothing leads there
    by itself."""
    assert (answer.status_code, answer.headers.get("Location"), answer.headers.get("Refresh")) == (
        400,
        None,
        None,
    )
    (link,) = re.findall(rf'href="({re.escape(to)}[^"]*)"', answer.text)
    return _brought(html.unescape(link), to)


def _brought(where: str, to: str) -> dict[str, str]:
    assert re.fullmatch(re.escape(to) + r"\?.*", where), where
    pairs = parse_qsl(urlsplit(where).query, keep_blank_values=True)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}

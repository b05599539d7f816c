"""An LTI platform, as far as a tool sees it: a key set at an address, and launches that it signs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from credserv.fetch.calling import Answer
from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError
from credserv.sources.lti.launch import DEEP_LINKING
from credserv.sources.lti.reading import CLAIM

ISSUER = "https://lms.example.org"
JWKS = f"{ISSUER}/jwks"
OPTIONS: dict[str, Any] = {
    "lti": {
        "issuer": ISSUER,
        "client_id": "client-7",
        "authorization_endpoint": f"{ISSUER}/auth?a=b",
        "jwks_uri": JWKS,
        "token_endpoint": f"{ISSUER}/token",
        "deployments": ["2"],
    }
}


@cache
def rsa_key(kid: str = "k1", bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, parameters={"kid": kid})


@dataclass
class PlatformHost:
    """A fetcher that knows the platform's addresses alone. pages: by address, as JSON."""

    pages: dict[str, Any] = field(
        default_factory=lambda: {JWKS: {"keys": [rsa_key().as_dict(private=False)]}}
    )

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        if url not in self.pages:
            raise UnavailableError(f"nothing at {url}")
        return Fetched(url, json.dumps(self.pages[url]).encode(), "application/json")


NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
SERVICES: dict[str, Any] = {
    f"{NRPS}claim/namesroleservice": {
        "context_memberships_url": f"{ISSUER}/members",
        "service_versions": ["2.0"],
    },
    f"{AGS}claim/endpoint": {
        "scope": [f"{AGS}scope/lineitem.readonly", f"{AGS}scope/result.readonly"],
        "lineitems": f"{ISSUER}/items?type_id=2",
    },
}


@dataclass
class PlatformServices:
    """A caller that is the platform's token endpoint, members and gradebook.

    pages: by address, an answer's JSON and the address of the next page. tool: our public keys. tokens: the
    claims by which tokens were asked for. asked: with which headers what was asked.
    """

    tool: Any = None
    pages: dict[str, tuple[Any, str]] = field(default_factory=dict)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def call(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        if url == f"{ISSUER}/token" and content is not None:
            form = dict(parse_qsl(content.decode()))
            token = jwt.decode(form.pop("client_assertion"), KeySet.import_key_set(self.tool))
            self.tokens.append(form | dict(token.claims))
            return Answer(200, {}, b'{"access_token": "t-1", "token_type": "Bearer"}')
        self.asked.append((url, headers))
        if headers.get("Authorization") != "Bearer t-1" or url not in self.pages:
            return Answer(404, {}, b"")
        page, following = self.pages[url]
        link = {"link": f'<{following}>; rel="next"'} if following else {}
        return Answer(200, link, json.dumps(page).encode())


def claims(now: datetime, nonce: str, /, **changed: Any) -> dict[str, Any]:
    """Of a launch by a learner. changed: members; a value `...` takes one out."""
    at = int(now.timestamp())
    made = {
        "iss": ISSUER,
        "aud": "client-7",
        "sub": "a6d5c443",
        "nonce": nonce,
        "iat": at,
        "exp": at + 60,
        "name": "Pat Doe",
        "email": "pat@example.org",
        CLAIM + "version": "1.3.0",
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "deployment_id": "2",
        CLAIM + "target_link_uri": "https://badges.example/lti/campus/launch",
        CLAIM + "resource_link": {"id": "5"},
        CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        CLAIM + "context": {"id": "3", "title": "Mentoring"},
    } | changed
    return {name: value for name, value in made.items() if value is not ...}


def deep_linking(now: datetime, nonce: str, /, **settings: Any) -> dict[str, Any]:
    told = {"deep_link_return_url": f"{ISSUER}/deep?x=1", "accept_types": ["ltiResourceLink"], "data": "d-1"}
    return claims(
        now,
        nonce,
        **{
            CLAIM + "message_type": "LtiDeepLinkingRequest",
            DEEP_LINKING + "deep_linking_settings": told | settings,
        },
    )


def sign(payload: Mapping[str, Any], key: RSAKey | None = None, **header: Any) -> str:
    own = key or rsa_key()
    named = {"alg": "RS256", "kid": own.kid} | header
    return jwt.encode(named, dict(payload), own, algorithms=[named["alg"]])

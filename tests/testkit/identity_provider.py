"""A small provider of OpenID Connect behind real HTTPS: its people, the codes that it gave, what it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from credserv.app.factory import create_app
from credserv.fetch.calling import GuardedCaller
from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.ground.encoding import encode_base64url, random_token
from credserv.journeys.admit import oidc
from tests.testkit.browsing import Person
from tests.testkit.https_host import Host, http, https_host
from tests.testkit.lti_platform import rsa_key
from tests.testkit.service import Service

CLIENT, SECRET = "wallet:7", "a secret, 100% of it"


@cache
def _key(kid: str, algorithm: str) -> RSAKey | ECKey | OKPKey:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters={"kid": f"{kid}-ec"})
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters={"kid": f"{kid}-okp"})
    return rsa_key(kid)


@dataclass
class IdentityProvider:
    """claims, answer: what it says in place of the truth, in its token and at the way back. algorithm: by
    which it signs. kid: of whose keys it uses; only those of `k1` are published."""

    clock: Callable[[], datetime]
    host: Host | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    kid: str = "k1"
    algorithm: str = "RS256"

    @property
    def issuer(self) -> str:
        assert self.host is not None
        return self.host.url("").rstrip("/")

    def sign_in(self, address: str, subject: str) -> dict[str, str]:
        """What the person's browser is sent back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = random_token(16)
        self.codes[code] = {**asked, "sub": subject}
        return {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}

    def serve(self, connection: socket.socket, head: bytes) -> None:
        lines, _, body = head.partition(b"\r\n\r\n")
        path = lines.split(b" ", 2)[1].decode()
        headers = dict(line.lower().split(": ", 1) for line in lines.decode().split("\r\n")[1:])
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(4096)
        said = self._said(path, lines.decode(), dict(parse_qsl(body.decode())))
        status = "200 OK" if said is not None else "400 Bad Request"
        connection.sendall(http(json.dumps(said or {"error": "invalid_grant"}).encode(), status))

    def _said(self, path: str, head: str, form: dict[str, str]) -> Any:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "authorization_response_iss_parameter_supported": True,
            }
        if path == "/jwks":
            return {"keys": [_key("k1", one).as_dict(private=False) for one in ("RS256", "ES256", "EdDSA")]}
        return self._token(head, form)

    def _token(self, head: str, form: dict[str, str]) -> Any:
        """To who has the secret, the code and the verifier (RFC 7636, section 4.6)."""
        named = base64.b64decode(head.partition("Authorization: Basic ")[2].partition("\r\n")[0]).decode()
        given = self.codes.pop(form.get("code", ""), None)
        if [unquote_plus(one) for one in named.split(":")] != [CLIENT, SECRET] or given is None:
            return None
        shown = encode_base64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if shown != given["code_challenge"] or form["redirect_uri"] != given["redirect_uri"]:
            return None
        now = self.clock()
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": given["sub"],
            "nonce": given["nonce"],
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            **({"auth_time": int(now.timestamp())} if given.get("max_age") == "0" else {}),
            "email": "pat@example.org",
            "email_verified": True,
        }
        header = {"alg": self.algorithm, "kid": _key("k1", self.algorithm).kid}
        said, key = {**claims, **self.claims}, _key(self.kid, self.algorithm)
        if isinstance(key, OKPKey):  # joserfc warns of the name EdDSA, which providers write
            token = JWT(header=header, claims=said)
            token.make_signed_token(JWK(**key.as_dict(private=True)))
            return {"access_token": "x", "token_type": "Bearer", "id_token": token.serialize()}
        signed = jwt.encode(header, said, key, algorithms=[self.algorithm])
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@dataclass
class Place:
    """A service and the provider of its organisation."""

    service: Service
    provider: IdentityProvider

    def begin(self, person: Person, path: str = "/wallet/employer") -> str:
        """Where the browser is sent."""
        answer = person.client.get(path)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def come_in(self, person: Person, subject: str, path: str = "/wallet/employer") -> str:
        told = self.provider.sign_in(self.begin(person, path), subject)
        return person.follow(person.client.get("/wallet/employer/back", query_string=told))


def reaching(service: Service, ca_file: Path, port: int) -> Service:
    """One that fetches from a host of this machine, and sends mail."""
    policy, ports = AntiSSRFPolicy(PolicyConfigOptions.NONE), frozenset({port})
    services = replace(
        service.services,
        fetcher=GuardedFetcher(FetchLimits(ports=ports), policy=policy, ca_file=ca_file),
        caller=GuardedCaller(policy=policy, ca_file=ca_file, ports=ports),
        mail_enabled=True,
    )
    return replace(
        service, services=services, app=create_app(service.settings, services, clock=service.clock)
    )


@contextmanager
def employed(service: Service, folder: Path) -> Iterator[Place]:
    """Its fetcher reaches the provider, and mail goes out."""
    provider = IdentityProvider(service.clock)
    with https_host(folder, provider.serve) as host:
        provider.host = host
        reached = reaching(service, host.ca_file, host.port)
        now = service.clock.now
        oidc.set_provider(reached.services, provider.issuer, CLIENT, SECRET, actor="test", now=now)
        yield Place(reached, provider)

"""A person's wallet elsewhere, with a key of its own: it answers requests as OpenID4VP 1.0 has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from credserv.ground.encoding import decode_base64url
from credserv.proof.tokens.jwe import encrypt_object
from tests.testkit.browsing import Person
from tests.testkit.proofs import V2, SigningIssuer, issuer
from tests.testkit.service import Service

HOLDER = issuer(21)


@dataclass
class Request:
    """One that somebody made. watch: the path of their page. parameters: as a wallet reads them."""

    service: Service
    watch: str
    link: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.parameters["response_uri"]).split("/")[-2]

    def page(self) -> str:
        return Person(self.service).get(self.watch)

    def post(self, **fields: Any) -> TestResponse:
        """What a wallet sends, in clear or encrypted as it was asked for."""
        path = urlsplit(self.parameters["response_uri"]).path
        plain = {"state": self.parameters["state"], **fields}
        if self.parameters["response_mode"] == "direct_post.jwt":
            (key,) = self.parameters["client_metadata"]["jwks"]["keys"]
            plain = {"response": encrypt_object(plain, key, encryption="A256GCM")}
        data = {name: one if isinstance(one, str) else json.dumps(one) for name, one in plain.items()}
        return self.service.client().post(path, data=data)

    def answer(self, *shown: Any, query: str = "badge") -> TestResponse:
        return self.post(vp_token={query: list(shown)})

    def present(
        self, *credentials: Mapping[str, Any], by: SigningIssuer = HOLDER, **changes: Any
    ) -> dict[str, Any]:
        """A presentation for this request, unless its proof is changed."""
        presentation = {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "holder": by.did,
            "verifiableCredential": list(credentials),
        }
        options = {
            "proofPurpose": "authentication",
            "challenge": self.parameters["nonce"],
            "domain": self.parameters["client_id"],
        }
        return {**presentation, "proof": by.prove(presentation, **options | changes)}


def make_request(service: Service, **fields: str) -> Request:
    """As somebody asks on the page; `plain="1"` for the whole request in the link."""
    client = service.client()
    made = client.post("/verify/ask", data=fields)
    assert made.status_code == 303, made.text
    watch = urlsplit(made.headers["Location"]).path
    page = client.get(watch, headers={"Accept": "text/html"}).text
    link = page.split('id="app-link">')[1].split("<")[0].replace("&amp;", "&")
    told = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    if "request_uri" not in told:
        structured = {name: json.loads(told[name]) for name in ("dcql_query", "client_metadata")}
        return Request(service, watch, link, told | structured)
    token = client.post(urlsplit(told["request_uri"]).path, data={"wallet_nonce": "w-1"}).text
    return Request(service, watch, link, json.loads(decode_base64url(token.split(".")[1])))


def bound_badge(service: Service, by: SigningIssuer = HOLDER, **made: Any) -> dict[str, Any]:
    """One of the service, issued to the DID of a wallet's key."""
    credential_id = service.issue(did=by.did, **made)
    return json.loads(service.client().get(f"/credentials/{credential_id}.json").data)

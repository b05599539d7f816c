"""Open a verifier's request, and show the person who asks, as far as that can be known.

The URL is a stranger's, so only the guarded client fetches it (attack W10). The signature and the prefix of
its client id prove who asks (OpenID4VP 1.0, section 5.9.3), never what it calls itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlencode

from credserv.exchange.oid4vp_wallet import Link, Prefix, Request, read_link, read_request, split_client_id
from credserv.ground.addresses import host_of
from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.proof.keys.certificates import certify_host
from credserv.proof.keys.jwk import PS256, RS256, read_jwk
from credserv.proof.keys.verification_method import subject_of
from credserv.proof.tokens.jose_keys import resource_of, verify_by_key
from credserv.proof.tokens.jws import Jws, Profile, parse_jws
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS
from credserv.proof.webvh.identifier import web_did

_REQUEST_OBJECT = Profile(
    "a request object", frozenset({"oauth-authz-req+jwt"}), W3C_ALGORITHMS | {RS256, PS256}
)
_ANY_METHOD = "verificationMethod"  # section 5.9.3: any verification method of the DID document
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Reply:
    """What a verifier's URL answered."""

    status: int
    body: bytes


# GET a URL, or POST form fields to it.
Call = Callable[[str, Mapping[str, str] | None], Reply]


@dataclass(frozen=True)
class Asker:
    """Who asks.

    Attributes:
        name: As proven.
        proven: How, in words.
        is_known: Whether more was proven than where the answer goes.
    """

    name: str
    proven: str
    is_known: bool


@dataclass(frozen=True)
class Opened:
    """An opened request.

    Attributes:
        parameters: As verified.
    """

    parameters: JsonObject
    is_signed: bool
    asker: Asker

    @property
    def request(self) -> Request:
        return read_request(self.parameters, is_signed=self.is_signed)


def guarded(services: Services) -> Call:
    """Return a caller that uses the guarded client: public https URLs, no redirects."""

    def call(url: str, form: Mapping[str, str] | None) -> Reply:
        accept = {"Accept": "application/oauth-authz-req+jwt, application/json"}
        if form is None:
            answer = services.caller.call(url, headers=accept)
        else:
            answer = services.caller.call(url, headers={**accept, **_FORM}, content=urlencode(form).encode())
        return Reply(answer.status, answer.body)

    return call


def open_link(services: Services, text: str, now: datetime, call: Call) -> Opened:
    """Fetch and check the request behind a link.

    Raises:
        InputError: It is not a valid request, or the answer would go to another host.
        FetchRefusedError: The URL may not be fetched.
        UnavailableError: It cannot be fetched now.
    """
    link = read_link(text)
    prefix, name = split_client_id(link.client_id)
    if prefix is Prefix.REDIRECT_URI:
        return _open_unsigned(link, name)
    token, wallet_nonce = _fetch(link, call)
    jws = parse_jws(token, _REQUEST_OBJECT)
    claims = parse_json_object(jws.payload)
    asker = _prove(services, jws, prefix, name, now)
    _require_said(claims, link, wallet_nonce, now)
    opened = Opened(claims, True, asker)
    if prefix is Prefix.X509_SAN_DNS and host_of(opened.request.response_uri) != name:
        raise InputError("the answer would go to another host than the one that asks")
    return opened


def _open_unsigned(link: Link, address: str) -> Opened:
    """Open an unsigned request.

    Only where the answer goes is proven; a signature would prove no more, so it is refused.
    """
    if link.request or link.request_uri:
        raise InputError("a request by redirect_uri stands in its link as a whole, and is not signed")
    opened = Opened(link.parameters, False, Asker(host_of(address), "", False))
    if opened.request.response_uri != address:
        raise InputError("the answer would go to another address than the one that asks")
    return opened


def _fetch(link: Link, call: Call) -> tuple[str, str]:
    """Return the signed request, and our nonce that it has to contain ("" for none)."""
    if link.request:
        return link.request, ""
    if not link.request_uri:
        raise InputError("requests under this name must be signed, and this one is not")
    nonce = random_token(16) if link.is_post else ""
    reply = call(link.request_uri, {"wallet_nonce": nonce} if link.is_post else None)
    if reply.status != 200:
        raise UnavailableError(
            f"the request is not at its address any more (HTTP status {reply.status}): ask for a new one"
        )
    try:
        return reply.body.decode("ascii").strip(), nonce
    except UnicodeDecodeError as error:
        raise InputError("what is at the address of the request is not a request") from error


def _require_said(claims: JsonObject, link: Link, wallet_nonce: str, now: datetime) -> None:
    if claims.get("client_id") != link.client_id:
        raise InputError("the link names somebody else than the request does")
    if wallet_nonce and claims.get("wallet_nonce") != wallet_nonce:
        raise InputError("the request was not signed for this wallet just now (wallet_nonce)")
    ends = claims.get("exp")
    if ends is not None and (not isinstance(ends, int | float) or ends <= now.timestamp()):
        raise InputError("the time of this request is over: ask for a new one")


def _prove(services: Services, jws: Jws, prefix: Prefix, name: str, now: datetime) -> Asker:
    """Verify who asks. Raises ProofError, InputError, UnavailableError."""
    if prefix is Prefix.DID:
        return _prove_did(services, jws, name, now)
    certified = certify_host(jws.header.get("x5c"), services.resolvers.anchors(""), now)
    if certified is None:
        raise InputError(
            "who asks shows a certificate that none of the authorities vouches for which are trusted here"
        )
    read_jwk(certified.jwk).verify(jws.algorithm, jws.signature, jws.signing_input)
    lists = services.resolvers.bounded().certificate_lists
    if lists is not None:
        lists.look_up(certified.chain, now)
    if prefix is Prefix.X509_HASH:
        if certified.sha256 != name:
            raise InputError("who asks shows another certificate than it names")
    elif name not in certified.hosts:
        raise InputError("who asks shows a certificate for another host than it names")
    shown = name if prefix is Prefix.X509_SAN_DNS else ", ".join(certified.hosts) or certified.subject
    return Asker(shown, f"a certificate by {certified.anchor.name}", True)


def _prove_did(services: Services, jws: Jws, did: str, now: datetime) -> Asker:
    if not jws.kid or "#" not in jws.kid or subject_of(jws.kid) != did:
        raise InputError("the request names no key of the DID that asks")
    document = services.resolvers.resolve_did(resource_of(jws, did))
    verify_by_key(document, jws, purpose=_ANY_METHOD, now=now)
    if did == services.issuer.did:
        return Asker(str(services.issuer.profile.get("name") or did), "signed by this service", True)
    if did.startswith(("did:web:", "did:webvh:")):
        place = unquote(web_did(did).removeprefix("did:web:").replace(":", "/"))
        return Asker(place, "signed with the key that is published there", True)
    return Asker(did, "signed with a key that nobody here knows the owner of", False)

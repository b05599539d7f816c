"""Authorization requests, pushed or not: the app asks, the person consents, and the app gets a code.

RFC 6749, section 4.1; RFC 7636 (PKCE: S256 for every app, nothing else); RFC 9126 (pushed requests); RFC 9207
(`iss` in each answer). An answer goes to an address of the app only if both are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import AppRequestError, NotFoundError
from credserv.ground.languages import reading
from credserv.journeys.authorize.redirects import answer_address, name_with_origin
from credserv.journeys.authorize.scopes import OFFLINE, TAKING, WORDS, read_scopes
from credserv.journeys.authorize.taking import Taking, name_of, read_taking, require_badge
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import ConsentRecord, Purpose, make_consent
from credserv.records.oauth import ClientRecord, GrantRecord, RequestRecord, TokenKind, TokenRecord

PUSHED_LIFE = timedelta(seconds=90)
CODE_LIFE = timedelta(minutes=5)  # 1EdTech allows ten
REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_ANSWER_WITHIN = timedelta(minutes=30)  # somebody not signed in first waits for a letter
_ID_BYTES, _CODE_BYTES = 24, 32
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_MAX_STATE_CHARS = 1_024


@dataclass(frozen=True)
class Addressed:
    """A known app and a registered address for the answer.

    Attributes:
        state: "" if the app sent none.
    """

    client: ClientRecord
    redirect_uri: str
    state: str


@dataclass(frozen=True)
class Asked:
    """A complete authorization request.

    Attributes:
        jkt: The thumbprint of the key to which the tokens are bound.
        taking: Set if the app asks for a badge and nothing else.
    """

    addressed: Addressed
    scopes: tuple[str, ...]
    challenge: str
    jkt: str | None
    taking: Taking | None = None

    @property
    def client(self) -> ClientRecord:
        return self.addressed.client


def find_addressed(services: Services, parameters: Mapping[str, str]) -> Addressed:
    """Return the app and the address for the answer.

    Raises:
        AppRequestError: One of them is not known. Show it to the person; do not redirect (attack 91).
    """
    client = services.store.oauth.client(parameters.get("client_id", ""))
    if client is None:
        raise AppRequestError("no such app is registered here", error="invalid_client")
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri not in client.redirect_uris:
        raise AppRequestError("the app has not registered the address to go back to")
    state = parameters.get("state", "")
    return Addressed(client, redirect_uri, state if len(state) <= _MAX_STATE_CHARS else "")


def read_request(addressed: Addressed, parameters: Mapping[str, str], issuer: str) -> Asked:
    """Validate an authorization request.

    Args:
        parameters: Each parameter once.
        issuer: This authorization server's identifier.

    Raises:
        AppRequestError: The request is not valid. Report it to the app.
    """
    if "request" in parameters:
        raise AppRequestError("requests in a JWT are not read here", error="request_not_supported")
    if parameters.get("response_type") != "code":
        raise AppRequestError("response_type is code", error="unsupported_response_type")
    if parameters.get("response_mode", "query") != "query":
        raise AppRequestError("response_mode is query")
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise AppRequestError("PKCE is needed: a code_challenge by the method S256")
    taking = read_taking(parameters, addressed.client.scopes, issuer)
    # RFC 6749, section 4.1.1 recommends `state`. Wallet apps leave it out; PKCE binds their code.
    if not addressed.state and (taking is None or parameters.get("state")):
        raise AppRequestError(f"state is needed, at most {_MAX_STATE_CHARS} characters")
    scopes = taking.scopes if taking else read_scopes(parameters.get("scope", ""), among=_lasting(addressed))
    jkt = parameters.get("dpop_jkt")
    if jkt is not None and not _CHALLENGE.fullmatch(jkt):
        raise AppRequestError("dpop_jkt is no thumbprint")
    return Asked(addressed, scopes, challenge, jkt, taking)


def _lasting(addressed: Addressed) -> frozenset[str]:
    return addressed.client.scopes - TAKING


def push(services: Services, client: ClientRecord, parameters: Mapping[str, str], now: datetime) -> str:
    """Store a request that an app submits in advance.

    Returns:
        The `request_uri` that stands for it, once.

    Raises:
        AppRequestError: The request is not valid.
    """
    if "request_uri" in parameters:
        raise AppRequestError("a pushed request names no request_uri")
    stated = {**parameters, "client_id": client.id}
    read_request(find_addressed(services, stated), stated, services.public_url)
    return REQUEST_URI + _keep(services, stated, now + PUSHED_LIFE, client)


def pull(services: Services, parameters: Mapping[str, str], now: datetime) -> Mapping[str, str]:
    """Return the parameters of a request, using up a pushed request that it refers to.

    Raises:
        AppRequestError: There is no such pushed request. Show it to the person.
    """
    named = parameters.get("request_uri")
    if named is None:
        return parameters
    sha256 = hash_token(named.removeprefix(REQUEST_URI))
    kept = services.store.oauth.request(sha256, now)
    fits = (
        kept is not None and kept.client_id == parameters.get("client_id") and named.startswith(REQUEST_URI)
    )
    if kept is None or not fits or not services.store.oauth.use_request(sha256):
        raise AppRequestError(
            "what the app asked for is not known here any more", error="invalid_request_uri"
        )
    return kept.parameters


def put_before_person(
    services: Services, addressed: Addressed, parameters: Mapping[str, str], now: datetime
) -> str:
    """Store a request to wait for its person.

    Returns:
        The request's id.

    Raises:
        AppRequestError: The request is not valid. Report it to the app.
    """
    read_request(addressed, parameters, services.public_url)
    return _keep(services, parameters, now + _ANSWER_WITHIN, addressed.client)


def waiting(services: Services, request_id: str, now: datetime) -> Asked:
    """Return a waiting request.

    Raises:
        NotFoundError: It was answered, or waited for too long.
    """
    kept = services.store.oauth.request(hash_token(request_id), now)
    if kept is None:
        raise NotFoundError("this request of an app was answered, or is too old. Begin again in the app")
    return read_request(find_addressed(services, kept.parameters), kept.parameters, services.public_url)


def allow(services: Services, request_id: str, person_id: str, now: datetime, *, badge: str = "") -> str:
    """Consent to a request, once.

    Args:
        badge: The badge that the person chose, if the app asks for one without naming it.

    Returns:
        The URL for the browser, with the code.

    Raises:
        NotFoundError: There is no such request, or the badge is not theirs.
    """
    asked = waiting(services, request_id, now)
    code = random_token(_CODE_BYTES)
    grant = GrantRecord(random_token(_ID_BYTES), asked.client.id, person_id, asked.scopes, now)
    bound: dict[str, Any] = {
        "redirect_uri": asked.addressed.redirect_uri,
        "challenge": asked.challenge,
        "jkt": asked.jkt,
    }
    if asked.taking is not None:
        taken = require_badge(services, person_id, asked.taking.badge or badge)
        bound |= {"badge": taken.id, "name": name_of(services, taken), "by_details": asked.taking.by_details}
        bound["read_in"] = reading.get()
    token = TokenRecord(hash_token(code), TokenKind.CODE, grant.id, asked.scopes, now + CODE_LIFE, bound)
    with services.store.transaction():
        _use(services, request_id)
        services.store.oauth.add_grant(grant)
        if asked.taking is None:  # the audit trail notes a taken badge when the app collects it
            services.store.consents.give(_consent(services, asked, grant))
        services.store.oauth.add_token(token)
        services.store.audit.add(AuditRecord(now, "holder", Action.APP_ALLOWED, asked.client.id))
    return _answer(services, asked.addressed, {"code": code, "scope": " ".join(asked.scopes)})


def _consent(services: Services, asked: Asked, grant: GrantRecord) -> ConsentRecord:
    return make_consent(
        grant.person_id,
        Purpose.APP,
        controller=services.issuer.did,
        reference=grant.id,
        recipient=name_with_origin(asked.client.name, asked.addressed.redirect_uri),
        shown=tuple(WORDS[scope] for scope in asked.scopes if scope != OFFLINE),
        now=grant.created_at,
    )


def decline(services: Services, request_id: str, now: datetime) -> str:
    """Decline a request, once, and return the URL for the browser.

    Raises:
        NotFoundError: There is no such request.
    """
    asked = waiting(services, request_id, now)
    _use(services, request_id)
    error = AppRequestError("the person did not allow it", error="access_denied")
    return refusal_address(services, asked.addressed, error)


def refusal_address(services: Services, addressed: Addressed, error: AppRequestError) -> str:
    """Return the URL that reports an error to the app (RFC 6749, section 4.1.2.1)."""
    return _answer(services, addressed, {"error": error.error, "error_description": error.detail})


def _answer(services: Services, addressed: Addressed, answer: Mapping[str, str]) -> str:
    state = {"state": addressed.state} if addressed.state else {}
    return answer_address(addressed.redirect_uri, {**answer, **state, "iss": services.public_url})


def _keep(
    services: Services, parameters: Mapping[str, str], expires_at: datetime, client: ClientRecord
) -> str:
    request_id = random_token(_ID_BYTES)
    record = RequestRecord(client.id, parameters, expires_at)
    services.store.oauth.keep_request(hash_token(request_id), record)
    return request_id


def _use(services: Services, request_id: str) -> None:
    if not services.store.oauth.use_request(hash_token(request_id)):
        raise NotFoundError("this request of an app was answered already")

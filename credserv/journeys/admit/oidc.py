"""Sign in with an employer's account (OpenID Connect Core 1.0, code flow with PKCE).

What an account opens is decided by wallet_accounts.py for wallets and staff_accounts.py for the console. Each
answer belongs to one request: the state is valid once and in the requesting browser, the code only with the
verifier (RFC 7636), the token only with the nonce, and everything has to come from the issuer that was asked
(RFC 9207).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from credserv.ground.addresses import is_https, split_address
from credserv.ground.encoding import code_challenge, hash_token, random_token
from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.id_token import REFUSED, Expected, read_claims
from credserv.journeys.admit.oidc_provider import (
    add_user_info,
    address_in,
    exchange_code,
    read_configuration,
    read_keys,
)
from credserv.journeys.services import Services
from credserv.records.access import IdentityProviderRecord, LinkPurpose, SessionRecord
from credserv.records.audit import Action, AuditRecord

QUESTION_LIFE = timedelta(minutes=10)

_MAX_ID_CHARS = 300


class Aim(StrEnum):
    """What the account is for. All but the first of each kind require a signed-in person."""

    SIGN_IN = "sign-in"
    ADD = "add"
    PROVE = "prove"
    JOIN = "join"
    CONSOLE = "console"
    CONSOLE_ADD = "console-add"
    CONSOLE_PROVE = "console-prove"

    @property
    def anew(self) -> bool:
        """Return whether the person has to sign in again at the provider, to prove who is at the keyboard."""
        return self in (Aim.PROVE, Aim.JOIN, Aim.CONSOLE_PROVE)

    @property
    def asks_more(self) -> bool:
        """Return whether to ask for address and groups.

        This is for colleagues, about whom their organisation's provider may speak.
        """
        return self in (Aim.CONSOLE, Aim.CONSOLE_ADD, Aim.CONSOLE_PROVE)


@dataclass(frozen=True)
class Question:
    """A request to the provider.

    Attributes:
        address: Where the browser goes. The browser keeps the rest until the answer.
    """

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Asked:
    """What the browser kept."""

    state: str
    nonce: str
    verifier: str
    aim: Aim


@dataclass(frozen=True)
class Answer:
    """What the browser came back with.

    Attributes:
        redirect_uri: Where it came back to, as in the request.
    """

    asked: Asked
    told: Mapping[str, str]
    redirect_uri: str


# --- an organisation's provider -----------------------------------------------------------------------


def set_provider(
    services: Services, issuer: str, client_id: str, client_secret: str, *, actor: str, now: datetime
) -> None:
    """Let the organisation's people sign in at a provider, after reading its configuration.

    Raises:
        InputError: A value is not valid, or colleagues can sign in only at the current provider.
        UnavailableError: The configuration cannot be fetched.
    """
    if not client_id.strip() or not client_secret or len(client_id) > _MAX_ID_CHARS:
        raise InputError("a provider knows this service by a client id and a secret")
    if not is_https(issuer) or split_address(issuer).query or "#" in issuer:
        raise InputError("an issuer is an https address without a query (OpenID Connect Core, section 2)")
    before, login = provider_of(services), services.store.staff.login()
    if login is not None and login.is_required and before is not None and before.issuer != issuer:
        raise InputError(
            "colleagues can sign in only with accounts at the present provider: let them in by links first"
        )
    provider = IdentityProviderRecord(issuer, client_id.strip(), now, client_secret)
    read_configuration(services, issuer)
    with services.store.transaction():
        services.store.identity_providers.set(provider)
        line = AuditRecord(now, actor, Action.LOGIN_SET, services.store.organisation_id, {"issuer": issuer})
        services.store.audit.add(line)


def end_provider(services: Services, *, actor: str, now: datetime) -> None:
    """Stop sign-in at the provider for everybody, colleagues included. Other ways in stay.

    Raises:
        NotFoundError: The organisation has no provider.
    """
    with services.store.transaction():
        if not services.store.identity_providers.end():
            raise NotFoundError("this organisation has no provider")
        if services.store.saml_providers.get() is None:
            services.store.staff.end_login()
        services.store.audit.add(AuditRecord(now, actor, Action.LOGIN_ENDED, services.store.organisation_id))


def provider_of(services: Services) -> IdentityProviderRecord | None:
    """Return the organisation's provider."""
    return services.store.identity_providers.get()


# --- request and answer ------------------------------------------------------------------------------


def ask(
    services: Services, aim: Aim, session: SessionRecord | None, redirect_uri: str, now: datetime
) -> Question:
    """Start a request to the provider.

    Args:
        session: The session of the person who shows the account; None to sign in.

    Raises:
        NotFoundError: The organisation has no provider.
        UnavailableError: The provider does not answer.
    """
    provider = _require_provider(services)
    known = read_configuration(services, provider.issuer)
    endpoint = address_in(known, "authorization_endpoint")
    state, nonce, verifier = (random_token(32) for _ in range(3))
    asking = _asking(services, aim, session)
    services.store.links.add(hash_token(state), LinkPurpose.OIDC, asking, now + QUESTION_LIFE)
    asked = {
        "response_type": "code",
        "scope": _scope(known) if aim.asks_more else "openid",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": code_challenge(verifier),
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if aim.anew else {}),
    }
    joint = "&" if "?" in endpoint else "?"
    return Question(f"{endpoint}{joint}{urlencode(asked)}", state, nonce, verifier)


def require_account(services: Services, session: SessionRecord | None, answer: Answer, now: datetime) -> str:
    """Return the account shown, as issuer and subject in one string.

    Raises:
        UnauthenticatedError, UnavailableError: As `require_claims`.
    """
    claims = require_claims(services, session, answer, now)
    return json.dumps([claims["iss"], claims["sub"]])


def require_claims(
    services: Services, session: SessionRecord | None, answer: Answer, now: datetime
) -> JsonObject:
    """Return what the provider says of the account shown.

    Raises:
        NotFoundError: The organisation has no provider.
        UnauthenticatedError: The answer is not valid, too late, or a refusal.
        UnavailableError: The provider does not answer.
    """
    provider, asked, told = _require_provider(services), answer.asked, answer.told
    once = hash_token(random_token(16))
    used = services.store.links.use(hash_token(asked.state), (LinkPurpose.OIDC,), now, browser=once)
    if (
        used is None
        or used.subject != _asking(services, asked.aim, session)
        or told.get("state") != asked.state
    ):
        raise UnauthenticatedError(REFUSED + "this took too long, or was not asked for in this browser")
    known = read_configuration(services, provider.issuer)
    says_who = known.get("authorization_response_iss_parameter_supported") is True
    if told.get("iss", None if says_who else provider.issuer) != provider.issuer:
        raise UnauthenticatedError(REFUSED + "another provider answered")
    if "code" not in told or "error" in told:
        raise UnauthenticatedError(REFUSED + "it was declined there")
    form = {
        "grant_type": "authorization_code",
        "code": told["code"],
        "redirect_uri": answer.redirect_uri,
        "code_verifier": asked.verifier,
    }
    given = exchange_code(services, provider, address_in(known, "token_endpoint"), form)
    token, keys = str(given.get("id_token", "")), read_keys(services, address_in(known, "jwks_uri"))
    expected = Expected(provider.issuer, provider.client_id, asked.nonce, asked.aim.anew)
    claims = read_claims(token, keys, expected, now)
    return _with_user_info(services, known, given, claims) if asked.aim.asks_more else claims


def _with_user_info(
    services: Services, known: JsonObject, given: JsonObject, claims: JsonObject
) -> JsonObject:
    """Add user info if the token leaves out what decides about a colleague: the address, or the groups."""
    login = services.store.staff.login()
    wanted = {"email"} | ({login.groups_claim} if login is not None and login.groups_claim else set())
    elsewhere = claims.get("_claim_names")  # of what the provider left out since it is too long
    told = claims.keys() | (elsewhere.keys() if isinstance(elsewhere, dict) else set())
    access_token = given.get("access_token")
    if wanted <= told or "userinfo_endpoint" not in known or not isinstance(access_token, str):
        return claims
    return add_user_info(services, address_in(known, "userinfo_endpoint"), access_token, claims)


def _require_provider(services: Services) -> IdentityProviderRecord:
    found = provider_of(services)
    if found is None:
        raise NotFoundError("people of this organisation sign in with their address, or a passkey")
    return found


def _scope(known: JsonObject) -> str:
    """Return the scopes. `groups` is not standardised, so ask for it only if the provider lists it."""
    offered = known.get("scopes_supported")
    asks_groups = isinstance(offered, list) and "groups" in offered
    return "openid email profile" + (" groups" if asks_groups else "")


def _asking(services: Services, aim: Aim, session: SessionRecord | None) -> str:
    """Return who alone may answer: one purpose, one organisation, one session."""
    asked_by = "" if session is None else session.token_sha256
    return f"{aim.value} {services.store.organisation_id} {asked_by}"

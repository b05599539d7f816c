"""Sign in with an account at an employer (OpenID Connect Core 1.0, code flow with PKCE).

Who somebody is, is what their provider calls them: its issuer and its subject. What it says of an address
joins nothing (attack 97). Each answer is to one question: its state is good once and in the browser that
asked, the code only with the verifier (RFC 7636), the token only with the nonce, and all of it is of the one
issuer that was asked (RFC 9207).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote_plus, urlencode

from credserv.ground.addresses import split_address
from credserv.ground.encoding import code_challenge, hash_token, random_token
from credserv.ground.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.id_token import REFUSED, Expected, read_subject
from credserv.journeys.admit.notices import Change, queue_notices
from credserv.journeys.admit.step_up import require_not_frozen
from credserv.journeys.services import Services
from credserv.records.access import IdentityProviderRecord, LinkPurpose, SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import ProvedKind

QUESTION_LIFE = timedelta(minutes=10)

_MAX_ID_CHARS = 300


class Aim(StrEnum):
    """What the account is shown for. All but the first are of somebody who is signed in."""

    SIGN_IN = "sign-in"
    ADD = "add"
    PROVE = "prove"
    JOIN = "join"

    @property
    def anew(self) -> bool:
        """Whether they sign in at the provider once more, whatever is open there: it proves who sits here."""
        return self in (Aim.PROVE, Aim.JOIN)


@dataclass(frozen=True)
class Question:
    """address: where the browser goes. The rest is kept in it until the answer."""

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
    aim: Aim = Aim.SIGN_IN


# --- the provider of an organisation -----------------------------------------------------------------


def set_provider(
    services: Services, issuer: str, client_id: str, client_secret: str, *, actor: str, now: datetime
) -> None:
    """Its people sign in there from now on, once its configuration was read. Raises InputError,
    UnavailableError where it cannot be read."""
    if not client_id.strip() or not client_secret or len(client_id) > _MAX_ID_CHARS:
        raise InputError("a provider knows this service by a client id and a secret")
    if split_address(issuer).scheme != "https" or split_address(issuer).query or "#" in issuer:
        raise InputError("an issuer is an https address without a query (OpenID Connect Core, section 2)")
    provider = IdentityProviderRecord(issuer, client_id.strip(), now, client_secret)
    _configuration(services, provider)
    with services.store.transaction():
        services.store.identity_providers.set(provider)
        line = AuditRecord(now, actor, Action.LOGIN_SET, services.store.organisation_id, {"issuer": issuer})
        services.store.audit.add(line)


def end_provider(services: Services, *, actor: str, now: datetime) -> None:
    """Nobody signs in there any more; what people have besides goes on. Raises NotFoundError."""
    with services.store.transaction():
        if not services.store.identity_providers.end():
            raise NotFoundError("this organisation has no provider")
        services.store.audit.add(AuditRecord(now, actor, Action.LOGIN_ENDED, services.store.organisation_id))


def provider_of(services: Services) -> IdentityProviderRecord | None:
    return services.store.identity_providers.get()


# --- question and answer -----------------------------------------------------------------------------


def ask(
    services: Services, aim: Aim, session: SessionRecord | None, redirect_uri: str, now: datetime
) -> Question:
    """session: of who shows the account; None to sign in. Raises NotFoundError without a provider,
    UnavailableError where it does not answer."""
    provider = _require_provider(services)
    endpoint = _address(_configuration(services, provider), "authorization_endpoint")
    state, nonce, verifier = (random_token(32) for _ in range(3))
    services.store.links.add(hash_token(state), LinkPurpose.OIDC, _asking(aim, session), now + QUESTION_LIFE)
    asked = {
        "response_type": "code",
        "scope": "openid",
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


def open_wallet(
    services: Services, asked: Asked, told: Mapping[str, str], redirect_uri: str, now: datetime
) -> Opened:
    """Begin a session of whose account it is; of somebody new, if nobody has shown it before. Raises
    UnauthenticatedError, UnavailableError."""
    value = require_account(services, None, asked, told, redirect_uri, now)
    people = services.store.people
    with services.store.transaction():
        known = people.find_proved(ProvedKind.OIDC, value)
        if known is not None and not known.signs_in:
            raise UnauthenticatedError(
                "this account does not open your wallet any more: use your own address, or a passkey"
            )
        person_id = known.person_id if known is not None else people.add(None, now)
        if known is None:
            people.prove(person_id, ProvedKind.OIDC, value, added_by="oidc", now=now)
        opened = begin_session(services, SessionKind.HOLDER, person_id, now)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SIGNED_IN, person_id))
    return opened


def add_account(
    services: Services,
    session: SessionRecord,
    asked: Asked,
    told: Mapping[str, str],
    redirect_uri: str,
    now: datetime,
) -> None:
    """The account opens the wallet of this session's person, too. Raises as `open_wallet`, ConflictError for
    the account of another wallet, ForbiddenError while nothing may be changed."""
    value, person_id = require_account(services, session, asked, told, redirect_uri, now), session.subject
    with services.store.transaction():
        require_not_frozen(services, person_id, now)
        services.store.identities.lock(person_id)
        known = services.store.people.find_proved(ProvedKind.OIDC, value)
        if known is not None and known.person_id != person_id:
            raise ConflictError("this account opens another wallet")
        if known is None:
            services.store.people.prove(person_id, ProvedKind.OIDC, value, added_by="oidc", now=now)
            line = AuditRecord(now, f"person:{person_id}", Action.IDENTITY_ADDED, person_id)
            services.store.audit.add(line)
            queue_notices(services, person_id, Change.ACCOUNT_ADDED, now)


def prove(
    services: Services,
    session: SessionRecord,
    asked: Asked,
    told: Mapping[str, str],
    redirect_uri: str,
    now: datetime,
) -> None:
    """From now on the session has shown who it is. Raises as `open_wallet`, for an account too that does not
    open this wallet."""
    value = require_account(services, session, asked, told, redirect_uri, now)
    known = services.store.people.find_proved(ProvedKind.OIDC, value)
    if known is None or known.person_id != session.subject or not known.signs_in:
        raise UnauthenticatedError("this account does not open your wallet, so it shows nothing here")
    services.store.access.note_proof(session.token_sha256, now)


def require_account(
    services: Services,
    session: SessionRecord | None,
    asked: Asked,
    told: Mapping[str, str],
    redirect_uri: str,
    now: datetime,
) -> str:
    """Issuer and subject of the account that was shown, as they are kept. Raises UnauthenticatedError,
    UnavailableError."""
    provider = _require_provider(services)
    once = hash_token(random_token(16))
    used = services.store.links.use(hash_token(asked.state), (LinkPurpose.OIDC,), now, browser=once)
    if used is None or used.subject != _asking(asked.aim, session) or told.get("state") != asked.state:
        raise UnauthenticatedError(REFUSED + "this took too long, or was not asked for in this browser")
    known = _configuration(services, provider)
    says_who = known.get("authorization_response_iss_parameter_supported") is True
    if told.get("iss", None if says_who else provider.issuer) != provider.issuer:
        raise UnauthenticatedError(REFUSED + "another provider answered")
    if "code" not in told or "error" in told:
        raise UnauthenticatedError(REFUSED + "it was declined there")
    form = {
        "grant_type": "authorization_code",
        "code": told["code"],
        "redirect_uri": redirect_uri,
        "code_verifier": asked.verifier,
    }
    token = _id_token(services, provider, _address(known, "token_endpoint"), form)
    keys = _keys(services, _address(known, "jwks_uri"))
    expected = Expected(provider.issuer, provider.client_id, asked.nonce, asked.aim.anew)
    return json.dumps([provider.issuer, read_subject(token, keys, expected, now)])


def _id_token(
    services: Services, provider: IdentityProviderRecord, endpoint: str, form: dict[str, str]
) -> str:
    # RFC 6749, 2.3.1: both parts are encoded as in a form first.
    named = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}".encode()
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Basic {base64.b64encode(named).decode()}",
    }
    answer = services.caller.call(endpoint, headers=headers, content=urlencode(form).encode())
    if answer.status in (400, 401, 403):
        raise UnauthenticatedError(REFUSED + "it gives nothing for this answer")
    if answer.status != 200:
        raise UnavailableError(f"your employer's page answered {answer.status}: try again later")
    try:
        found = parse_json_object(answer.body).get("id_token")
    except InputError as error:
        raise UnavailableError("your employer's page cannot be read now: try again later") from error
    return found if isinstance(found, str) else ""


def _require_provider(services: Services) -> IdentityProviderRecord:
    found = provider_of(services)
    if found is None:
        raise NotFoundError("people of this organisation sign in with their address, or a passkey")
    return found


def _configuration(services: Services, provider: IdentityProviderRecord) -> JsonObject:
    """OpenID Connect Discovery 1.0, section 4: what stands there is of that issuer, or of nobody."""
    address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        found = parse_json_object(services.fetcher.get(address).body)
    except InputError as error:
        raise UnavailableError("the configuration of the provider cannot be read now") from error
    if found.get("issuer") != provider.issuer:
        raise UnavailableError("the configuration of the provider is of another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        _address(found, name)
    return found


def _address(known: JsonObject, name: str) -> str:
    """Which of them is asked, the guarded client decides."""
    found = str(known.get(name, ""))
    if split_address(found).scheme != "https":
        raise UnavailableError(f"the provider names no https address as its {name}")
    return found


def _keys(services: Services, address: str) -> list[JsonObject]:
    try:
        keys = parse_json_object(services.fetcher.get(address).body).get("keys")
    except InputError as error:
        raise UnavailableError("the keys of the provider cannot be read now") from error
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _asking(aim: Aim, session: SessionRecord | None) -> str:
    return aim.value if session is None else f"{aim.value} {session.token_sha256}"

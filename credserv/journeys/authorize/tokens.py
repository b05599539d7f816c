"""Redeem codes; renew, check and revoke tokens.

RFC 6749, sections 4.1.3 and 6; RFC 7009; RFC 9700, sections 4.5 and 4.14. A code or refresh token that is
used twice is in two hands, so everything issued under its consent ends (attacks 95 and 96). Tokens are
random; the store holds their hashes.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import code_challenge, hash_token, random_token
from credserv.ground.errors import AppRequestError, ForbiddenError, NotFoundError, UnauthenticatedError
from credserv.journeys.authorize.scopes import read_scopes
from credserv.journeys.authorize.taking import give_token
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.oauth import AllowedApp, ClientRecord, GrantRecord, TokenKind, TokenRecord

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)  # since the last use
_TOKEN_BYTES = 32
_MAX_VERIFIER_CHARS = 128

Found = tuple[TokenRecord, GrantRecord]


def redeem(
    services: Services,
    client: ClientRecord,
    parameters: Mapping[str, str],
    now: datetime,
    jkt: str | None = None,
) -> dict[str, Any]:
    """Return the tokens for a code.

    Args:
        jkt: The thumbprint of the key that the request proved (RFC 9449).

    Raises:
        AppRequestError: The code is not valid for this request.
    """
    token, grant = _own(services, client, parameters, "code", TokenKind.CODE)
    verifier = parameters.get("code_verifier", "")
    bound = token.bound
    fits = len(verifier) <= _MAX_VERIFIER_CHARS and hmac.compare_digest(
        code_challenge(verifier).encode(), bound["challenge"].encode()
    )
    if parameters.get("redirect_uri") != bound["redirect_uri"] or not fits:
        raise _invalid("the code was given for another request")
    if bound["jkt"] not in (None, jkt):
        raise AppRequestError("the code is bound to a key that was not proven", error="invalid_dpop_proof")
    scopes = _narrowed(parameters, token.scopes)
    _use_once(services, token, grant, now)
    if "badge" in bound:
        return give_token(services, client, token, grant, jkt, now)
    with services.store.transaction():
        services.store.oauth.end_other_grants(grant, now)
        return _issue(services, client, grant, scopes, jkt, now)


def refresh(
    services: Services,
    client: ClientRecord,
    parameters: Mapping[str, str],
    now: datetime,
    jkt: str | None = None,
) -> dict[str, Any]:
    """Return new tokens for a refresh token, which is used up.

    Args:
        jkt: The thumbprint of the key that the request proved (RFC 9449).

    Raises:
        AppRequestError: The refresh token is not valid for this request.
    """
    token, grant = _own(services, client, parameters, "refresh_token", TokenKind.REFRESH)
    if token.bound["jkt"] not in (None, jkt):
        raise AppRequestError("the token is bound to a key that was not proven", error="invalid_dpop_proof")
    scopes = _narrowed(parameters, grant.scopes)
    _use_once(services, token, grant, now)
    with services.store.transaction():
        return _issue(services, client, grant, scopes, jkt, now)


def revoke(services: Services, client: ClientRecord, token: str, now: datetime) -> None:
    """Revoke a token.

    A refresh token ends its whole grant; an access token ends alone, also one for taking a badge.

    An unknown token is no error (RFC 7009, section 2.2).
    """
    known = hash_token(token)
    taken = services.store.offers.by_token(known)  # named after the code it was given for
    found = services.store.oauth.token(known if taken is None else taken.id_sha256)
    if found is None or found[1].client_id != client.id:
        return
    if taken is not None:
        services.store.offers.end(taken.id_sha256, now)
    elif found[0].kind is TokenKind.ACCESS:
        services.store.oauth.remove_token(found[0].token_sha256)
    else:
        services.store.oauth.end_grant(found[1].id, now)


def require_access(
    services: Services, token: str, scope: str, now: datetime, *, jkt: str | None = None
) -> GrantRecord:
    """Return the grant of an access token.

    Args:
        jkt: The thumbprint of the key that the request proved; None if it proved none.

    Raises:
        UnauthenticatedError: The token is not valid now.
        ForbiddenError: It does not cover the scope.
    """
    found = services.store.oauth.token(hash_token(token))
    if found is None or not _lives(found, TokenKind.ACCESS, now) or found[0].bound["jkt"] != jkt:
        raise UnauthenticatedError("the access token is not one that works here")
    if scope not in found[0].scopes:
        raise ForbiddenError(f"the access token lacks the scope {scope}")
    services.store.oauth.touch_grant(found[1], now)
    return found[1]


def apps_of(services: Services, person_id: str, now: datetime) -> tuple[AllowedApp, ...]:
    """Return the apps that a person allowed, newest first."""
    return services.store.oauth.apps_of(person_id, now)


def end_app(services: Services, person_id: str, grant_id: str, now: datetime) -> None:
    """End an app's access at once.

    Raises:
        NotFoundError: The person has no such grant.
    """
    found = [app for app in apps_of(services, person_id, now) if app.grant.id == grant_id]
    if not found:
        raise NotFoundError("there is no such app")
    with services.store.transaction():
        services.store.oauth.end_grant(grant_id, now)
        services.store.audit.add(AuditRecord(now, "holder", Action.APP_ENDED, found[0].client.id))


def _own(
    services: Services, client: ClientRecord, parameters: Mapping[str, str], name: str, kind: TokenKind
) -> Found:
    """Return what the app was given. Raises AppRequestError."""
    value = parameters.get(name)
    if not value:
        raise AppRequestError(f"{name} is missing")
    found = services.store.oauth.token(hash_token(value))
    if found is None or found[0].kind is not kind or found[1].client_id != client.id:
        raise _invalid(f"the {name} is not one of this app")
    return found


def _use_once(services: Services, token: TokenRecord, grant: GrantRecord, now: datetime) -> None:
    """Use a token up in its own transaction before new ones are made, so a crash leaves none, never two."""
    if token.used_at is None and (token.expires_at <= now or grant.ended_at is not None):
        raise _invalid("it has ended, or is too old")
    if not services.store.oauth.use_token(token.token_sha256, now):
        services.store.oauth.end_grant(grant.id, now)
        services.store.offers.end(token.token_sha256, now)
        raise _invalid("it was used already. All that was given for it has ended: ask the person again")


def _issue(
    services: Services,
    client: ClientRecord,
    grant: GrantRecord,
    scopes: tuple[str, ...],
    jkt: str | None,
    now: datetime,
) -> dict[str, Any]:
    def make(kind: TokenKind, of: tuple[str, ...], life: timedelta) -> str:
        token = random_token(_TOKEN_BYTES)
        record = TokenRecord(hash_token(token), kind, grant.id, of, now + life, {"jkt": jkt})
        services.store.oauth.add_token(record)
        return token

    answer: dict[str, Any] = {
        "access_token": make(TokenKind.ACCESS, scopes, ACCESS_LIFE),
        "token_type": "Bearer" if jkt is None else "DPoP",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "scope": " ".join(scopes),
    }
    if client.may_refresh:
        answer["refresh_token"] = make(TokenKind.REFRESH, grant.scopes, REFRESH_LIFE)
    return answer


def _narrowed(parameters: Mapping[str, str], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes, never more than were consented to (RFC 6749, section 6)."""
    asked = parameters.get("scope")
    return granted if asked is None else read_scopes(asked, among=frozenset(granted))


def _lives(found: Found, kind: TokenKind, now: datetime) -> bool:
    token, grant = found
    return token.kind is kind and now < token.expires_at and grant.ended_at is None


def _invalid(reason: str) -> AppRequestError:
    return AppRequestError(reason, error="invalid_grant")

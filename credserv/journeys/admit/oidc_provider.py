"""Calls to an OpenID Connect provider: its configuration, its keys, the tokens for a code, and user info."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus, urlencode

from credserv.ground.addresses import is_https
from credserv.ground.errors import InputError, UnauthenticatedError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit.id_token import REFUSED
from credserv.journeys.services import Services
from credserv.records.access import IdentityProviderRecord

_REFUSALS = (400, 401, 403)
# Which belong together: an address of the token is not vouched for by a word from elsewhere.
_OF_THE_ADDRESS = frozenset({"email", "email_verified", "xms_edov"})


def read_configuration(services: Services, issuer: str) -> JsonObject:
    """Fetch a provider's configuration, which has to name this very issuer (OpenID
    Connect Discovery 1.0, section 4).

    Raises:
        UnavailableError: It cannot be fetched now, or is another issuer's.
    """
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        found = parse_json_object(services.fetcher.get(address).body)
    except InputError as error:
        raise UnavailableError("the configuration of the provider cannot be read now") from error
    if found.get("issuer") != issuer:
        raise UnavailableError("the configuration of the provider is of another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address_in(found, name)
    return found


def address_in(known: JsonObject, name: str) -> str:
    """Return an endpoint's URL from a configuration; the guarded client decides whether it may be called.

    Raises:
        UnavailableError: It is missing or not https.
    """
    found = str(known.get(name, ""))
    if not is_https(found):
        raise UnavailableError(f"the provider names no https address as its {name}")
    return found


def read_keys(services: Services, address: str) -> list[JsonObject]:
    """Fetch the provider's JWKs.

    Raises:
        UnavailableError: They cannot be fetched now.
    """
    try:
        keys = parse_json_object(services.fetcher.get(address).body).get("keys")
    except InputError as error:
        raise UnavailableError("the keys of the provider cannot be read now") from error
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def exchange_code(
    services: Services, provider: IdentityProviderRecord, endpoint: str, form: dict[str, str]
) -> JsonObject:
    """Return the answer of the token endpoint (OpenID Connect Core 1.0, section 3.1.3.3).

    Args:
        form: The parameters of the token request.

    Raises:
        UnauthenticatedError: The provider gives nothing for the code.
        UnavailableError: It does not answer.
    """
    # RFC 6749, 2.3.1: both parts are encoded as in a form first.
    named = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}".encode()
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Basic {base64.b64encode(named).decode()}",
    }
    answer = services.caller.call(endpoint, headers=headers, content=urlencode(form).encode())
    if answer.status in _REFUSALS:
        raise UnauthenticatedError(REFUSED + "it gives nothing for this answer")
    return _read(answer.status, answer.body)


def add_user_info(services: Services, endpoint: str, access_token: str, claims: JsonObject) -> JsonObject:
    """Return the claims of an ID token together with those of the UserInfo endpoint.

    Providers that follow section 5.4 state the claims of a scope only there. Claims in the token take
    precedence.

    Raises:
        UnauthenticatedError: The endpoint speaks of somebody else (section 5.3.2).
        UnavailableError: It does not answer.
    """
    headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
    answer = services.caller.call(endpoint, headers=headers)
    if answer.status in (*_REFUSALS, 404):
        return claims
    told = _read(answer.status, answer.body)
    if told.get("sub") != claims["sub"]:
        raise UnauthenticatedError(REFUSED + "its pages speak of two people")
    left_out = _OF_THE_ADDRESS if "email" in claims else frozenset[str]()
    return {**{name: said for name, said in told.items() if name not in left_out}, **claims}


def _read(status: int, body: bytes) -> JsonObject:
    if status != 200:
        raise UnavailableError(f"your employer's page answered {status}: try again later")
    try:
        return parse_json_object(body)
    except InputError as error:
        raise UnavailableError("your employer's page cannot be read now: try again later") from error

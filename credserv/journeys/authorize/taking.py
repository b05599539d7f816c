"""Take one badge into a wallet app with its person's consent: the authorization
code of OpenID4VCI 1.0, section 5.

An offer names the badge by `issuer_state`; without one, the person chooses on the page. The code becomes a
token like an offer's: for this one badge and for minutes, because the credential endpoint accepts no other
kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.exchange.oid4vci import DETAILS, credential_identifier
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import AppRequestError, InputError, NotFoundError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.authorize.redirects import name_with_origin
from credserv.journeys.authorize.scopes import TAKING, read_scopes
from credserv.journeys.services import Services
from credserv.openbadges.display import achievement_display
from credserv.records.consents import ConsentRecord, Purpose, make_consent
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.oauth import ClientRecord, GrantRecord, TokenRecord
from credserv.records.offers import OfferRecord

TOKEN_LIFE = timedelta(minutes=15)
_TOKEN_BYTES = 32
_MAX_DETAILS = 5


@dataclass(frozen=True)
class Taking:
    """What an app asks to be given.

    Attributes:
        scopes: One name for each form of the badge.
        badge: Its id; "" if the person chooses.
        by_details: Whether the app asked by `authorization_details`, which the answer then contains.
    """

    scopes: tuple[str, ...]
    badge: str
    by_details: bool


def read_taking(parameters: Mapping[str, str], registered: frozenset[str], issuer: str) -> Taking | None:
    """Return the badge that a request asks for; None if it asks for something else.

    Raises:
        AppRequestError: The request is not valid.
    """
    asked = set(parameters.get("scope", "").split())
    details = parameters.get("authorization_details")
    if details is None and not asked & TAKING:
        return None
    if asked - TAKING:
        raise AppRequestError("a badge to take is asked for by itself", error="invalid_scope")
    named = asked if details is None else asked | set(_configurations(details, issuer))
    scopes = read_scopes(" ".join(named), among=registered & TAKING)
    return Taking(scopes, parameters.get("issuer_state", ""), details is not None)


def _configurations(text: str, issuer: str) -> list[str]:
    """Parse `authorization_details` (section 5.1.1). Raises AppRequestError."""
    try:
        read = parse_json_object(f'{{"details": {text}}}'.encode())
    except InputError as error:
        raise _unread("authorization_details is no JSON") from error
    told = read["details"] if len(read) == 1 else None
    if not isinstance(told, list) or not 0 < len(told) <= _MAX_DETAILS:
        raise _unread(f"authorization_details is a list of 1 to {_MAX_DETAILS}")
    found = []
    for one in told:
        if not isinstance(one, Mapping) or one.get("type") != DETAILS:
            raise _unread(f"each of authorization_details is an object of the type {DETAILS}")
        name = one.get("credential_configuration_id")
        if not isinstance(name, str) or name not in TAKING:
            raise _unread("credential_configuration_id is none of this issuer's")
        if one.get("locations", [issuer]) != [issuer]:
            raise _unread("locations is the credential issuer alone")
        found.append(name)
    return found


def require_badge(services: Services, person_id: str, credential_id: str) -> CredentialRecord:
    """Return a badge that this organisation awarded to the person and that is valid.

    Raises:
        NotFoundError: There is none with this id.
    """
    found = services.store.holdings.get(person_id, credential_id)
    own = found is not None and found[0] == services.store.organisation_id
    if found is None or not own or found[1].state is CredentialState.REVOKED:
        raise NotFoundError(
            f"choose a badge of yours that {services.issuer.name} awarded, and did not revoke"
        )
    return found[1]


def name_of(services: Services, badge: CredentialRecord) -> str:
    """Return a badge's name."""
    version = services.store.achievements.get(badge.order.achievement_key, badge.order.achievement_version)
    return badge.order.achievement_key if version is None else achievement_display(version.achievement).name


def give_token(
    services: Services,
    client: ClientRecord,
    code: TokenRecord,
    grant: GrantRecord,
    jkt: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the token for a code that was just used up.

    This uses up the consent: the badge is handed out once, and the consent is recorded with it for good.

    Args:
        jkt: The thumbprint of the key the token is bound to, if any.
    """
    token, badge = random_token(_TOKEN_BYTES), str(code.bound["badge"])
    used = hash_token(f"taken {code.token_sha256}")  # no pre-authorized code equals this
    record = OfferRecord(code.token_sha256, badge, grant.person_id, used, used, now, now + TOKEN_LIFE)
    with services.store.transaction():
        services.store.offers.create(record)
        services.store.offers.redeem(
            used,
            used,
            token_sha256=hash_token(token),
            token_ends_at=now + TOKEN_LIFE,
            key_thumbprint=jkt,
            now=now,
        )
        services.store.oauth.keep_token(code.token_sha256, now + TOKEN_LIFE)  # marks whose the token is
        services.store.oauth.end_grant(grant.id, now)
        services.store.consents.give(_consent(services, client, code, grant))
    answer: dict[str, Any] = {
        "access_token": token,
        "token_type": "Bearer" if jkt is None else "DPoP",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
    }
    if not code.bound["by_details"]:
        return {**answer, "scope": " ".join(code.scopes)}
    details = [
        {
            "type": DETAILS,
            "credential_configuration_id": name,
            "credential_identifiers": [credential_identifier(name, badge)],
        }
        for name in code.scopes
    ]
    return {**answer, "authorization_details": details}


def _consent(
    services: Services, client: ClientRecord, code: TokenRecord, grant: GrantRecord
) -> ConsentRecord:
    """Return the consent as of when it was given."""
    return make_consent(
        grant.person_id,
        Purpose.TAKE,
        controller=services.issuer.did,
        reference=str(code.bound["badge"]),
        recipient=name_with_origin(client.name, code.bound["redirect_uri"]),
        shown=(str(code.bound["name"]),),
        now=grant.created_at,
        read_in=code.bound.get("read_in"),
    )


def _unread(reason: str) -> AppRequestError:
    return AppRequestError(reason, error="invalid_authorization_details")

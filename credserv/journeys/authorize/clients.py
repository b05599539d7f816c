"""Apps register themselves, read and change their registration, and authenticate.

RFC 7591 and 7592. Anybody may register, because a registration opens nothing until a person consents.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import AppRequestError, UnauthenticatedError
from credserv.ground.json_types import JsonObject
from credserv.journeys.authorize.metadata import NO_SECRET, read_metadata
from credserv.journeys.services import Services
from credserv.records.oauth import ClientRecord

_ID_BYTES, _SECRET_BYTES = 16, 32
_NOTHING = "0" * 64


@dataclass(frozen=True)
class Registered:
    """A new registration. Secret and token are stored nowhere else.

    Attributes:
        secret: None for an app that keeps none.
    """

    client: ClientRecord
    secret: str | None
    management_token: str


def register(services: Services, told: JsonObject, now: datetime) -> Registered:
    """Register an app.

    Raises:
        AppRequestError: The metadata is not valid.
    """
    metadata = read_metadata(told)
    public = metadata["token_endpoint_auth_method"] == NO_SECRET
    secret, management = None if public else random_token(_SECRET_BYTES), random_token(_SECRET_BYTES)
    client = ClientRecord(
        id=random_token(_ID_BYTES),
        metadata=metadata,
        secret_sha256=None if secret is None else hash_token(secret),
        management_sha256=hash_token(management),
        created_at=now,
    )
    services.store.oauth.add_client(client)
    return Registered(client, secret, management)


def tell_registered(client: ClientRecord) -> dict[str, Any]:
    """Return the client information response without secrets (RFC 7591, section 3.2.1)."""
    issued = int(client.created_at.timestamp())
    expires = {} if client.secret_sha256 is None else {"client_secret_expires_at": 0}
    return {"client_id": client.id, "client_id_issued_at": issued, **expires, **client.metadata}


def managed(services: Services, client_id: str, token: str) -> ClientRecord:
    """Return the app whose registration a token manages.

    Raises:
        UnauthenticatedError: There is none; the message is the same for every reason.
    """
    client = services.store.oauth.client(client_id)
    expected = _NOTHING if client is None else client.management_sha256
    if not hmac.compare_digest(expected, hash_token(token)) or client is None:
        raise UnauthenticatedError("the registration access token is not one of this app")
    return client


def change(services: Services, client: ClientRecord, told: JsonObject) -> ClientRecord:
    """Replace a registration (RFC 7592, section 2.2). Anything left out is removed.

    An app that kept a secret keeps one, because whoever has only the management token must not weaken it.

    Raises:
        AppRequestError: The metadata is not valid.
    """
    if told.get("client_id") != client.id:
        raise AppRequestError("client_id is not that of this app", error="invalid_client_metadata")
    metadata = read_metadata(told)
    if metadata["token_endpoint_auth_method"] != client.metadata["token_endpoint_auth_method"]:
        raise AppRequestError("token_endpoint_auth_method stays as it is", error="invalid_client_metadata")
    changed = replace(client, metadata=metadata)
    services.store.oauth.change_client(changed)
    return changed


def remove(services: Services, client: ClientRecord, now: datetime) -> None:
    """Remove an app and end everything it was allowed."""
    services.store.oauth.remove_client(client.id, now)


def authenticate(services: Services, login: tuple[str, str] | None, named: str | None) -> ClientRecord:
    """Return the app that calls the token, revocation or request endpoint (RFC 6749, section 2.3).

    Args:
        login: Client id and secret from the Basic header; None without one.
        named: The parameter `client_id`, by which an app without a secret identifies itself.

    Raises:
        AppRequestError: `invalid_client`, the same for every reason.
    """
    client_id = login[0] if login else named
    client = services.store.oauth.client(client_id) if client_id else None
    expected = (client.secret_sha256 if client else None) or _NOTHING
    fits = hmac.compare_digest(expected, hash_token(login[1] if login else ""))
    is_open = client is not None and client.secret_sha256 is None
    if client is None or named not in (None, client.id) or (login is None) is not is_open:
        raise _unknown()
    if not is_open and not fits:
        raise _unknown()
    return client


def _unknown() -> AppRequestError:
    return AppRequestError("the app could not show who it is", error="invalid_client")

"""The API key of a request: `Authorization: Bearer csk_<id>_<secret>`."""

from __future__ import annotations

from flask import g, request

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit.access import require_api_key
from credserv.records.access import ApiKeyRecord
from credserv.web.frame.context import now, services

_MAX_HEADER_CHARS = 200
_NEEDED = "an API key is needed: Authorization: Bearer csk_..."


def require_caller_key() -> ApiKeyRecord:
    """Return the valid key of the request, looked up once.

    Raises the same UnauthenticatedError for any reason.
    """
    if "caller_key" not in g:
        g.caller_key = require_api_key(services(), _bearer_token(), now())
    found: ApiKeyRecord = g.caller_key
    return found


def find_caller_key() -> ApiKeyRecord | None:
    """Return the key where none is required; one that does not work here counts as none."""
    if "Authorization" not in request.headers or g.get("without_key", False):
        return None
    try:
        return require_caller_key()
    except UnauthenticatedError:
        g.without_key = True
        return None


def _bearer_token() -> str:
    """Return the token: one header, one scheme, one token in plain ASCII (attack 100).

    Two headers arrive joined as one, which is not a token.
    """
    header = request.headers.get("Authorization", "")
    if len(header) > _MAX_HEADER_CHARS or not header.isascii():
        raise UnauthenticatedError(_NEEDED)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or token != token.strip():
        raise UnauthenticatedError(_NEEDED)
    return token

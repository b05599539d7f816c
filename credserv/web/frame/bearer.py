"""The API key that a request carries: `Authorization: Bearer csk_<id>_<secret>`."""

from __future__ import annotations

from flask import g, request

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit.access import require_api_key
from credserv.records.access import ApiKeyRecord
from credserv.web.frame.context import now, services

_MAX_HEADER_CHARS = 200
_NEEDED = "an API key is needed: Authorization: Bearer csk_..."


def require_caller_key() -> ApiKeyRecord:
    """The live key of the request; looked up once. Raises UnauthenticatedError, alike for every reason."""
    if "caller_key" not in g:
        g.caller_key = require_api_key(services(), _bearer_token(), now())
    found: ApiKeyRecord = g.caller_key
    return found


def peek_caller_key() -> ApiKeyRecord | None:
    """The same where none is needed: one that does not work here is as good as none."""
    if "Authorization" not in request.headers or g.get("without_key", False):
        return None
    try:
        return require_caller_key()
    except UnauthenticatedError:
        g.without_key = True
        return None


def _bearer_token() -> str:
    """One header, one scheme, one token in plain ASCII (attack 100). Two headers come as one, which is no
    token."""
    header = request.headers.get("Authorization", "")
    if len(header) > _MAX_HEADER_CHARS or not header.isascii():
        raise UnauthenticatedError(_NEEDED)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or token != token.strip():
        raise UnauthenticatedError(_NEEDED)
    return token

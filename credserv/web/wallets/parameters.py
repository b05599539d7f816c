"""Read what an app sends: parameters, each once, a Basic header, a bearer token.

A repeated parameter is always refused: two readers could take different ones (RFC 6749, section 3.1; attack
91).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from flask import request
from werkzeug.datastructures import MultiDict

from credserv.ground.errors import AppRequestError, UnauthenticatedError

_MAX_HEADER_CHARS = 2_048
_FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


def query_parameters() -> Mapping[str, str]:
    """Return the query's parameters. Raises AppRequestError."""
    return _each_once(request.args)


def form_parameters() -> Mapping[str, str]:
    """Return a form's parameters, only from the body (RFC 6749, section 3.2). Raises AppRequestError."""
    if request.query_string:
        raise AppRequestError("the parameters stand in the body, not in the address")
    if request.mimetype != _FORM:
        raise AppRequestError(f"the body is {_FORM}")
    return _each_once(request.form)


def basic_login() -> tuple[str, str] | None:
    """Return client id and secret of the Basic header; None without one (RFC 6749, section 2.3.1).

    Raises AppRequestError for one that cannot be read (attack 100).
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic" or len(header) > _MAX_HEADER_CHARS:
            raise ValueError("no Basic header")
        decoded = base64.b64decode(encoded.encode("ascii"), validate=True).decode("ascii")
    except (ValueError, binascii.Error) as error:
        raise AppRequestError("the Authorization header cannot be read", error="invalid_client") from error
    name, colon, secret = decoded.partition(":")
    if not colon:
        raise AppRequestError("the Authorization header cannot be read", error="invalid_client")
    return unquote_plus(name), unquote_plus(secret)


def access_token() -> tuple[str, str]:
    """Return the scheme (`bearer` or `dpop`) and the token. Raises UnauthenticatedError (attack 100).

    It is only accepted in the header, because addresses and forms end up in logs (RFC 6750, sections 2.2 and
    2.3).
    """
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    known = scheme.lower() in ("bearer", "dpop") and len(header) <= _MAX_HEADER_CHARS
    if not known or not _TOKEN.fullmatch(token):
        raise UnauthenticatedError("an access token is needed: Authorization: Bearer ...")
    return scheme.lower(), token


def _each_once(given: MultiDict[str, str]) -> Mapping[str, str]:
    for name, values in given.lists():
        if len(values) > 1:
            raise AppRequestError(f"the parameter {name[:40]} stands there more than once")
        if "\0" in values[0]:
            raise AppRequestError(f"the parameter {name[:40]} has characters of no text")
    return {name: value for name, value in given.items() if value}

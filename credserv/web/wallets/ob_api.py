"""The Open Badges 3.0 API, as a host (sections 6 and 7): apps read a wallet and put badges into it.

Every error is an Imsx_StatusInfo, including those of our frame; the token says whose wallet it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import AppRequestError, CredservError, InputError, UnauthenticatedError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.authorize import tokens
from credserv.journeys.authorize.proving import ALGORITHMS, proven_key
from credserv.journeys.authorize.scopes import (
    CHANGE_PROFILE,
    KEEP_CREDENTIALS,
    READ_CREDENTIALS,
    READ_PROFILE,
)
from credserv.journeys.transfer import host
from credserv.records.oauth import GrantRecord
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import body_bytes
from credserv.web.frame.problems import from_http, from_surprise, kind_of
from credserv.web.wallets.ob_description import BASE, describe
from credserv.web.wallets.parameters import access_token, query_parameters

bp = Blueprint("open_badges", __name__, url_prefix=BASE)
api_door = partial(door, machine=True, budget="api")

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
_MAX_OFFSET = 1_000_000
_JSON_TYPES = frozenset(
    {"application/json", "application/ld+json", "application/vc", "application/vc+ld+json"}
)
_TOKEN_TYPES = frozenset({"text/plain", "application/vc+jwt", "application/jwt"})
# The standard's status codes; for apps, others of the frame become one of these.
_AS = {413: 400, 414: 400, 415: 400, 422: 400, 406: 400, 409: 400, 410: 404}
_MINOR = {
    400: "invaliddata",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
    405: "invaliddata",
    429: "server_busy",
    503: "server_busy",
}


@bp.errorhandler(CredservError)
def _tell_error(error: CredservError) -> Response:
    kind = kind_of(type(error))
    detail = error.detail if kind.said else "Something went wrong on our side."
    response = _status_info(kind.status, detail)
    if isinstance(error, UnauthenticatedError):
        shown = ', error="invalid_token"' if request.headers.get("Authorization") else ""
        algorithms = " ".join(ALGORITHMS)
        response.headers["WWW-Authenticate"] = f'Bearer realm="credserv"{shown}, DPoP algs="{algorithms}"'
    elif response.status_code == 403:
        response.headers["WWW-Authenticate"] = 'Bearer realm="credserv", error="insufficient_scope"'
    return response


@bp.errorhandler(HTTPException)
def _tell_http(error: HTTPException) -> Response:
    response = _status_info(error.code or 500, error.description or error.name)
    if "Retry-After" in (told := error.get_response().headers):
        response.headers["Retry-After"] = told["Retry-After"]
    return response


@bp.errorhandler(Exception)
def _tell_surprise(error: Exception) -> Response:
    from_surprise(error)  # into the log
    return _status_info(500, "Something went wrong on our side.")


@bp.app_errorhandler(MethodNotAllowed)
def _tell_method(error: MethodNotAllowed) -> Response | HTTPException:
    """Answer a wrong method, which reaches no view and so no blueprint."""
    if not request.path.startswith(f"{BASE}/"):
        return from_http(error)
    response = _status_info(405, "This method is not answered here.")
    response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


@bp.get("/discovery")
@door(machine=True, any_site=True)
def discovery() -> Response:
    """Return getServiceDescription, open to everybody (section 6.3)."""
    return _conditional(describe(services()), cache="public, max-age=300")


@bp.get("/credentials")
@api_door()
def get_credentials() -> Response:
    grant = _grant(READ_CREDENTIALS)
    limit, offset, since = _paging()
    found = host.hosted_page(
        services(),
        grant.person_id,
        limit=limit,
        offset=offset,
        since=None if since is None else parse_instant(since),
    )
    documents = b",".join(badge.text for badge in found.badges if not badge.is_token)
    texts = [badge.text.decode("ascii") for badge in found.badges if badge.is_token]
    # The signed bytes: if rewritten, a number could come out differently.
    members = [b'"credential":[' + documents + b"]"] if documents else []
    members += [b'"compactJwsStrings":' + json.dumps(texts).encode()] if texts else []
    response = Response(b"{" + b",".join(members) + b"}", mimetype="application/json")
    response.headers["X-Total-Count"] = str(found.total)
    if len(found.badges) < found.total:
        response.headers["Link"] = _links(found.total, limit, offset, since)
    return response


@bp.post("/credentials")
@api_door()
def upsert_credential() -> Response:
    grant = _grant(KEEP_CREDENTIALS)
    if request.mimetype not in _JSON_TYPES | _TOKEN_TYPES:
        raise InputError("send a badge as application/json, or a compact JWS as text/plain")
    kept = host.upsert(services(), grant.person_id, body_bytes(), now(), added_by=f"app:{grant.client_id}")
    is_token = not kept.text.startswith(b"{")
    media_type = "text/plain" if is_token else "application/json"
    return Response(kept.text, 201 if kept.created else 200, mimetype=media_type)


@bp.get("/profile")
@api_door()
def get_profile() -> Response:
    return _conditional(host.tell_profile(services(), _grant(READ_PROFILE).person_id))


@bp.put("/profile")
@bp.post("/profile")
@api_door()
def put_profile() -> Response:
    """Accept a profile: by PUT in the standard, by POST in the certification guide; both work."""
    grant = _grant(CHANGE_PROFILE)
    if request.mimetype not in _JSON_TYPES:
        raise InputError("send a Profile as application/json")
    told = host.change_profile(services(), grant.person_id, parse_json_object(body_bytes()))
    return Response(json.dumps(told), mimetype="application/json")


def _grant(scope: str) -> GrantRecord:
    """Return whose wallet it is. A token bound to a key needs a proof of it, and any other must have none.

    Raises UnauthenticatedError, ForbiddenError.
    """
    scheme, token = access_token()
    proof = request.headers.get("DPoP", "") if scheme == "dpop" else None
    try:
        jkt = proven_key(
            services(), proof, method=request.method, path=request.path, now=now(), access_token=token
        )
    except AppRequestError as error:
        raise UnauthenticatedError(f"the proof of the key does not hold: {error.detail}") from error
    return tokens.require_access(services(), token, scope, now(), jkt=jkt)


def _paging() -> tuple[int, int, str | None]:
    """Return limit, offset and since; a limit is reduced to the largest one served. Raises InputError."""
    try:
        given = query_parameters()
    except AppRequestError as error:
        raise InputError(error.detail) from error
    limit = min(_number(given, "limit", DEFAULT_LIMIT), MAX_LIMIT)
    offset = _number(given, "offset", 0)
    if limit < 1 or offset > _MAX_OFFSET:
        raise InputError(f"limit is 1 or more, offset at most {_MAX_OFFSET}")
    return limit, offset, given.get("since")


def _number(given: Mapping[str, str], name: str, usual: int) -> int:
    text = given.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{name} is a whole number")
    return int(text)


def _links(total: int, limit: int, offset: int, since: str | None) -> str:
    """Return links (section 6.4, RFC 8288): always first and last, next and prev where they exist."""
    last = (total - 1) // limit * limit
    places = {"first": 0, "last": last}
    if offset + limit < total:
        places["next"] = offset + limit
    if offset > 0:
        places["prev"] = max(0, min(offset, last + limit) - limit)
    base = f"{services().public_url}{BASE}/credentials"

    def link(place: int) -> str:
        kept = {} if since is None else {"since": since}
        return f"{base}?{urlencode({'limit': limit, 'offset': place, **kept})}"

    return ", ".join(f'<{link(place)}>; rel="{name}"' for name, place in places.items())


def _status_info(status: int, description: str) -> Response:
    status = _AS.get(status, status)
    minor = _MINOR.get(status, "internal_server_error" if status >= 500 else "invaliddata")
    told = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_codeMinor": {
            "imsx_codeMinorField": [
                {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor}
            ]
        },
    }
    return Response(json.dumps(told), status, mimetype="application/json")


def _conditional(document: Mapping[str, Any], *, cache: str = "private, no-cache") -> Response:
    """Return it; 304 where the app already has it."""
    body = json.dumps(document).encode()
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = cache
    response.set_etag(hashlib.sha256(body).hexdigest())
    response.make_conditional(request)
    return response

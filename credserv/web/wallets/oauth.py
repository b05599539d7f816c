"""The OAuth 2 authorization server: apps register, ask, get tokens and return them (docs/adr/0025).

An app gets a request's faults as JSON (RFC 6749, section 5.2) or at its own address. A person gets them in
words, without a redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, json, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.exchange.oid4vci import DETAILS
from credserv.ground.errors import AppRequestError, CredservError, NotFoundError, UnauthenticatedError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.authorize import asking, clients, tokens
from credserv.journeys.authorize.metadata import AUTH_METHODS, GRANT_TYPES, RESPONSE_TYPES
from credserv.journeys.authorize.proving import ALGORITHMS, proven_key
from credserv.journeys.authorize.redirects import origin_of
from credserv.journeys.authorize.scopes import WORDS
from credserv.journeys.services import Services
from credserv.records.oauth import ClientRecord
from credserv.web.frame.context import context, now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import body_bytes
from credserv.web.frame.problems import is_page_request, kind_of, problem
from credserv.web.frame.rendering import install, page
from credserv.web.wallets.parameters import access_token, basic_login, form_parameters, query_parameters

bp = Blueprint("oauth", __name__)
bp.record_once(install)
machine_door = partial(door, machine=True, budget="apps")

TokenAnswer = Callable[[Services, ClientRecord, Mapping[str, str], datetime, str | None], dict[str, Any]]
_TOKEN_ANSWERS: Mapping[str, TokenAnswer] = {
    "authorization_code": tokens.redeem,
    "refresh_token": tokens.refresh,
}
_METADATA = "/.well-known/oauth-authorization-server"


@bp.errorhandler(AppRequestError)
def tell_app(error: AppRequestError) -> Response:
    if is_page_request():
        kind = kind_of(type(error))
        return problem(kind.status, code=error.code, title=kind.title, detail=error.detail)
    status = 401 if error.error == "invalid_client" and request.method == "POST" else 400
    response = _json({"error": error.error, "error_description": error.detail}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="credserv"'
    return response


@bp.errorhandler(UnauthenticatedError)
def tell_stranger(error: UnauthenticatedError) -> Response:
    """Answer a registration without a valid token (RFC 6750, section 3.1)."""
    response = _json({"error": "invalid_token", "error_description": error.detail}, 401)
    response.headers["WWW-Authenticate"] = 'Bearer realm="credserv", error="invalid_token"'
    return response


# --- what the server is -------------------------------------------------------------------------


@bp.get(_METADATA)
@door(machine=True, any_site=True)
def metadata() -> Response:
    """Return the metadata (RFC 8414)."""
    return _public(server_metadata(services()))


@bp.get(f"{_METADATA}/o/<slug>")
@door(machine=True, any_site=True, shown=("slug",))
def metadata_of_path(slug: str) -> Response:
    """Return it for an organisation below a path of this host, after the well-known part (section 3.1)."""
    if not context().organisations.has(slug):
        raise NotFoundError("there is no such organisation")
    return _public(server_metadata(context().organisations.of(slug)))


def server_metadata(of: Services) -> dict[str, Any]:
    """Return what an app needs to know before it asks."""
    base = of.public_url
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "registration_endpoint": f"{base}/oauth/register",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "pushed_authorization_request_endpoint": f"{base}/oauth/par",
        "scopes_supported": list(WORDS),
        "authorization_details_types_supported": [DETAILS],
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "service_documentation": f"{base}/docs/wallet-apps",
    }


# --- registration (RFC 7591, 7592) --------------------------------------------------------------


@bp.post("/oauth/register")
@door(machine=True, budget="registrations")
def register() -> Response:
    made = clients.register(services(), _document(), now())
    secret = {} if made.secret is None else {"client_secret": made.secret}
    return _json(
        {**_registration(made.client), **secret, "registration_access_token": made.management_token}, 201
    )


@bp.get("/oauth/register/<client_id>")
@machine_door()
def look_at_registration(client_id: str) -> Response:
    return _json(_registration(_managed(client_id)))


@bp.put("/oauth/register/<client_id>")
@machine_door()
def change_registration(client_id: str) -> Response:
    return _json(_registration(clients.change(services(), _managed(client_id), _document())))


@bp.delete("/oauth/register/<client_id>")
@machine_door()
def end_registration(client_id: str) -> Response:
    """Delete an app with everything people allowed it (RFC 7592, section 2.3)."""
    clients.remove(services(), _managed(client_id), now())
    return Response(status=204)


# --- asking -------------------------------------------------------------------------------------


@bp.get("/oauth/authorize")
@door(budget="apps", private=True)
def authorize() -> AnyResponse:
    """Redirect to the page where the person answers.

    On a fault, show a link to the app instead of redirecting: anybody can register an app, and our address
    would then open theirs (RFC 9700, section 4.11.2).
    """
    own = services()
    parameters = asking.pull(own, query_parameters(), now())
    addressed = asking.find_addressed(own, parameters)
    try:
        request_id = asking.put_before_person(own, addressed, parameters, now())
    except AppRequestError as error:
        back = asking.refusal_address(own, addressed, error)
        origin = origin_of(addressed.redirect_uri)
        return page(
            "wallet/app_fault.html", status=400, private=True, origin=origin, detail=error.detail, back=back
        )
    return redirect(url_for("consent.ask", request_id=request_id), 303)


@bp.post("/oauth/par")
@machine_door()
def push() -> Response:
    """Accept a pushed request (RFC 9126)."""
    parameters = form_parameters()
    client = _client(parameters)
    jkt = _proven_key()
    if jkt is not None and parameters.get("dpop_jkt", jkt) != jkt:  # RFC 9449, section 10.1
        raise AppRequestError("dpop_jkt is of another key than was proven", error="invalid_dpop_proof")
    bound = parameters if jkt is None else {**parameters, "dpop_jkt": jkt}
    uri = asking.push(services(), client, bound, now())
    return _json({"request_uri": uri, "expires_in": int(asking.PUSHED_LIFE.total_seconds())}, 201)


# --- tokens -------------------------------------------------------------------------------------


@bp.post("/oauth/token")
@machine_door()
def token() -> Response:
    parameters = form_parameters()
    answer = _TOKEN_ANSWERS.get(parameters.get("grant_type", ""))
    if answer is None:
        absent = "grant_type" not in parameters
        error = "invalid_request" if absent else "unsupported_grant_type"
        raise AppRequestError(f"grant_type is one of {', '.join(_TOKEN_ANSWERS)}", error=error)
    client = _client(parameters)
    return _json(answer(services(), client, parameters, now(), _proven_key()))


@bp.post("/oauth/revoke")
@machine_door()
def revoke() -> Response:
    """Revoke a token (RFC 7009)."""
    parameters = form_parameters()
    if "token" not in parameters:
        raise AppRequestError("token is missing")
    tokens.revoke(services(), _client(parameters), parameters["token"], now())
    return _json({})


def _client(parameters: Mapping[str, str]) -> ClientRecord:
    if "client_secret" in parameters:
        raise AppRequestError(
            "the secret stands in the Authorization header, by Basic", error="invalid_client"
        )
    return clients.authenticate(services(), basic_login(), parameters.get("client_id"))


def _proven_key() -> str | None:
    """Return the proven key. Raises AppRequestError."""
    proof = request.headers.get("DPoP")
    return proven_key(services(), proof, method=request.method, path=request.path, now=now())


def _managed(client_id: str) -> ClientRecord:
    scheme, held = access_token()
    if scheme != "bearer":
        raise UnauthenticatedError("the registration access token is a bearer token")
    return clients.managed(services(), client_id, held)


def _registration(client: ClientRecord) -> dict[str, Any]:
    address = f"{services().public_url}/oauth/register/{client.id}"
    return {**clients.tell_registered(client), "registration_client_uri": address}


def _document() -> Mapping[str, Any]:
    if request.mimetype != "application/json":
        raise AppRequestError("the body is application/json", error="invalid_client_metadata")
    try:
        return parse_json_object(body_bytes())
    except CredservError as error:
        raise AppRequestError(error.detail, error="invalid_client_metadata") from error


def _json(answer: Mapping[str, Any], status: int = 200) -> Response:
    """Return JSON that no cache stores (RFC 6749, section 5.1); the door ensures that."""
    return Response(json.dumps(answer), status, mimetype="application/json")


def _public(document: Mapping[str, Any]) -> Response:
    response = _json(document)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response

"""OpenID4VCI 1.0: where wallet apps learn about this issuer, and get the badge offered to them.

Errors use the codes of the protocol (RFC 6749, section 5.2; sections 6.3, 8.3.1, 9.3, 11.3). An organisation
below a path of this host comes after the well-known part (section 12.2.2; RFC 8414, 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, json, request

from credserv.exchange import oid4vci
from credserv.exchange.oid4vci import ROOM, Issuer
from credserv.ground.errors import InputError, WalletRequestError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.claim import offers, requests, tokens
from credserv.journeys.claim.tokens import Presented
from credserv.records.offers import OfferRecord
from credserv.web.frame.context import context, now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import body_bytes
from credserv.web.frame.problems import kind_of

blueprint = Blueprint("oid4vci", __name__)

_ISSUER = "/.well-known/openid-credential-issuer"
_SERVER = "/.well-known/oauth-authorization-server"
_FIVE_MINUTES = "public, max-age=300"
_MAX_HEADER_CHARS = 2_048
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
_FORM = "application/x-www-form-urlencoded"


@blueprint.errorhandler(WalletRequestError)
def tell_wallet(error: WalletRequestError) -> Response:
    status = 401 if error.error == "invalid_token" else kind_of(type(error)).status
    answer = _json({"error": error.error, "error_description": error.detail}, status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = f'Bearer realm="credserv", error="{error.error}", DPoP'
    return answer


# --- what this issuer is ------------------------------------------------------------------------


@blueprint.get(_ISSUER)
@door(machine=True, any_site=True)
def issuer() -> Response:
    return _public(oid4vci.issuer_metadata(offers.issuer_of(services())))


@blueprint.get(f"{_ISSUER}/o/<slug>")
@door(machine=True, any_site=True, shown=("slug",))
def issuer_of_path(slug: str) -> Response:
    return _public(oid4vci.issuer_metadata(_of(slug)))


@blueprint.get(f"{_SERVER}{ROOM}")
@door(machine=True, any_site=True)
def server() -> Response:
    return _public(oid4vci.server_metadata(offers.issuer_of(services())))


@blueprint.get(f"{_SERVER}/o/<slug>{ROOM}")
@door(machine=True, any_site=True, shown=("slug",))
def server_of_path(slug: str) -> Response:
    return _public(oid4vci.server_metadata(_of(slug)))


def _of(slug: str) -> Issuer:
    return offers.issuer_of(context().organisations.of(slug))


# --- an offer, and its token --------------------------------------------------------------------


@blueprint.get(f"{ROOM}/offers/<name>")
@door(machine=True, any_site=True, guessable=True, private=True)
def offer(name: str) -> Response:
    """Return the offer by reference; no cache stores it (section 4.1.3)."""
    return _json(offers.offer_document(services(), name, now()))


@blueprint.post(f"{ROOM}/token")
@door(budget="wallets", machine=True)
def token() -> Response:
    return _json(tokens.redeem(services(), _parameters(), request.headers.get("DPoP", ""), now()))


@blueprint.post(f"{ROOM}/nonce")
@door(budget="wallets", machine=True, any_site=True)
def nonce() -> Response:
    return _json({"c_nonce": requests.new_nonce(services(), now())})


# --- credentials --------------------------------------------------------------------------------


@blueprint.post(f"{ROOM}/credential")
@door(budget="wallets", machine=True)
def credential() -> Response:
    return _answer(requests.request_credentials, "invalid_credential_request")


@blueprint.post(f"{ROOM}/deferred")
@door(budget="wallets", machine=True)
def deferred() -> Response:
    return _answer(requests.deferred_credentials, "invalid_transaction_id")


@blueprint.post(f"{ROOM}/notification")
@door(budget="wallets", machine=True)
def notification() -> Response:
    offered = _offer()
    requests.note_event(services(), offered, _body("invalid_notification_request"))
    return Response(status=204)


def _answer(ask: Callable[..., requests.Answer], unread: str) -> Response:
    offered = _offer()
    answer = ask(services(), offered, _body(unread), now())
    return _json(answer.body, 202 if answer.is_deferred else 200)


def _offer() -> OfferRecord:
    """Return the offer of the access token, accepted only in the header. Raises WalletRequestError."""
    header = request.headers.get("Authorization", "")
    scheme, _, held = header.partition(" ")
    if len(header) > _MAX_HEADER_CHARS or not _TOKEN.fullmatch(held):
        raise WalletRequestError(
            "an access token is needed: Authorization: Bearer ...", error="invalid_token"
        )
    presented = Presented(scheme.lower(), held, request.headers.get("DPoP", ""))
    return tokens.require_offer(services(), presented, request.path, now())


def _parameters() -> Mapping[str, str]:
    """Return parameters. Raises WalletRequestError for a repeated one, of which two readers could take
    different ones."""
    if request.mimetype != _FORM:
        raise WalletRequestError(f"the body is {_FORM}")
    for name, values in request.form.lists():
        if len(values) > 1:
            raise WalletRequestError(f"{name[:40]} is there more than once")
    return request.form.to_dict()


def _body(unread: str) -> JsonObject:
    try:
        return parse_json_object(body_bytes())
    except InputError as error:
        raise WalletRequestError(f"the body is no JSON object: {error.detail}", error=unread) from error


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")


def _public(document: Mapping[str, Any]) -> Response:
    answer = _json(document)
    answer.headers["Cache-Control"] = _FIVE_MINUTES
    return answer

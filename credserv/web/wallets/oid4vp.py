"""What wallets use of a request for a presentation (OpenID4VP 1.0).

Its page, the request itself, and the address for the response.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from credserv.ground.errors import AbsentError, ConflictError, CredservError, InputError, UnavailableError
from credserv.journeys.check import asked, asking
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import spend_rest
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("oid4vp", __name__, url_prefix="/openid4vp")
blueprint.record_once(install)

_TYPE = "application/oauth-authz-req+jwt"


@blueprint.get("/<request_id>")
@door(guessable=True, private=True)
def show(request_id: str) -> Response:
    """Show the person whose camera led here who asks, and how to respond."""
    own = services()
    found = asking.open_request(own, request_id, now())
    return page(
        "wallet/asked.html",
        private=True,
        wanted=asking.read_wanted(found.wanted),
        link=asking.request_link(own, found),
        ends_at=found.ends_at,
    )


@blueprint.route("/<request_id>/request", methods=["GET", "POST"])
@door(budget="verify", machine=True, guessable=True, any_site=True)
def get_request(request_id: str) -> Response:
    """Return the signed request.

    A wallet that posts may send a nonce, which is then signed with it (5.10).
    """
    own = services()
    found = asking.open_request(own, request_id, now())
    signed = asking.request_object(own, found, request.form.get("wallet_nonce", ""))
    return Response(signed, mimetype=_TYPE)


@blueprint.post("/<request_id>/response")
@door(budget="verify", machine=True, guessable=True, any_site=True)
def take_response(request_id: str) -> Response:
    """Accept the response: `direct_post` in clear, `direct_post.jwt` encrypted (8.2, 8.3.1)."""
    own = services()
    try:
        asked.take_answer(own, request_id, _fields(), now=now(), count=partial(spend_rest, "verify"))
    except (InputError, ConflictError) as error:
        return _refused("invalid_request", error, 400)
    except AbsentError as error:
        return _refused("invalid_request", error, 404)
    except UnavailableError as error:
        return _refused("temporarily_unavailable", error, 503)
    return jsonify({})


def _fields() -> dict[str, str]:
    """Return fields. Raises InputError for a repeated one, of which two readers could take different ones."""
    for name in request.form:
        if len(request.form.getlist(name)) > 1:
            raise InputError(f"{name[:40]} is there more than once")
    return request.form.to_dict()


def _refused(code: str, error: CredservError, status: int) -> Response:
    """Return an error in OAuth's form, which wallets read."""
    told: dict[str, Any] = {"error": code, "error_description": error.detail}
    answer = jsonify(told)
    answer.status_code = status
    return answer

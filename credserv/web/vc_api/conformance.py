"""The conformance issuers by HTTP, open to anyone who reaches this machine.

They are at /issuers, with their own views at /credentials/issue, /credentials/derive and /credentials/status,
where the product requires an API key (attack 99). Only the application composed by `processes/conformance.py`
has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app

from credserv.journeys.sign.conformance import USUAL, WITH_STATUS, ConformanceIssuers
from credserv.proof.tokens.token import Binding
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.strict import Blueprint
from credserv.web.vc_api import shapes as shapes
from credserv.web.vc_api.issuing import build_wishes, derived_answer, json_answer, one_purpose

blueprint = Blueprint("conformance", __name__, url_prefix="/issuers")

_NAME = "credserv.conformance"


def install_conformance(app: Flask, issuers: ConformanceIssuers) -> None:
    """Put these issuers in front of the product's own."""
    app.extensions[_NAME] = issuers
    app.register_blueprint(blueprint)
    app.view_functions["vc_issuing.issue_credential"] = issue_usual
    app.view_functions["vc_issuing.derive_credential"] = derive_credential
    app.view_functions["vc_issuing.change_status"] = change_status


@blueprint.route("/", methods=["GET"])
@door(machine=True)
def list_issuers() -> Response:
    """List all issuers as the configuration of a conformance suite needs them."""
    base = services().public_url
    rows = [
        {"name": name, "id": did, "endpoint": f"{base}/issuers/{name}/credentials/issue"}
        for name, did in _issuers().dids().items()
    ]
    return json_answer({"issuers": rows}, 200)


@blueprint.route("/<string:name>/credentials/issue", methods=["POST"])
@door(machine=True, shown=("name",))
@blueprint.arguments(shapes.IssuePayload, location="json", error_status_code=400)
def issue_credential(payload: dict[str, Any], name: str) -> Response:
    """Issue as /credentials/issue, by the issuer `name`."""
    return _issue(name, payload)


@blueprint.route("/<string:name>/presentations", methods=["POST"])
@door(machine=True, shown=("name",))
@blueprint.arguments(shapes.PresentPayload, location="json", error_status_code=400)
def present(payload: dict[str, Any], name: str) -> Response:
    """Return a presentation in a token, by `name` as its holder (VCALM, section 3.5)."""
    options = payload["options"]
    binding = Binding(options.get("domain"), options.get("challenge"))
    shown = _issuers().present(name, payload["presentation"], binding, now=now())
    return json_answer({"verifiablePresentation": shown}, 201)


@blueprint.route(f"/{WITH_STATUS}/status/<string:purpose>", methods=["GET"])
@door(machine=True, shown=("purpose",))
def status_list(purpose: str) -> Response:
    """Return the signed list of revocations or suspensions."""
    body = _issuers().status_list(purpose, now=now())
    # Its media type would be application/vc, but the suites' own client parses only what is called JSON.
    return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})


@door(budget="api", machine=True)
@blueprint.arguments(shapes.IssuePayload, location="json", error_status_code=400)
def issue_usual(payload: dict[str, Any]) -> Response:
    return _issue(USUAL, payload)


@door(budget="api", machine=True)
@blueprint.arguments(shapes.DerivePayload, location="json", error_status_code=400)
def derive_credential(payload: dict[str, Any]) -> Response:
    return derived_answer(payload, _issuers().canonizer)


@door(budget="api", machine=True)
@blueprint.arguments(shapes.StatusPayload, location="json", error_status_code=400)
def change_status(payload: dict[str, Any]) -> Response:
    purpose, status = one_purpose(payload["credentialStatus"]), payload["status"]
    credential_id = payload["credentialId"]
    _issuers().memory.change(credential_id, purpose, status)
    return json_answer({"credentialId": credential_id, "statusPurpose": purpose, "status": status}, 200)


def _issue(name: str, payload: Mapping[str, Any]) -> Response:
    signed = _issuers().issue(
        name,
        payload["credential"],
        build_wishes(payload),
        credential_id=payload["options"].get("credentialId"),
        now=now(),
    )
    return json_answer({"verifiableCredential": signed}, 201)


def _issuers() -> ConformanceIssuers:
    found: ConformanceIssuers = current_app.extensions[_NAME]
    return found

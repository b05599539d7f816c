"""/issuers: the issuers for conformance suites, open to all. Registered only while the test issuer is on."""

from __future__ import annotations

from typing import Any

from flask import Response

from credserv.journeys.sign.conformance import WITH_STATUS
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.strict import Blueprint
from credserv.web.vc_api import shapes as shapes
from credserv.web.vc_api.issuing import issue_for_suite, json_answer, suite_issuers

blueprint = Blueprint("suite_issuers", __name__, url_prefix="/issuers")


@blueprint.route("/", methods=["GET"])
@door(machine=True)
def list_issuers() -> Response:
    """All of them, as the configuration of a suite needs them."""
    base = services().public_url
    rows = [
        {"name": name, "id": did, "endpoint": f"{base}/issuers/{name}/credentials/issue"}
        for name, did in suite_issuers().dids().items()
    ]
    return json_answer({"issuers": rows}, 200)


@blueprint.route("/<string:name>/credentials/issue", methods=["POST"])
@door(machine=True, shown=("name",))
@blueprint.arguments(shapes.IssuePayload, location="json", error_status_code=400)
def issue_credential(payload: dict[str, Any], name: str) -> Response:
    """As /credentials/issue, by the issuer `name`."""
    return issue_for_suite(name, payload)


@blueprint.route(f"/{WITH_STATUS}/status/<string:purpose>", methods=["GET"])
@door(machine=True, shown=("purpose",))
def status_list(purpose: str) -> Response:
    """The signed list of revocations or suspensions."""
    body = suite_issuers().status_list(purpose, now=now())
    # application/vc would be its name, but the suites' own client parses what is called JSON alone
    return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})

"""POST /credentials/verify, as the VC-API names it (W3C VCALM, section 3.3): 200 for verified, 400 for not.

`options.checks == ["proof"]` judges the proof alone, and the answer's `checks` say that it did.
"""

from __future__ import annotations

from typing import Any

from flask import Response, json

from credserv.errors import UnsupportedProofError
from credserv.verification import Check, Outcome, VerificationResult
from credserv.web import payloads
from credserv.web.context import now, services
from credserv.web.limits import budget
from credserv.web.strict import Blueprint

bp = Blueprint("vc_api", __name__, description="The verifying part of the VC-API.")


@bp.route("/credentials/verify", methods=["POST"])
@budget("verify")
@bp.arguments(payloads.VcApiVerifyPayload, location="json", error_status_code=400)
@bp.response(200, payloads.VcApiAnswer, description="Verified.")
@bp.alt_response(400, schema=payloads.VcApiAnswer, description="Not verified.")
def verify_credential(payload: dict[str, Any]) -> Response:
    """Verify one credential."""
    options: dict[str, Any] = payload.get("options", {})
    document = payload["verifiableCredential"]
    if not isinstance(document, dict):
        raise UnsupportedProofError("a credential secured as a JWT is not among what is verified here yet")
    proof_only = options.get("checks") == ["proof"]
    services_ = services()
    result = services_.verifier.verify_credential(
        document, now=now(), resolvers=services_.resolvers, proof_only=proof_only
    )
    answer = _answer(result)
    if options.get("returnCredential"):
        answer["verifiableCredential"] = document
    return Response(json.dumps(answer), mimetype="application/json", status=200 if result.verified else 400)


def _answer(result: VerificationResult) -> dict[str, Any]:
    """Names of what was established, and a sentence for each thing that was not."""
    every = (*result.checks, *result.policy)
    errors = [check for check in result.checks if check.required and _is_bad(check)]
    warnings = [check for check in every if check not in errors and _is_bad(check)]
    return {
        "verified": result.verified,
        "checks": [check.name for check in every if check.outcome is Outcome.PASSED],
        "errors": [_sentence(check) for check in errors],
        "warnings": [_sentence(check) for check in warnings],
        "problemDetails": [
            {"type": _check_type(check), "title": check.name, "detail": check.reason}
            for check in (*errors, *warnings)
        ],
    }


def _check_type(check: Check) -> str:
    return f"{services().public_url}/api/v1/docs#check-{check.name}"


def _is_bad(check: Check) -> bool:
    return check.outcome in (Outcome.FAILED, Outcome.UNKNOWN)


def _sentence(check: Check) -> str:
    return f"{check.name} ({check.outcome.value}): {check.reason}"

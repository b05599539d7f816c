"""POST /credentials/verify and /presentations/verify, as in the VC-API: 200 for verified, 400 for not.

W3C VCALM, section 3.3. `options.checks == ["proof"]` judges only the proof, and the response's `checks` say
so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from credserv.ground.canonical_json import to_json, write_answer
from credserv.ground.errors import VerificationMethodError
from credserv.ground.verification import Check, Outcome, VerificationResult
from credserv.journeys.check.own import judge_own
from credserv.journeys.trust.lists import resolvers_for
from credserv.proof.tokens.token import Binding
from credserv.verifying.presentation import verify_presentation as verify_presented
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.problems import PROBLEM_JSON
from credserv.web.frame.shapes import ProblemAnswer
from credserv.web.frame.strict import Blueprint, read_first
from credserv.web.vc_api import examples
from credserv.web.vc_api import shapes as shapes

_NOT_VERIFIED = "Not verified, or a problem."

bp = Blueprint("vc_api", __name__, description="The verifying part of the VC-API.")


def _read_credential(data: object) -> tuple[dict[str, Any]] | None:
    """Return what `VerifyCredentialPayload` would load for an object without options; None where it is
    needed."""
    if type(data) is not dict or data.keys() != {"verifiableCredential"}:
        return None
    return ({**data, "options": {}},) if type(data["verifiableCredential"]) is dict else None


@bp.route("/credentials/verify", methods=["POST"], tags=["VC"])
@door(budget="verify", machine=True, any_site=True)
@read_first(_read_credential)
@bp.arguments(
    shapes.VerifyCredentialPayload, location="json", error_status_code=400, example=examples.VERIFY_CREDENTIAL
)
@bp.doc(operationId="vcVerifyCredential")
@bp.response(200, shapes.VerificationAnswer, description="Verified.")
@bp.alt_response(400, schema=shapes.VerificationAnswer, description=_NOT_VERIFIED)
@bp.alt_response(400, schema=ProblemAnswer, content_type=PROBLEM_JSON, description=_NOT_VERIFIED)
def verify_credential(payload: dict[str, Any]) -> Response:
    """Verify one credential: with its proof inside, as a compact JWT or SD-JWT, or enveloped."""
    options: dict[str, Any] = payload["options"]
    _require_purpose(options, "assertionMethod")
    challenge, domain = options.get("challenge"), options.get("domain")
    verified = services().verifier.verify_secured(
        payload["verifiableCredential"],
        now=now(),
        resolvers=resolvers_for(services(), "", now()),
        proof_only=options.get("checks") == ["proof"],
        binding=None if challenge is None and domain is None else Binding(domain, challenge),
    )
    verified = judge_own(services(), verified)
    answer = _answer(verified.result, options)
    if options.get("returnCredential"):
        answer["verifiableCredential"] = payload["verifiableCredential"]
    return _respond(answer)


@bp.route("/presentations/verify", methods=["POST"], tags=["VC"])
@door(budget="verify", machine=True, any_site=True)
@bp.arguments(
    shapes.VerifyPresentationPayload,
    location="json",
    error_status_code=400,
    example=examples.VERIFY_PRESENTATION,
)
@bp.doc(operationId="vcVerifyPresentation")
@bp.response(200, shapes.VerificationAnswer, description="Verified.")
@bp.alt_response(400, schema=shapes.VerificationAnswer, description=_NOT_VERIFIED)
@bp.alt_response(400, schema=ProblemAnswer, content_type=PROBLEM_JSON, description=_NOT_VERIFIED)
def verify_presentation(payload: dict[str, Any]) -> Response:
    """Verify one presentation, and every credential in it.

    Pass the `challenge` and the `domain` that you asked its holder to sign for: without them, anyone who has
    seen a presentation can show it again.
    """
    options: dict[str, Any] = payload["options"]
    _require_purpose(options, "authentication")
    verified = verify_presented(
        services().verifier,
        payload["verifiablePresentation"],
        now=now(),
        resolvers=resolvers_for(services(), "", now()),
        challenge=options.get("challenge"),
        domain=options.get("domain"),
        proof_only=options.get("checks") == ["proof"],
    )
    verified = judge_own(services(), verified)
    answer = _answer(verified.result, options)
    if options.get("returnPresentation"):
        answer["verifiablePresentation"] = payload["verifiablePresentation"]
    return _respond(answer)


def _require_purpose(options: Mapping[str, Any], purpose: str) -> None:
    """Require the one purpose verified here; a request for another cannot be met (attack 19)."""
    expected = options.get("expectedProofPurpose", purpose)
    if expected != purpose:
        raise VerificationMethodError(f"the proof asked for is for {expected[:80]!r}, not for {purpose}")


def _answer(result: VerificationResult, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of what was established, and a sentence for each thing that was not."""
    every = (*result.checks, *result.policy)
    bad = [check for check in every if _is_bad(check)]
    errors = [check for check in result.checks if check.required and check in bad]
    warnings = [check for check in bad if check not in errors]
    answer: dict[str, Any] = {
        "verified": result.verified,
        "checks": [check.name for check in every if check.outcome is Outcome.PASSED],
        "errors": [_sentence(check) for check in errors],
        "warnings": [_sentence(check) for check in warnings],
    }
    if options.get("returnProblemDetails", True):
        answer["problemDetails"] = [
            {"type": _type_of(check), "title": check.name, "detail": check.reason}
            for check in (*errors, *warnings)
        ]
    return answer


def _respond(answer: Mapping[str, Any]) -> Response:
    status = 200 if answer["verified"] else 400
    returns = "verifiableCredential" in answer or "verifiablePresentation" in answer
    return Response(
        to_json(answer) if returns else write_answer(answer), mimetype="application/json", status=status
    )


def _type_of(check: Check) -> str:
    return f"{services().public_url}/api/v1/docs#check-{check.name}"


def _is_bad(check: Check) -> bool:
    return check.outcome in (Outcome.FAILED, Outcome.UNKNOWN)


def _sentence(check: Check) -> str:
    return f"{check.name} ({check.outcome.value}): {check.reason}"

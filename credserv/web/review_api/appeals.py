"""/api/v1: appeals against a refusal, a suspension, a failed audit, or a revocation."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.journeys.accredit import appeals
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.deciding import find_life
from credserv.journeys.accredit.upheld import granted_anew
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.records.accreditation import AppealAbout, AppealRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Flag, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("appeals_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_EXAMPLE = {"reference": "appeal-7", "words": "I was on leave when the complaint was heard."}
_VERDICT = {"upheld": True, "by": "decider@example.org", "reason": "The complaint was heard without them."}


class AppealPayload(Payload):
    """By the applicant, or the holder. Safe to repeat by its reference."""

    words = text(appeals.MAX_CHARS, required=True, metadata={"description": "Why it was wrong."})
    about = fields.String(validate=validate.OneOf([one.value for one in AppealAbout]))
    by = text(MAX_REFERENCE_CHARS, metadata={"description": "The person it is about, if given."})
    reference = text(MAX_REFERENCE_CHARS)


class VerdictPayload(Payload):
    upheld = Flag(required=True)
    by = text(MAX_REFERENCE_CHARS, required=True, metadata={"description": "A decider who is not involved."})
    reason = text(appeals.MAX_CHARS, required=True, metadata={"description": "The person reads it."})


class AppealAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    credential = fields.String(required=True, attribute="credential_id")
    about = fields.String(required=True, metadata={"enum": [one.value for one in AppealAbout]})
    opened_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)
    upheld = fields.Boolean(required=True, allow_none=True, attribute="is_upheld")
    reason = fields.String(required=True)
    granted_anew = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Our id for the badge that replaces the revoked one."},
    )


@bp.route("/accreditations/<string:name>/appeals", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(AppealPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="appealAccreditation")
@bp.response(201, AppealAnswer)
@bp.alt_response(200, schema=AppealAnswer, description="It was already opened.", success=True)
def post_appeal(asked: dict[str, Any], name: str) -> Response:
    """Appeal against a suspension, a revocation, or a failed audit, within the programme's time."""
    life = find_life(services(), name)
    return _open(life.credential_id, life.record.membership_id, asked)


@bp.route("/applications/<string:name>/appeals", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(AppealPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="appealApplication")
@bp.response(201, AppealAnswer)
@bp.alt_response(200, schema=AppealAnswer, description="It was already opened.", success=True)
def post_appeal_of_application(asked: dict[str, Any], name: str) -> Response:
    """Appeal against a refusal, within the programme's time."""
    application = find_application(services(), name)
    return _open(application.credential_id, application.membership_id, asked)


@bp.route(
    "/accreditations/<string:name>/appeals/<string:appeal>/decision", methods=["POST"], tags=["Accreditation"]
)
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(VerdictPayload, location="json", example=_VERDICT)
@bp.doc(operationId="decideAppeal")
@bp.response(200, AppealAnswer)
def post_decision(asked: dict[str, Any], name: str, appeal: str) -> Response:
    """Uphold or reject an appeal. The decider must not have been involved in the case. Safe to repeat.

    If it is upheld, a suspension ends; if it is rejected, a revocation may follow. A revocation is final: if
    an appeal against it is upheld, another badge is granted, for the remaining time.
    """
    return _decide(find_life(services(), name).credential_id, appeal, asked)


@bp.route(
    "/applications/<string:name>/appeals/<string:appeal>/decision", methods=["POST"], tags=["Accreditation"]
)
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(VerdictPayload, location="json", example=_VERDICT)
@bp.doc(operationId="decideAppealOfApplication")
@bp.response(200, AppealAnswer)
def post_decision_of_application(asked: dict[str, Any], name: str, appeal: str) -> Response:
    """Decide an appeal against a refused application: if upheld, it is open again for as long as before."""
    return _decide(find_application(services(), name).credential_id, appeal, asked)


def _open(credential_id: str, member: str, asked: dict[str, Any]) -> Response:
    by = find_member(services(), asked["by"]).id if "by" in asked else member
    about = AppealAbout(asked["about"]) if "about" in asked else None
    wanted = appeals.Appeal(asked["words"], about, asked.get("reference"))
    record, is_new = appeals.open_appeal(services(), credential_id, wanted, by=by, actor=actor(), now=now())
    return _told(record, 201 if is_new else 200)


def _decide(credential_id: str, appeal: str, asked: dict[str, Any]) -> Response:
    known = appeals.find_appeal_in(services(), credential_id, appeal)
    verdict = appeals.Verdict(asked["upheld"], find_member(services(), asked["by"]).id, asked["reason"])
    return _told(appeals.decide_appeal(services(), known.id, verdict, actor=actor(), now=now()))


def _told(record: AppealRecord, status: int = 200) -> Response:
    told = {**vars(record), "granted_anew": None}
    if record.is_upheld and record.about is AppealAbout.REVOCATION:
        anew = granted_anew(services(), record.credential_id)
        told["granted_anew"] = None if anew is None else anew.credential_id
    return Response(to_json(AppealAnswer().dump(told)), status=status, mimetype="application/json")

"""/api/v1/members/…/practice: what a mentor did for their practice, sent by another system."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit import practice as journeys
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("practice_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

EXAMPLE: dict[str, Any] = {"kind": "cpd", "minutes": 120, "note": "Workshop", "reference": "cpd-2026-9"}


class PracticePayload(Payload):
    """One entry of a practice log. Safe to repeat with a reference."""

    kind = fields.String(required=True, metadata={"enum": list(journeys.KINDS)})
    minutes = fields.Integer(load_default=0, validate=validate.Range(0, 100_000))
    occurred_at = Instant(metadata={"description": "When it happened; now by default."})
    category = text(200, metadata={"description": "As a requirement names it, such as `core-competencies`."})
    note = text(2_000)
    by = text(MAX_REFERENCE_CHARS, metadata={"description": "Who states it, if not only the client."})
    reference = text(MAX_REFERENCE_CHARS)


class PracticeAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    minutes = fields.Integer(required=True)
    occurred_at = Instant(required=True)


@bp.route("/members/<string:ref>/practice", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(PracticePayload, location="json", example=EXAMPLE)
@bp.doc(operationId="logPractice")
@bp.response(201, PracticeAnswer)
@bp.alt_response(200, schema=PracticeAnswer, description="It was already recorded.", success=True)
def post_practice(told: dict[str, Any], ref: str) -> Response:
    """Record development, supervision, a reflection or hours of somebody's practice."""
    by = told.pop("by", None)
    record, is_new = journeys.log_practice(
        services(),
        find_member(services(), ref).id,
        **told,
        by=None if by is None else find_member(services(), by).id,
        actor=actor(),
        now=now(),
    )
    answer = {
        "id": record.id,
        "reference": record.reference,
        "kind": record.kind,
        "minutes": record.minutes,
        "occurred_at": format_instant(record.occurred_at),
    }
    return Response(to_json(answer), status=201 if is_new else 200, mimetype="application/json")

"""/api/v1/mentoring: how far the mentors' time reaches, and with whom people succeed soonest."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.spreadsheets import build_csv
from credserv.journeys.measure import capacity
from credserv.journeys.measure.fastest import CAUTION, Fastest, fastest_paths
from credserv.outcomes.capacity import MAX_COHORTS, MAX_MENTORS, MAX_SCENARIOS
from credserv.records.capacity import CapacityPlan
from credserv.records.mentoring import MINUTES
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("planning_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_MAX_CHARS = 200
_MANY = 1_000_000
_COHORTS = {"c1": {"needs": "feedback", "sessions": 6, "minutes": 30, "value": 3}}
_MENTORS = {"m1": {"can": ["feedback"], "minutes": 120}}
EXAMPLE: dict[str, Any] = {
    "reference": "autumn",
    "name": "Autumn",
    "scenarios": [{"name": "as it is", "mentors": _MENTORS, "cohorts": _COHORTS}],
}


class MentorTimePayload(Payload):
    can = fields.List(text(_MAX_CHARS), required=True, metadata={"description": "Competencies."})
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, _MANY))


class WishPayload(Payload):
    needs = text(_MAX_CHARS, required=True, metadata={"description": "A competency."})
    sessions = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100_000))
    minutes = fields.Integer(required=True, strict=True, validate=validate.OneOf(MINUTES))
    value = fields.Float(
        required=True,
        validate=validate.Range(0, _MANY),
        metadata={"description": "Value of one session, relative to the other cohorts."},
    )


class ScenarioPayload(Payload):
    name = text(_MAX_CHARS, required=True)
    mentors = fields.Dict(
        keys=text(_MAX_CHARS),
        values=fields.Nested(MentorTimePayload),
        required=True,
        validate=validate.Length(1, MAX_MENTORS),
        metadata={"description": "By your own labels; a plan needs no names."},
    )
    cohorts = fields.Dict(
        keys=text(_MAX_CHARS),
        values=fields.Nested(WishPayload),
        required=True,
        validate=validate.Length(1, MAX_COHORTS),
    )


class CapacityPayload(Payload):
    reference = text(_MAX_CHARS)
    name = text(_MAX_CHARS, required=True)
    scenarios = fields.List(
        fields.Nested(ScenarioPayload), required=True, validate=validate.Length(1, MAX_SCENARIOS)
    )


class PlannedAnswer(ma.Schema):
    name = fields.String(required=True)
    value = fields.Float(required=True)
    sessions = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    missing = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    minutes_by_mentor = fields.Dict(keys=fields.String(), values=fields.Dict(), required=True)
    minutes_used = fields.Integer(required=True)
    minutes_there = fields.Integer(required=True)
    best = fields.Boolean(
        required=True, metadata={"description": "Whether it is proven that no other plan is better."}
    )


class CapacityAnswer(ma.Schema):
    id = fields.String(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)
    asked_at = Instant(required=True)
    answered_at = Instant(required=True, allow_none=True)
    scenarios = fields.List(
        fields.Nested(PlannedAnswer),
        required=True,
        metadata={"description": "Empty until there is an answer."},
    )


class SuggestedAnswer(ma.Schema):
    mentor = fields.String(required=True, metadata={"description": "Our id for the member."})
    name = fields.String(required=True, allow_none=True)
    days = fields.Integer(required=True, metadata={"description": "Half of their mentees take less."})
    low = fields.Integer(required=True)
    high = fields.Integer(required=True, metadata={"description": "80 % lie from low to high."})
    reason = fields.String(required=True, metadata={"description": "Always show it with the suggestion."})


class FairnessAnswer(ma.Schema):
    trait = fields.String(required=True)
    value = fields.String(required=True)
    mentors = fields.String(required=True)
    own_rank = fields.String(required=True, allow_none=True)
    rank = fields.String(required=True, allow_none=True)
    learners = fields.String(required=True)
    unmatched = fields.String(required=True, allow_none=True)
    chance = fields.String(required=True, allow_none=True, metadata={"description": "Fisher's exact test."})


class FastestAnswer(ma.Schema):
    computed_at = Instant(required=True, allow_none=True)
    is_evidence = fields.Boolean(required=True)
    why = fields.String(required=True)
    caution = fields.String(required=True)
    suggestions = fields.List(
        fields.Nested(SuggestedAnswer), required=True, metadata={"description": "None without evidence."}
    )
    fairness = fields.List(fields.Nested(FairnessAnswer), required=True)


@bp.route("/mentoring/capacity-plans", methods=["POST"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(CapacityPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="askForCapacityPlan")
@bp.response(202, CapacityAnswer)
def post_plan(asked: dict[str, Any]) -> Response:
    """Request the plan with the highest value.

    A mentor's minutes are used only for what they can teach, in whole sessions, and not beyond demand. It is
    computed within a minute; the same request gives the same plan.
    """
    plan = capacity.ask_for_plan(
        services(), asked.get("reference"), asked["name"], asked["scenarios"], actor=actor(), now=now()
    )
    return _told(plan, status=202)


@bp.route("/mentoring/capacity-plans/<string:ref>", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getCapacityPlan")
@bp.response(200, CapacityAnswer)
def get_plan(ref: str) -> Response:
    """Return the plan of each scenario, side by side; none before it was computed (`answered_at`)."""
    return _told(capacity.find_plan(services(), ref))


@bp.route("/mentoring/capacity-plans/<string:ref>/table", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getCapacityPlanTable")
@bp.response(200, description="CSV (RFC 4180), with a row for each cohort in each scenario.")
def get_table(ref: str) -> Response:
    """Return the same as a spreadsheet table."""
    plan = capacity.find_plan(services(), ref)
    return Response(build_csv(capacity.COLUMNS, capacity.rows_of(plan)), mimetype="text/csv")


@bp.route("/mentoring/fastest-path", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getFastestPath")
@bp.response(200, FastestAnswer)
def get_fastest() -> Response:
    """Show with whom people succeeded soonest, each with the reason; nothing where the past shows nothing.

    It is computed once a day, and compared with the plain average by actual outcomes. It never chooses
    anybody.
    """
    return Response(to_json(_tell_fastest(fastest_paths(services(), now()))), mimetype="application/json")


def _told(plan: CapacityPlan, *, status: int = 200) -> Response:
    told = {
        "id": plan.id,
        "reference": plan.reference,
        "name": plan.name,
        "asked_at": format_instant(plan.asked_at),
        "answered_at": None if plan.answered_at is None else format_instant(plan.answered_at),
        "scenarios": [] if plan.answer is None else plan.answer["scenarios"],
    }
    return Response(to_json(told), status=status, mimetype="application/json")


def _tell_fastest(found: Fastest) -> dict[str, Any]:
    return {
        "computed_at": None if found.computed_at is None else format_instant(found.computed_at),
        "is_evidence": found.evidence["is_there"],
        "why": found.evidence["why"],
        "caution": CAUTION,
        "suggestions": [
            {
                "mentor": one.mentor,
                "name": name,
                "days": round(one.days),
                "low": round(one.low),
                "high": round(one.high),
                "reason": one.reason,
            }
            for name, one in found.suggestions
        ],
        "fairness": [dict(one) for one in found.fairness],
    }

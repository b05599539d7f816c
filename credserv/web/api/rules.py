"""/api/v1: the rule of an achievement: get, set, end, or try it on everything stored, by programs."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.journeys.award.dry_run import Foresight, dry_run, tell_run
from credserv.journeys.define import rules as define
from credserv.journeys.publish.publish import achievement as find_achievement
from credserv.records.rules import RuleVersion
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant, Payload
from credserv.web.frame.strict import Blueprint

bp = Blueprint("rules_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

EXAMPLE: dict[str, Any] = {
    "when": {"observed": {"kind": "completed", "activity": "course-v1:Example+MENTOR101+2026"}}
}


class RulePayload(ma.Schema):
    """A rule, by the schema at `/schemas/mastery-rule.json`. All its faults are reported together."""

    class Meta:
        unknown = ma.INCLUDE

    when = fields.Raw(metadata={"type": "object", "description": "The condition."})
    pathway = fields.Raw(metadata={"type": "object", "description": "Instead of `when`."})
    scales = fields.Raw(metadata={"type": "array", "items": {"type": "object"}})
    award = fields.Raw(metadata={"type": "string"})


class RuleAnswer(Payload):
    achievement = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "Versions never change."})
    created_at = Instant(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Hash of the rule in canonical JSON."})
    rule = fields.Dict(keys=fields.String(), required=True)


class RuleLeafAnswer(Payload):
    place = fields.String(required=True, metadata={"description": "Its place in the rule."})
    answer = fields.String(required=True)
    observations = fields.List(fields.String(), required=True)
    credentials = fields.List(fields.String(), required=True)
    missing = fields.String(required=True)


class ForeseenAnswer(Payload):
    person = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, metadata={"enum": [one.value for one in Foresight]})
    missing = fields.List(fields.String(), required=True)
    leaves = fields.List(fields.Nested(RuleLeafAnswer), required=True)


class DryRunAnswer(Payload):
    achievement = fields.String(required=True)
    people = fields.List(fields.Nested(ForeseenAnswer), required=True)
    summary = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    observations_of_nobody_known = fields.Integer(required=True)


@bp.route("/achievements/<string:key>/rule", methods=["GET"], tags=["Achievements"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("credentials:read")
@bp.doc(operationId="getRule")
@bp.response(200, RuleAnswer)
def get_rule(key: str) -> Response:
    """Return what it takes to earn an achievement. Not found if it has no rule."""
    return _told(_current(key))


@bp.route("/achievements/<string:key>/rule", methods=["PUT"], tags=["Achievements"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("achievements:write")
@bp.arguments(RulePayload, location="json", example=EXAMPLE)
@bp.doc(operationId="setRule")
@bp.response(201, RuleAnswer)
@bp.alt_response(200, schema=RuleAnswer, description="It was already in use.", success=True)
def put_rule(document: dict[str, Any], key: str) -> Response:
    """Set what it takes to earn an achievement. A change makes a new version; the same rule again makes none.

    It applies to what is observed from now on. An administrator awards people who already meet it.
    """
    version, is_new = define.set_rule(services(), key, document, actor=actor(), now=now())
    return _told(version, status=201 if is_new else 200)


@bp.route("/achievements/<string:key>/rule", methods=["DELETE"], tags=["Achievements"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("achievements:write")
@bp.doc(operationId="endRule")
@bp.response(204, description="The rule is removed; what it issued stays.")
def delete_rule(key: str) -> Response:
    """Stop awarding by a rule. Safe to repeat."""
    find_achievement(services(), key)
    define.end_rule(services(), key, actor=actor(), now=now())
    return Response(status=204)


@bp.route("/achievements/<string:key>/rule/dry-run", methods=["POST"], tags=["Achievements"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("credentials:read")
@bp.arguments(RulePayload, location="json", example=EXAMPLE)
@bp.doc(operationId="tryRule")
@bp.response(200, DryRunAnswer)
def post_dry_run(document: dict[str, Any], key: str) -> Response:
    """Show whom a rule would issue to, by all stored observations. Nothing is issued or stored."""
    wanted = define.require_rule(services(), key, document)
    return _json(tell_run(dry_run(services(), wanted, now=now())))


def _current(key: str) -> RuleVersion:
    find_achievement(services(), key)
    version = define.current_rule(services(), key)
    if version is None:
        raise NotFoundError("this achievement has no rule")
    return version


def _told(version: RuleVersion, *, status: int = 200) -> Response:
    told = {
        "achievement": version.achievement_key,
        "version": version.version,
        "created_at": format_instant(version.created_at),
        "sha256": version.sha256,
        "rule": dict(version.document or {}),
    }
    return _json(told, status=status)


def _json(answer: dict[str, Any], *, status: int = 200) -> Response:
    return Response(to_json(answer), status=status, mimetype="application/json")

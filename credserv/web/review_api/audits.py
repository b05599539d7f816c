"""/api/v1: audits of accreditations: begin, draw, and record the findings."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.journeys.accredit import audits
from credserv.journeys.accredit.audit_publication import published
from credserv.journeys.accredit.deciding import find_life
from credserv.journeys.accredit.findings import Finding, record_finding
from credserv.journeys.admit.persons import find_member
from credserv.records.audits import AuditedCase, Outcome
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Day, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("audits_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_AUDIT = "/programmes/<string:key>/audits/<string:period>"
_EXAMPLE = {"share": 0.1, "minimum": 2, "begins_on": "2026-07-01"}
_SHOWN = ("key", "period")


class CommitmentPayload(Payload):
    """Without `sha256` the service creates a seed, and keeps it until it is revealed."""

    sha256 = text(
        64, metadata={"description": "Hash of the hexadecimal text of a seed that was made elsewhere."}
    )
    share = fields.Float(
        metadata={"description": "Share of the population; by default the programme's, otherwise 0.1."}
    )
    minimum = fields.Integer(
        strict=True, metadata={"description": "By default the programme's, otherwise 2."}
    )
    begins_on = Day(metadata={"description": "Start of the period; the commitment must be made before it."})


class FreezePayload(Payload):
    population_at = Instant(metadata={"description": "After the commitment; now by default."})


class RevealPayload(Payload):
    seed = text(200, metadata={"description": "The seed of a commitment that was made elsewhere."})


class FindingPayload(Payload):
    accreditation = text(200, required=True, metadata={"description": "Its reference, or our id."})
    outcome = fields.String(required=True, validate=validate.OneOf([one.value for one in Outcome]))
    by = text(254, required=True, metadata={"description": "The auditor, who is not involved in the case."})
    note = text(2000, metadata={"description": "What was found; the person sees it."})


class AuditAnswer(Payload):
    """The same as what is public about it."""

    url = fields.Url(required=True)
    programme = fields.String(required=True)
    period = fields.String(required=True)
    sha256 = fields.String(required=True)
    share = fields.Float(required=True)
    minimum = fields.Integer(required=True)
    committed_at = Instant(required=True)
    begins_on = fields.Date(required=True, allow_none=True)
    population_at = Instant(required=True, allow_none=True)
    frozen_at = Instant(required=True, allow_none=True)
    population = fields.List(fields.String(), required=True)
    revealed_at = Instant(required=True, allow_none=True)
    seed = fields.String(required=True, allow_none=True)
    drawn = fields.List(fields.String(), required=True)
    finds = fields.String(required=True, metadata={"description": "What such a sample can find."})
    rule = fields.String(required=True)


class FindingAnswer(Payload):
    accreditation = fields.String(required=True)
    credential = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"enum": [one.value for one in Outcome]})
    remedy_until = Instant(required=True, allow_none=True)
    decided_at = Instant(required=True)


@bp.route(_AUDIT, methods=["PUT"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=_SHOWN)
@require_scope("accreditations:write")
@bp.arguments(CommitmentPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="beginAudit")
@bp.response(201, AuditAnswer)
@bp.alt_response(200, schema=AuditAnswer, description="It already exists.", success=True)
def put_audit(asked: dict[str, Any], key: str, period: str) -> Response:
    """Begin the audit of a period before the period begins: the SHA-256 of its seed is public from now on."""
    audit, is_new = audits.commit(services(), key, period, audits.Wish(**asked), actor=actor(), now=now())
    return _told(audit, status=201 if is_new else 200)


@bp.route(_AUDIT, methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=_SHOWN)
@require_scope("accreditations:read")
@bp.doc(operationId="getAudit")
@bp.response(200, AuditAnswer)
def get_audit(key: str, period: str) -> Response:
    """Return the state of an audit, and everything needed to recompute it."""
    return _told(audits.find_audit(services(), key, period))


@bp.route(f"{_AUDIT}/freeze", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=_SHOWN)
@require_scope("accreditations:write")
@bp.arguments(FreezePayload, location="json", example={"population_at": "2026-09-30T23:59:59Z"})
@bp.doc(operationId="freezeAudit")
@bp.response(200, AuditAnswer)
def freeze_audit(asked: dict[str, Any], key: str, period: str) -> Response:
    """Record who was accredited at an instant, as known then. Safe to repeat."""
    found = audits.freeze(services(), key, period, asked.get("population_at"), actor=actor(), now=now())
    return _told(found)


@bp.route(f"{_AUDIT}/reveal", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=_SHOWN)
@require_scope("accreditations:write")
@bp.arguments(RevealPayload, location="json", example={})
@bp.doc(operationId="revealAudit")
@bp.response(200, AuditAnswer)
def reveal_audit(asked: dict[str, Any], key: str, period: str) -> Response:
    """Publish the seed, and with it who is drawn. Safe to repeat; a conflict before the freeze."""
    return _told(audits.reveal(services(), key, period, asked.get("seed"), actor=actor(), now=now()))


@bp.route(f"{_AUDIT}/findings", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=_SHOWN)
@require_scope("accreditations:write")
@bp.arguments(
    FindingPayload,
    location="json",
    example={"accreditation": "c0002", "outcome": "passed", "by": "auditor@example.org"},
)
@bp.doc(operationId="recordFinding")
@bp.response(200, FindingAnswer)
def post_finding(asked: dict[str, Any], key: str, period: str) -> Response:
    """Record an auditor's finding on one that was drawn; a failed one is suspended at once.

    Safe to repeat.
    """
    by = find_member(services(), asked["by"]).id
    finding = Finding(Outcome(asked["outcome"]), by, asked.get("note", ""))
    credential_id = find_life(services(), asked["accreditation"]).credential_id
    case = record_finding(services(), key, period, credential_id, finding, actor=actor(), now=now())
    return _finding(case)


def _told(audit: audits.Audit, *, status: int = 200) -> Response:
    return Response(to_json(published(services(), audit)), status=status, mimetype="application/json")


def _finding(case: AuditedCase) -> Response:
    told = FindingAnswer().dump(
        {**vars(case), "accreditation": case.drawn_as, "credential": case.credential_id}
    )
    return Response(to_json(told), mimetype="application/json")

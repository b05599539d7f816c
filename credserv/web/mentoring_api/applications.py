"""/api/v1/applications: applications for an accreditation, their evidence, and their state."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from credserv.accreditation.requirements import Finding
from credserv.accreditation.words import asked_words, left_out_words, stands_words
from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit import applications as journeys
from credserv.journeys.accredit import evidence as handing_in
from credserv.journeys.accredit.applications import Looked
from credserv.journeys.accredit.evidence_reading import KINDS, HandedIn
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.records.accreditation import EvidenceRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import CREDENTIAL_URL, Flag, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint(
    "applications_api", __name__, url_prefix="/api/v1", description="For programs, with an API key."
)

_MAX_CHARS = 200
EXAMPLE: dict[str, Any] = {
    "person": "E-1001",
    "programme": "mentor-basic",
    "competencies": ["feedback"],
    "reference": "a-2026-17",
}
EVIDENCE_EXAMPLE: dict[str, Any] = {
    "kind": "observation",
    "by": "E-1002",
    "competency": "feedback",
    "level": 2,
    "reference": "o-2026-31",
}


class ApplicationPayload(Payload):
    """Safe to repeat with a reference."""

    person = text(MAX_REFERENCE_CHARS, required=True)
    programme = text(64, required=True)
    version = fields.Integer(validate=validate.Range(1), metadata={"description": "The newest by default."})
    competencies = fields.List(text(_MAX_CHARS), required=True, validate=validate.Length(0, 100))
    code_accepted = Flag(
        load_default=False,
        metadata={"description": "The person accepted the code of conduct, if the programme has one."},
    )
    reference = text(MAX_REFERENCE_CHARS)


class HandedInPayload(Payload):
    """What is submitted. If a kind lacks what it needs, the fault names its place."""

    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    by = text(
        MAX_REFERENCE_CHARS,
        metadata={
            "description": "Who states it: the assessor of an observation, or whoever makes a declaration."
        },
    )
    competency = text(_MAX_CHARS)
    occurred_at = Instant(metadata={"description": "When it happened; now by default."})
    score = fields.Float(validate=validate.Range(0), metadata={"description": "For an assessment."})
    maximum = fields.Float(
        validate=validate.Range(0, min_inclusive=False), metadata={"description": "100 by default."}
    )
    instrument = text(_MAX_CHARS, metadata={"description": "The assessment's or rubric's own name."})
    level = fields.Integer(validate=validate.Range(0, 100), metadata={"description": "For an observation."})
    session = text(MAX_REFERENCE_CHARS, metadata={"description": "For an observation: the session."})
    of = text(500, metadata={"description": "What is declared: a text, or the kind of a requirement."})
    months = fields.Integer(validate=validate.Range(0, 1_200), metadata={"description": "For experience."})
    until = Instant(metadata={"description": "When a leave that began at `occurred_at` ends."})
    note = text(2_000)
    reference = text(MAX_REFERENCE_CHARS)


class FoundAnswer(Payload):
    kind = fields.String(required=True)
    asks = fields.String(required=True, metadata={"description": "The requirement in words."})
    met = fields.Boolean(required=True)
    stands = fields.String(required=True, metadata={"description": "The progress, such as `1 of 2`."})
    left_out = fields.List(
        fields.String(), required=True, metadata={"description": "What does not count, and why."}
    )


class ApplicationAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    programme = fields.String(required=True)
    version = fields.Integer(required=True)
    competencies = fields.List(fields.String(), required=True)
    state = fields.String(
        required=True,
        metadata={"enum": ["open", "complete", "granted", "refused", "expired", "withdrawn"]},
    )
    applied_at = Instant(required=True)
    ends_at = Instant(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    credential_url = fields.Url(
        required=True,
        metadata={
            "description": f"{CREDENTIAL_URL['description']} Reserved; nothing is there before the grant."
        },
    )
    verdict = fields.String(
        required=True,
        metadata={"description": "`grantable`, or the first requirement that is open."},
    )
    requirements = fields.List(fields.Nested(FoundAnswer), required=True)


class HandedInAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    occurred_at = Instant(required=True)
    received_at = Instant(required=True)


class WithdrawalPayload(Payload):
    by = text(MAX_REFERENCE_CHARS, required=True, metadata={"description": "The applicant."})


@bp.route("/applications", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ApplicationPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="apply")
@bp.response(201, ApplicationAnswer)
@bp.alt_response(200, schema=ApplicationAnswer, description="It already exists.", success=True)
def post_application(told: dict[str, Any]) -> Response:
    """Apply for an accreditation on somebody's behalf.

    The badge's id is reserved, so that endorsements can name it; if none is granted, nothing ever gets it.
    """
    record, is_new = journeys.apply(
        services(),
        find_member(services(), told["person"]).id,
        told["programme"],
        version=told.get("version"),
        competencies=told["competencies"],
        code_accepted=told["code_accepted"],
        reference=told.get("reference"),
        actor=actor(),
        now=now(),
    )
    return _json(_application(journeys.look(services(), record, now=now())), 201 if is_new else 200)


@bp.route("/applications/<string:name>", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getApplication")
@bp.response(200, ApplicationAnswer)
def get_application(name: str) -> Response:
    """Return the state of an application: each requirement met or open, with its numbers."""
    application = journeys.find_application(services(), name)
    return _json(_application(journeys.look(services(), application, now=now())))


@bp.route("/applications/<string:name>/evidence", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(HandedInPayload, location="json", example=EVIDENCE_EXAMPLE)
@bp.doc(operationId="handIn")
@bp.response(201, HandedInAnswer)
@bp.alt_response(200, schema=HandedInAnswer, description="It was already submitted.", success=True)
def post_evidence(told: dict[str, Any], name: str) -> Response:
    """Submit evidence for an application. Safe to repeat with a reference."""
    by = told.get("by")
    known = ("kind", "by", "competency", "occurred_at", "reference")
    handed_in = HandedIn(
        kind=told["kind"],
        by=None if by is None else find_member(services(), by).id,
        competency=told.get("competency"),
        occurred_at=told.get("occurred_at"),
        data={name: value for name, value in told.items() if name not in known},
        reference=told.get("reference"),
    )
    record, is_new = handing_in.hand_in(services(), name, handed_in, actor=actor(), now=now())
    return _json(_evidence(record), 201 if is_new else 200)


@bp.route("/applications/<string:name>/withdrawal", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(WithdrawalPayload, location="json", example={"by": "E-1001"})
@bp.doc(operationId="withdrawApplication")
@bp.response(200, ApplicationAnswer)
def post_withdrawal(told: dict[str, Any], name: str) -> Response:
    """Withdraw an application, as the applicant wishes. Safe to repeat."""
    by = find_member(services(), told["by"]).id
    record = journeys.withdraw(services(), name, by=by, actor=actor(), now=now())
    return _json(_application(journeys.look(services(), record, now=now())))


def _application(looked: Looked) -> dict[str, Any]:
    record = looked.application
    return {
        "id": record.id,
        "reference": record.reference,
        "programme": record.programme_key,
        "version": record.programme_version,
        "competencies": list(record.competencies),
        "state": str(looked.state),
        "applied_at": format_instant(record.applied_at),
        "ends_at": None if record.ends_at is None else format_instant(record.ends_at),
        "decided_at": None if record.decided_at is None else format_instant(record.decided_at),
        "credential_url": credential_url(services().public_url, record.credential_id),
        "verdict": looked.verdict,
        "requirements": [_found(one) for one in looked.findings],
    }


def _found(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.requirement.kind,
        "asks": asked_words(finding.requirement),
        "met": finding.is_met,
        "stands": stands_words(finding),
        "left_out": list(left_out_words(finding)),
    }


def _evidence(record: EvidenceRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "reference": record.reference,
        "kind": record.kind,
        "occurred_at": format_instant(record.occurred_at),
        "received_at": format_instant(record.received_at),
    }


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status=status, mimetype="application/json")

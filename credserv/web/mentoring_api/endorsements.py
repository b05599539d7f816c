"""/api/v1/applications/{ref}/endorsements: those received, and those signed elsewhere."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields

from credserv.accreditation.endorsing import WHY, Weight
from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.endorsements import JudgedEndorsement, judged, judged_one
from credserv.journeys.accredit.endorsing import take_signed
from credserv.journeys.accredit.recognizing import entitle
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import FORMER_ITEMS, Flag, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint(
    "endorsements_api", __name__, url_prefix="/api/v1", description="For programs, with an API key."
)

_MAX_CHARS = 200
EXAMPLE: dict[str, Any] = {
    "competency": "feedback",
    "reference": "e-2026-9",
    "credential": {"type": ["VerifiableCredential", "EndorsementCredential"], "issuer": "did:web:…"},
}


ENTITLEMENT: dict[str, Any] = {"did": "did:web:coach.example", "competency": "feedback"}


class EndorsementPayload(Payload):
    """An endorsement signed with the endorser's own key. Safe to repeat with a reference."""

    competency = text(_MAX_CHARS, required=True)
    credential = fields.Dict(
        required=True,
        metadata={
            "description": "The signed EndorsementCredential. Its subject is the badge that was applied "
            "for, by the `credential_url` of the application; its `validFrom` is the endorser's own date."
        },
    )
    reference = text(MAX_REFERENCE_CHARS)


class EntitlementPayload(Payload):
    """Whose DID it is: a member's, or that of somebody whom another accreditor accredited."""

    did = text(2_000, required=True)
    competency = text(_MAX_CHARS, required=True)
    accreditation = fields.Dict(
        metadata={"description": "For an outsider: their accreditation, whose subject is the DID."}
    )


class EntitlementAnswer(ma.Schema):
    entitlement = fields.Dict(
        required=True,
        metadata={"description": "Put it into `evidence` of the endorsement before signing."},
    )


class EndorsementAnswer(ma.Schema):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    endorser_did = fields.String(required=True)
    competency = fields.String(required=True)
    stated_at = Instant(required=True)
    received_at = Instant(required=True)
    counts = Flag(required=True)
    weight = fields.String(required=True, metadata={"enum": [one.value for one in Weight]})
    as_received = fields.String(
        required=True, metadata={"description": "What it counted for when it was received."}
    )
    why = fields.String(required=True, metadata={"description": "The reason in words, after who gave it."})


class EndorsementsAnswer(ma.Schema):
    items = fields.List(fields.Nested(EndorsementAnswer), required=True)
    endorsements = fields.List(fields.Nested(EndorsementAnswer), required=True, metadata=FORMER_ITEMS)


@bp.route("/applications/<string:name>/endorsements", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="listEndorsements")
@bp.response(200, EndorsementsAnswer)
def list_endorsements(name: str) -> Response:
    """List the endorsements received, in order, and what they amount to by what is known now."""
    found = [_told(one) for one in judged(services(), find_application(services(), name), now())]
    return _json({"items": found, "endorsements": found})


@bp.route("/applications/<string:name>/endorsements", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(EndorsementPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="postEndorsement")
@bp.response(201, EndorsementAnswer)
def post_endorsement(asked: dict[str, Any], name: str) -> Response:
    """Submit an endorsement signed elsewhere. Members sign on a page of their own instead.

    A member's registered DID counts as that member. Anybody else counts as a witness, unless the endorsement
    carries what entitles them.
    """
    record, is_new = take_signed(
        services(),
        name,
        asked["credential"],
        competency=asked["competency"],
        reference=asked.get("reference"),
        actor=actor(),
        now=now(),
    )
    return _json(_told(judged_one(services(), record, now())), status=201 if is_new else 200)


@bp.route("/applications/<string:name>/entitlements", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(EntitlementPayload, location="json", example=ENTITLEMENT)
@bp.doc(operationId="postEntitlement")
@bp.response(200, EntitlementAnswer)
def post_entitlement(asked: dict[str, Any], name: str) -> Response:
    """Get what somebody who signs elsewhere includes, so that strangers see that their endorsement counts."""
    found = entitle(
        services(),
        name,
        asked["did"],
        asked["competency"],
        shown=asked.get("accreditation"),
        now=now(),
    )
    return _json({"entitlement": found})


def _told(one: JudgedEndorsement) -> dict[str, Any]:
    record = one.record
    return {
        "id": record.id,
        "reference": record.reference,
        "endorser_did": record.endorser_did,
        "competency": record.competency,
        "stated_at": format_instant(record.stated_at),
        "received_at": format_instant(record.received_at),
        "counts": one.counts,
        "weight": one.weight.value,
        "as_received": record.as_received,
        "why": WHY[one.weight],
    }


def _json(told: object, status: int = 200) -> Response:
    return Response(to_json(told), status, mimetype="application/json")

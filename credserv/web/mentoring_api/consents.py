"""/api/v1/members/…/consents: what members allowed in their organisation's own system."""

from __future__ import annotations

import marshmallow as ma
from flask import Response
from marshmallow import fields

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.agreeing import agree, parse_purpose, withdraw
from credserv.records.consents import IN_ANOTHER_SYSTEM, NOTICES
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant
from credserv.web.frame.strict import Blueprint

bp = Blueprint("consents_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")


class ConsentAnswer(ma.Schema):
    purpose = fields.String(required=True)
    given_at = Instant(required=True)
    words = fields.String(
        required=True, metadata={"description": "What the person must have read; its hash is recorded."}
    )


@bp.route("/members/<string:ref>/consents/<string:purpose>", methods=["PUT"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.doc(operationId="recordConsent")
@bp.response(200, ConsentAnswer)
def put_consent(ref: str, purpose: str) -> Response:
    """Record that somebody agreed, in the organisation's own system, to `outcomes`, `register`, `feedback`,
    `matching-history` or `progress`.

    The person sees that this was recorded, and can withdraw it. After withdrawing, they can agree again only
    in their wallet (409). Safe to repeat.
    """
    wanted = parse_purpose(purpose)
    member = find_member(services(), ref)
    given = agree(services(), member.person_id, wanted, actor=actor(), now=now(), act=IN_ANOTHER_SYSTEM)
    answer = {
        "purpose": wanted.value,
        "given_at": format_instant(given.given_at),
        "words": NOTICES[wanted],
    }
    return Response(to_json(answer), mimetype="application/json")


@bp.route("/members/<string:ref>/consents/<string:purpose>", methods=["DELETE"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.doc(operationId="withdrawConsent")
@bp.response(204)
def delete_consent(ref: str, purpose: str) -> Response:
    """Record that somebody no longer agrees. It applies from the next figures on. Safe to repeat."""
    wanted = parse_purpose(purpose)
    member = find_member(services(), ref)
    withdraw(services(), member.person_id, wanted, actor=actor(), now=now())
    return Response(status=204)

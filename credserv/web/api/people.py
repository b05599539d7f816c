"""/api/v1: a person's names in the organisation's learning systems, set by a program."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.journeys.award.waiting import assert_identifiers
from credserv.records.credentials import Recipient
from credserv.records.observations import PersonKind, PersonReference
from credserv.web.api.shapes import RecipientPayload
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("people_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_MAX_IDENTIFIERS = 50
_MAX_CHARS = 2_000
_KINDS = [kind.value for kind in PersonKind if kind not in (PersonKind.EMAIL, PersonKind.DID)]
EXAMPLE: dict[str, Any] = {
    "person": {"email": "pat@example.org", "name": "Pat Doe"},
    "identifiers": [{"kind": "lms-id", "value": "123", "namespace": "campus"}],
}


class IdentifierPayload(Payload):
    kind = fields.String(required=True, validate=validate.OneOf(_KINDS))
    value = text(_MAX_CHARS, required=True)
    home = text(
        _MAX_CHARS, metadata={"description": "For an xAPI account its homePage, for OIDC the issuer."}
    )
    namespace = text(
        _MAX_CHARS,
        required=True,
        metadata={"description": "The installation: the `namespace` of its sources (default: their name)."},
    )


class PersonIdentifiersPayload(Payload):
    """Names of one person in learning systems.

    The person is the one whom an order for this address would reach.
    """

    person = fields.Nested(RecipientPayload, required=True)
    identifiers = fields.List(
        fields.Nested(IdentifierPayload), required=True, validate=validate.Length(1, _MAX_IDENTIFIERS)
    )


class PersonIdentifiersAnswer(ma.Schema):
    went_on = fields.Integer(
        required=True, metadata={"description": "How many observations were waiting for this person."}
    )


@bp.route("/people/identifiers", methods=["POST"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.arguments(PersonIdentifiersPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="assertIdentifiers")
@bp.response(200, PersonIdentifiersAnswer)
def post_identifiers(asked: dict[str, Any]) -> Response:
    """Set somebody's names in learning systems. Whatever waited for them continues at once.

    A name that already belongs to another person is a conflict, and nothing is changed. Safe to repeat.
    """
    names = [
        (PersonReference(PersonKind(one["kind"]), one["value"], one.get("home")), one["namespace"])
        for one in asked["identifiers"]
    ]
    recipient = Recipient(**asked["person"])
    _, went_on = assert_identifiers(services(), recipient, names, actor=actor(), now=now())
    return Response(to_json({"went_on": went_on}), mimetype="application/json")

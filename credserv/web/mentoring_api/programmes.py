"""/api/v1/programmes: requirements of an accreditation, in versions that never change, and founders."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.accreditation.words import asked_words
from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit import founders as founding
from credserv.journeys.accredit import programmes as journeys
from credserv.journeys.accredit.programmes import Loaded
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS
from credserv.records.accreditation import FounderRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import FORMER_ITEMS, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("programmes_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_MAX_CHARS = 200
EXAMPLE: dict[str, Any] = {
    "owner": "Learning and development",
    "programme": {
        "key": "mentor-basic",
        "term_months": 24,
        "endorsements": 2,
        "assessment_min": 70,
        "renewal": {"sessions": 8, "cpd_hours": 6},
    },
}
FOUNDER_EXAMPLE: dict[str, Any] = {
    "person": "E-1001",
    "until": "2026-12-31T00:00:00Z",
    "competencies": ["feedback"],
    "reason": "Nobody is accredited yet",
}


class ProgrammePayload(Payload):
    """A programme, by the schema at `/schemas/programme.json`. All its faults are reported together."""

    programme = fields.Dict(keys=fields.String(), required=True)
    owner = text(
        _MAX_CHARS, metadata={"description": "The person responsible, if the programme does not name one."}
    )


class RequirementAnswer(Payload):
    kind = fields.String(required=True)
    asks = fields.String(required=True, metadata={"description": "The requirement in words."})
    decided_by_person = fields.Boolean(
        required=True, metadata={"description": "It cannot be counted; a person declares that it is met."}
    )


class ProgrammeAnswer(Payload):
    key = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "Versions never change."})
    name = fields.String(required=True)
    owner = fields.String(required=True)
    loaded_at = Instant(required=True)
    retires_on = fields.Date(required=True, allow_none=True)
    sha256 = fields.String(
        required=True, metadata={"description": "Hash of the programme in canonical JSON."}
    )
    after = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The body whose published requirements it follows; not that body's award."},
    )
    takes_applications = fields.Boolean(required=True)
    grant = fields.List(fields.Nested(RequirementAnswer), required=True)
    renewal = fields.List(fields.Nested(RequirementAnswer), required=True)
    programme = fields.Dict(keys=fields.String(), required=True)


class ProgrammesAnswer(ma.Schema):
    items = fields.List(fields.Nested(ProgrammeAnswer), required=True)
    programmes = fields.List(fields.Nested(ProgrammeAnswer), required=True, metadata=FORMER_ITEMS)


class VersionQuery(Payload):
    version = fields.Integer(validate=validate.Range(1), metadata={"description": "The newest by default."})


class RetirePayload(Payload):
    on = fields.Date(required=True, allow_none=True, metadata={"description": "null if it is not retired."})


class FounderPayload(Payload):
    """Somebody who may endorse and assess before anybody is accredited, until a date."""

    person = text(MAX_REFERENCE_CHARS, required=True)
    until = Instant(required=True)
    competencies = fields.List(text(_MAX_CHARS), required=True, validate=validate.Length(1, 100))
    reason = text(2_000)
    reference = text(MAX_REFERENCE_CHARS)


class FounderAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    programme = fields.String(required=True)
    competencies = fields.List(fields.String(), required=True)
    appointed_at = Instant(required=True)
    until = Instant(required=True)


@bp.route("/programmes", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ProgrammePayload, location="json", example=EXAMPLE)
@bp.doc(operationId="loadProgramme")
@bp.response(201, ProgrammeAnswer)
@bp.alt_response(200, schema=ProgrammeAnswer, description="It was already loaded.", success=True)
def post_programme(told: dict[str, Any]) -> Response:
    """Load a programme or a new version of one. An unchanged programme makes no new version."""
    loaded, is_new = journeys.load_programme(
        services(), told["programme"], owner=told.get("owner"), actor=actor(), now=now()
    )
    return _json(_programme(loaded), 201 if is_new else 200)


@bp.route("/programmes", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="listProgrammes")
@bp.response(200, ProgrammesAnswer)
def get_programmes() -> Response:
    """List the programmes, each in its newest version."""
    found = [_programme(one) for one in journeys.all_programmes(services())]
    return _json({"items": found, "programmes": found})


@bp.route("/programmes/<string:key>", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("accreditations:read")
@bp.arguments(VersionQuery, location="query")
@bp.doc(operationId="getProgramme")
@bp.response(200, ProgrammeAnswer)
def get_programme(asked: dict[str, Any], key: str) -> Response:
    """Return one version of a programme, with each rule's requirements in words."""
    return _json(_programme(journeys.programme_version(services(), key, asked.get("version"))))


@bp.route(
    "/programmes/<string:key>/versions/<int:version>/retirement", methods=["PUT"], tags=["Accreditation"]
)
@door(budget="api", machine=True, shown=("key", "version"))
@require_scope("accreditations:write")
@bp.arguments(RetirePayload, location="json", example={"on": "2027-01-01"})
@bp.doc(operationId="retireProgramme")
@bp.response(200, ProgrammeAnswer)
def put_retirement(told: dict[str, Any], key: str, version: int) -> Response:
    """Set the day from which nobody applies under a version. Decisions under it stay."""
    loaded = journeys.retire_programme(services(), key, version, told["on"], actor=actor(), now=now())
    return _json(_programme(loaded))


@bp.route("/programmes/<string:key>/founders", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("accreditations:write")
@bp.arguments(FounderPayload, location="json", example=FOUNDER_EXAMPLE)
@bp.doc(operationId="appointFounder")
@bp.response(201, FounderAnswer)
@bp.alt_response(200, schema=FounderAnswer, description="They were already appointed.", success=True)
def post_founder(told: dict[str, Any], key: str) -> Response:
    """Appoint somebody who may endorse and assess without an accreditation, until a date.

    Safe to repeat with a reference.
    """
    record, is_new = founding.appoint_founder(services(), key, **told, actor=actor(), now=now())
    return _json(_founder(record), 201 if is_new else 200)


def _programme(loaded: Loaded) -> dict[str, Any]:
    record, programme = loaded.record, loaded.programme
    return {
        "key": record.key,
        "version": record.version,
        "name": programme.name,
        "owner": record.owner,
        "loaded_at": format_instant(record.loaded_at),
        "retires_on": None if record.retires_on is None else record.retires_on.isoformat(),
        "sha256": record.sha256,
        "after": programme.body or None,
        "takes_applications": not programme.why_closed(services().today(now())),
        **{
            name: [
                {"kind": one.kind, "asks": asked_words(one), "decided_by_person": one.by_person}
                for one in requirements
            ]
            for name, requirements in (("grant", programme.grant), ("renewal", programme.renewal))
        },
        "programme": dict(record.document),
    }


def _founder(record: FounderRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "reference": record.reference,
        "programme": record.programme_key,
        "competencies": list(record.competencies),
        "appointed_at": format_instant(record.appointed_at),
        "until": format_instant(record.until),
    }


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status=status, mimetype="application/json")

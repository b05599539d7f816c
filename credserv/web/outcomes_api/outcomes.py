"""/api/v1/outcomes: send facts about people, read figures about groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import ValidationError, fields, validate, validates_schema

from credserv.ground.canonical_json import to_json
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS
from credserv.journeys.measure.outcome_facts import MAX_FACTS, FactTold, take_facts
from credserv.records.outcomes import Criterion, FactKind
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.frame.shapes import Day, Flag, Instant, Number, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("outcomes_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_MAX_CHARS = 200
_MAX_WORDS = 4_000
_MOST = 1e12
MAX_CRITERIA = 10
# What each kind is about; of several, at least one.
_ABOUT: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.STARTED: ("pathway",),
    FactKind.PRE: ("pathway",),
    FactKind.POST: ("pathway",),
    FactKind.MASTERED: ("pathway",),
    FactKind.SIGNAL: ("signal",),
    FactKind.SURVEY: ("survey",),
    FactKind.OBSERVATION: ("pathway", "competency"),
    FactKind.NOTE: ("pathway",),
    FactKind.TARGET: ("competency",),
    FactKind.PROJECT: ("project",),
    FactKind.SELF: ("pathway", "competency"),
    FactKind.READINESS: ("pathway", "competency"),
}
# What else it requires.
_TELLS: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.PRE: ("score",),
    FactKind.POST: ("score",),
    FactKind.SURVEY: ("score",),
    FactKind.SIGNAL: ("count", "exposure"),
    FactKind.NOTE: ("words",),
    FactKind.TARGET: ("score", "due_on"),
    FactKind.PROJECT: ("by", "criteria"),
    FactKind.SELF: ("score",),
    FactKind.READINESS: ("score", "by"),
}
# What only these kinds have.
_ONLY = {
    "pathway": {kind for kind, about in _ABOUT.items() if "pathway" in about},
    "signal": {FactKind.SIGNAL},
    "survey": {FactKind.SURVEY},
    "project": {FactKind.SIGNAL, FactKind.PROJECT},
    "due_on": {FactKind.TARGET},
    "criteria": {FactKind.PROJECT},
    "by": {FactKind.OBSERVATION, FactKind.PROJECT, FactKind.READINESS, FactKind.NOTE, FactKind.TARGET},
}
EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "person": "pat@example.org",
            "kind": "assessment.pre",
            "pathway": "onboarding",
            "occurred_at": "2026-03-02T09:00:00Z",
            "score": 52,
            "maximum": 100,
            "instrument": "onboarding-test v2",
            "reference": "lms-4711",
        }
    ]
}


_KEPT = ("competency", "count", "exposure", "score", "maximum", "instrument", "mentored", "words", "due_on")


def _number(**options: Any) -> Number:
    return Number(validate=validate.Range(0, _MOST), **options)


class CriterionPayload(Payload):
    criterion = text(_MAX_CHARS, required=True)
    met = Flag(required=True, allow_none=True, metadata={"description": "null if unknown."})


class FactPayload(Payload):
    person = text(
        MAX_REFERENCE_CHARS, required=True, metadata={"description": "By employee number or address."}
    )
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in FactKind]))
    pathway = text(_MAX_CHARS, metadata={"description": "For everything on a pathway."})
    signal = text(_MAX_CHARS, metadata={"description": "What was counted in their work, such as `errors`."})
    survey = text(_MAX_CHARS, metadata={"description": "Which question was answered."})
    occurred_at = Instant(required=True)
    competency = text(_MAX_CHARS)
    count = _number()
    exposure = _number(
        metadata={"description": "The amount over which it was counted: hours, pieces, calls."}
    )
    score = _number()
    maximum = _number(metadata={"description": "Highest value of the score's scale."})
    instrument = text(
        _MAX_CHARS,
        metadata={"description": "The assessment with its version; different ones are never pooled."},
    )
    mentored = Flag(metadata={"description": "For a start: whether the person has a mentor."})
    words = text(
        _MAX_WORDS, metadata={"description": "For a manager's note, which is kept out of the numbers."}
    )
    project = text(_MAX_CHARS, metadata={"description": "For an assignment, or where a signal was counted."})
    due_on = Day(metadata={"description": "For a target: the last day to reach it on time."})
    criteria = fields.List(
        fields.Nested(CriterionPayload),
        validate=validate.Length(1, MAX_CRITERIA),
        metadata={"description": "For a project: what was to be reached, and whether it was."},
    )
    by = text(
        MAX_REFERENCE_CHARS,
        metadata={"description": "Who states it, by employee number or address; not the person themselves."},
    )
    reference = text(
        MAX_REFERENCE_CHARS, metadata={"description": "Your id for it; sending it again changes nothing."}
    )

    @validates_schema
    def _fitting(self, data: dict[str, Any], **_kwargs: Any) -> None:
        kind = FactKind(data["kind"])
        about = _ABOUT[kind]
        wanted = {*_TELLS.get(kind, ()), *(() if data.keys() & set(about) else about[:1])}
        for name in sorted(wanted - data.keys()):
            raise ValidationError(f"A fact of the kind {kind.value} tells its {name}.", name)
        for name in sorted(name for name in _ONLY.keys() & data.keys() if kind not in _ONLY[name]):
            raise ValidationError(f"A fact of the kind {kind.value} has no {name}.", name)
        criteria = [one["criterion"] for one in data.get("criteria", ())]
        if len(set(criteria)) < len(criteria):
            raise ValidationError("A criterion is there twice.", "criteria")
        if "score" in data and data["score"] > data.get("maximum", _MOST):
            raise ValidationError("It is above the maximum.", "score")


class FactsPayload(Payload):
    """All are stored, or none."""

    items = fields.List(
        fields.Nested(FactPayload), required=True, validate=validate.Length(min=1, max=MAX_FACTS)
    )


class FactsAnswer(ma.Schema):
    created = fields.Integer(required=True)
    repeated = fields.Integer(required=True, metadata={"description": "Those that were already known."})


@bp.route("/outcomes/facts", methods=["POST"], tags=["Outcomes"])
@door(budget="api", machine=True, body=Body.BATCH)
@require_scope("outcomes:write")
@bp.arguments(FactsPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="addOutcomeFacts")
@bp.response(200, FactsAnswer)
def post_facts(asked: dict[str, Any]) -> Response:
    """Send facts about people: starts, assessments, mastery, signals of their work, answers to surveys.

    Only people who agreed (`outcomes`) are counted, and only in figures of groups. An unknown person is a
    fault, reported with its place, and nothing is stored.
    """
    told = [_told(one) for one in asked["items"]]
    created, repeated = take_facts(services(), told, actor=actor(), now=now())
    answer = {"created": created, "repeated": repeated}
    return Response(to_json(answer), mimetype="application/json")


def _told(one: dict[str, Any]) -> FactTold:
    kind = FactKind(one["kind"])
    values = {name: one[name] for name in _KEPT if name in one}
    if "criteria" in one:
        values["criteria"] = tuple(Criterion(said["criterion"], said["met"]) for said in one["criteria"])
    if kind is FactKind.SIGNAL and "project" in one:
        values["project"] = one["project"]
    return FactTold(
        person=one["person"],
        kind=kind,
        about=one.get(_ABOUT[kind][0], ""),
        occurred_at=one["occurred_at"],
        values=values,
        reference=one.get("reference", ""),
        by=one.get("by", ""),
    )

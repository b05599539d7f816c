"""/api/v1/outcomes: the metrics, and the published figures of groups."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.journeys.measure import metrics, periods
from credserv.journeys.measure.notes import notes_of
from credserv.outcomes.figure import TOO_FEW
from credserv.outcomes.metrics import EVIDENCE, OUTCOMES, Metric, MetricKind, tell_metric
from credserv.records.outcomes import NoteKind
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Flag, Instant, Payload
from credserv.web.frame.strict import Blueprint

bp = Blueprint("figures_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_TOLD = ("people", "counted", "not_counted", "caution")
EXAMPLE: dict[str, Any] = {
    "kind": "participation",
    "name": "Leadership",
    "question": "Who takes part in the leadership pathway, and who completes it?",
    "owner": "Leadership programme",
    "evidence": ["course", "observation"],
    "pathway": "leadership",
}


class MetricPayload(Payload):
    """What is counted, why, and who is responsible. All faults are reported together."""

    class Meta:
        unknown = ma.INCLUDE

    kind = fields.Raw(metadata={"type": "string", "enum": [one.value for one in MetricKind]})
    name = fields.Raw(metadata={"type": "string"})
    question = fields.Raw(metadata={"type": "string", "description": "The question that it answers."})
    owner = fields.Raw(metadata={"type": "string", "description": "Who is responsible for it."})
    evidence = fields.Raw(metadata={"type": "array", "items": {"type": "string", "enum": list(EVIDENCE)}})
    pathway = fields.Raw(metadata={"type": "string"})
    signal = fields.Raw(metadata={"type": "string"})
    survey = fields.Raw(metadata={"type": "string"})
    project = fields.Raw(metadata={"type": "string"})
    competency = fields.Raw(metadata={"type": "string"})
    dimension = fields.Raw(metadata={"type": "string"})
    credential = fields.Raw(metadata={"type": "string"})
    outcome = fields.Raw(
        metadata={"type": "string", "enum": list(OUTCOMES), "description": "What groups are compared by."}
    )
    shown = fields.Raw(metadata={"type": "boolean", "description": "Shown on the dashboard."})
    random = fields.Raw(
        metadata={"type": "boolean", "description": "Whether chance decided who has a mentor."}
    )
    tau_days = fields.Raw(metadata={"type": "integer"})
    pilot = fields.Raw(
        metadata={
            "type": "object",
            "description": "`name`, `sponsor`, `starts_on`, `ends_on`, `baseline`, `target`.",
        }
    )

    stated = fields.Raw(
        metadata={
            "type": "object",
            "description": "For a `stated-return`: `by`, `cost`, `benefit`, `currency`, and "
            "`basis`, if given.",
        }
    )


class MetricAnswer(ma.Schema):
    key = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    question = fields.String(required=True)
    owner = fields.String(required=True)
    evidence = fields.List(fields.String(), required=True)
    pathway = fields.String()
    signal = fields.String()
    survey = fields.String()
    project = fields.String()
    competency = fields.String()
    dimension = fields.String()
    credential = fields.String()
    outcome = fields.String()
    shown = fields.Boolean(required=True)
    random = fields.Boolean(required=True)
    tau_days = fields.Integer(required=True)
    pilot = fields.Dict(keys=fields.String())
    stated = fields.Dict(keys=fields.String())


class MetricListAnswer(ma.Schema):
    items = fields.List(fields.Nested(MetricAnswer), required=True)


class RowAnswer(ma.Schema):
    label = fields.String(required=True)
    people = fields.String(required=True, metadata={"description": "Rounded: 0, fewer than 5, nearest 5."})
    value = fields.String(required=True, allow_none=True, metadata={"description": f"null: {TOO_FEW}."})
    low = fields.String(required=True, allow_none=True)
    high = fields.String(required=True, allow_none=True)


class FigureAnswer(ma.Schema):
    key = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(required=True)
    rows = fields.List(fields.Nested(RowAnswer), required=True)
    cautions = fields.List(fields.String(), required=True)


class NoteAnswer(ma.Schema):
    """Notes beside the figures of a quarter, about nobody in particular."""

    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in NoteKind]))
    words = fields.String(required=True)
    written_at = Instant(required=True)


class FiguresAnswer(ma.Schema):
    """As the pages show them. `waiting`: the worker has yet to compute them."""

    period = fields.String(required=True)
    version = fields.Integer(required=True)
    waiting = Flag(required=True)
    computed_at = Instant(required=True)
    cut = Instant(required=True, metadata={"description": "Events up to this time count."})
    known = Instant(required=True, metadata={"description": "What was known at this time."})
    frozen_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True, metadata={"description": "Why it corrects the previous version."})
    people = fields.String()
    counted = fields.String()
    not_counted = fields.String()
    caution = fields.String()
    figures = fields.List(fields.Nested(FigureAnswer), required=True)
    notes = fields.List(
        fields.Nested(NoteAnswer),
        metadata={"description": "For a quarter: what no number shows, by date."},
    )


@bp.route("/outcomes/metrics", methods=["GET"], tags=["Outcomes"])
@door(budget="api", machine=True)
@require_scope("outcomes:read")
@bp.doc(operationId="listMetrics")
@bp.response(200, MetricListAnswer)
def get_metrics() -> Response:
    """List the metrics, each with its question and its owner."""
    return _json({"items": [_metric(one) for one in metrics.metrics_of(services(), now())]})


@bp.route("/outcomes/metrics/<string:key>", methods=["PUT"], tags=["Outcomes"])
@door(budget="api", machine=True)
@require_scope("outcomes:write")
@bp.arguments(MetricPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="setMetric")
@bp.response(200, MetricAnswer)
def put_metric(asked: dict[str, Any], key: str) -> Response:
    """Set a metric, from the next figures on.

    One without an owner, a question or a kind of evidence is refused, with the place of the fault.
    """
    return _json(_metric(metrics.set_metric(services(), key, asked, actor=actor(), now=now())))


@bp.route("/outcomes/metrics/<string:key>", methods=["DELETE"], tags=["Outcomes"])
@door(budget="api", machine=True)
@require_scope("outcomes:write")
@bp.doc(operationId="endMetric")
@bp.response(204)
def delete_metric(key: str) -> Response:
    """Stop counting a metric, from the next figures on."""
    metrics.end_metric(services(), key, actor=actor(), now=now())
    return Response(status=204)


@bp.route("/outcomes/figures", methods=["GET"], tags=["Outcomes"])
@door(budget="api", machine=True)
@require_scope("outcomes:read")
@bp.doc(operationId="getFigures")
@bp.response(200, FiguresAnswer)
def get_figures() -> Response:
    """Return the figures of the week, as on the dashboard: of groups, rounded."""
    found = periods.week(services())
    if found is None:
        raise NotFoundError("no figures were made yet: the worker makes them within the hour")
    return _json(_figures(found))


@bp.route("/outcomes/quarters/<string:period>", methods=["GET"], tags=["Outcomes"])
@door(budget="api", machine=True)
@require_scope("outcomes:read")
@bp.doc(operationId="getQuarter")
@bp.response(200, FiguresAnswer)
def get_quarter(period: str) -> Response:
    """Return the figures of a quarter, such as 2026-Q2, in their newest version, with its notes."""
    told = _figures(periods.quarter(services(), period))
    written = [
        {"kind": one.kind.value, "words": one.words, "written_at": format_instant(one.written_at)}
        for one in notes_of(services(), period)
    ]
    return _json({**told, "notes": written})


def _metric(metric: Metric) -> dict[str, Any]:
    return {"key": metric.key, **tell_metric(metric)}


def _figures(found: periods.View) -> dict[str, Any]:
    record = found.record
    return {
        "period": record.period,
        "version": record.number,
        "waiting": found.is_waiting,
        "computed_at": format_instant(record.computed_at),
        "cut": format_instant(record.cut),
        "known": format_instant(record.known),
        "frozen_at": None if record.frozen_at is None else format_instant(record.frozen_at),
        "reason": record.reason,
        **{name: found.told[name] for name in _TOLD if name in found.told},
        "figures": found.told.get("figures", []),
    }


def _json(answer: dict[str, Any]) -> Response:
    return Response(to_json(answer), mimetype="application/json")

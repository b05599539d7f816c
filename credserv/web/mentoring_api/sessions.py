"""/api/v1/mentoring/sessions: sessions from another system, with confirmations and feedback."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit import reported_sessions
from credserv.journeys.accredit.mentors import judge_sessions
from credserv.journeys.accredit.reported_sessions import MAX_SCORE, MAX_WORDS, ReportedSession
from credserv.journeys.accredit.session_figures import supply_figures
from credserv.journeys.accredit.sessions import find_session
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.records.mentoring import MINUTES, MentoringKind, MentoringSession, Side
from credserv.web.frame.auth import require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint(
    "mentoring_sessions",
    __name__,
    url_prefix="/api/v1/mentoring",
    description="For programs, with an API key.",
)

_PERSON = {"description": "By employee number or e-mail address."}
_DEFAULT_MAXIMUM = 10.0
EXAMPLE: dict[str, Any] = {
    "reference": "s-2041",
    "mentor": "1041",
    "mentee": "1207",
    "minutes": 30,
    "competency": "feedback",
    "held_at": "2026-03-13T09:00:00Z",
}


class SessionPayload(Payload):
    """A session that was held. Safe to repeat by its reference."""

    reference = text(MAX_REFERENCE_CHARS, metadata={"description": "Your own id for it."})
    mentor = text(MAX_REFERENCE_CHARS, required=True, metadata=_PERSON)
    mentee = text(MAX_REFERENCE_CHARS, required=True, metadata=_PERSON)
    minutes = fields.Integer(required=True, strict=True, validate=validate.OneOf(MINUTES))
    competency = text(200, required=True)
    held_at = Instant(metadata={"description": "Now by default."})
    kind = fields.String(
        validate=validate.OneOf([kind.value for kind in MentoringKind]),
        load_default=MentoringKind.SESSION.value,
    )


class ConfirmationPayload(Payload):
    by = text(MAX_REFERENCE_CHARS, required=True, metadata=_PERSON)


class FeedbackPayload(Payload):
    by = text(MAX_REFERENCE_CHARS, required=True, metadata=_PERSON)
    score = fields.Float(required=True, allow_nan=False, validate=validate.Range(0, MAX_SCORE))
    maximum = fields.Float(
        load_default=_DEFAULT_MAXIMUM,
        allow_nan=False,
        validate=validate.Range(0, MAX_SCORE, min_inclusive=False),
        metadata={"description": "The highest possible score."},
    )
    words = fields.String(load_default="", validate=validate.Length(max=MAX_WORDS))


class SessionAnswer(ma.Schema):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    minutes = fields.Integer(required=True)
    competency = fields.String(required=True)
    kind = fields.String(required=True)
    held_at = Instant(required=True, allow_none=True)
    confirmed_by = fields.List(
        fields.String(validate=validate.OneOf([side.value for side in Side])), required=True
    )


class JudgedSessionAnswer(SessionAnswer):
    counts = fields.Boolean(
        required=True, metadata={"description": "Whether it counts as evidence, for both."}
    )
    why_not = fields.String(
        required=True, metadata={"description": "The reason in words; empty if it counts."}
    )


class FeedbackAnswer(ma.Schema):
    given_at = Instant(required=True)


class CompetencySupply(ma.Schema):
    mentors_in_force = fields.Integer(required=True)
    free_minutes_this_week = fields.Integer(required=True)


class SupplyAnswer(ma.Schema):
    mentors_in_force = fields.Integer(required=True)
    minutes_offered_a_week = fields.Integer(required=True)
    free_minutes_this_week = fields.Integer(required=True)
    by_competency = fields.Dict(
        fields.String(),
        fields.Nested(CompetencySupply),
        required=True,
        metadata={"description": "The same minutes are listed under each competency that a mentor offers."},
    )
    requests = fields.Integer(
        required=True, metadata={"description": "From the last 90 days, like those below."}
    )
    people_who_asked = fields.Integer(required=True)
    median_days_to_session = fields.Float(required=True, allow_none=True)
    declined_by_reason = fields.Dict(fields.String(), fields.Integer(), required=True)
    expired = fields.Integer(required=True)
    declined_or_expired_by_language = fields.Dict(fields.String(), fields.Integer(), required=True)


@bp.route("/sessions", methods=["POST"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(SessionPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="tellMentoringSession")
@bp.response(201, SessionAnswer)
@bp.alt_response(200, schema=SessionAnswer, description="It was already reported.", success=True)
def post_session(asked: dict[str, Any]) -> Response:
    """Record a session that was held.

    It counts as evidence once both have confirmed it, whenever you send that, if the mentor's accreditation
    was valid when it was held.
    """
    told = ReportedSession(**{**asked, "kind": MentoringKind(asked["kind"])})
    session, is_new = reported_sessions.report_session(services(), told, now())
    return _json(_told(session), 201 if is_new else 200)


@bp.route("/sessions/<string:ref>", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getMentoringSession")
@bp.response(200, JudgedSessionAnswer)
def get_session(ref: str) -> Response:
    """Return a session by your reference or our id, and whether it counts as evidence."""
    (judged,) = judge_sessions(services(), [find_session(services(), ref)], now())
    return _json({**_told(judged.session), "counts": judged.counts, "why_not": judged.why_not})


@bp.route("/sessions/<string:ref>/confirmations", methods=["POST"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ConfirmationPayload, location="json", example={"by": "1207"})
@bp.doc(operationId="confirmMentoringSession")
@bp.response(200, SessionAnswer)
def post_confirmation(asked: dict[str, Any], ref: str) -> Response:
    """Record that one of the two confirmed a session. Safe to repeat."""
    return _json(_told(reported_sessions.confirm_reported(services(), ref, asked["by"], now())))


@bp.route("/sessions/<string:ref>/feedback", methods=["POST"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(FeedbackPayload, location="json", example={"by": "1207", "score": 4, "maximum": 5})
@bp.doc(operationId="giveMentoringFeedback")
@bp.response(200, FeedbackAnswer)
def post_feedback(asked: dict[str, Any], ref: str) -> Response:
    """Record what one of the two said about the other, once.

    Mentors see feedback from at least five people.
    """
    said = (asked["score"], asked["maximum"], asked["words"])
    rater = find_member(services(), asked["by"])
    given = reported_sessions.take_feedback(
        services(), find_session(services(), ref).id, rater.id, said, now()
    )
    return _json({"given_at": format_instant(given.given_at)})


@bp.route("/supply", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getMentoringSupply")
@bp.response(200, SupplyAnswer)
def get_supply() -> Response:
    """Return what mentors have available this week, and the outcome of the last 90 days' requests."""
    return _json(supply_figures(services(), at=now()))


def _told(session: MentoringSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "reference": session.reference,
        "state": session.state_at(now()).value,
        "minutes": session.minutes,
        "competency": session.competency,
        "kind": session.kind.value,
        "held_at": None if session.held_at is None else format_instant(session.held_at),
        "confirmed_by": [side.value for side in Side if session.confirmed_at(side) is not None],
    }


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status, mimetype="application/json")

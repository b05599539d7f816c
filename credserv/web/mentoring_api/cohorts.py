"""/api/v1/mentoring: cohorts, and what a mentor offers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields, validate

from credserv.accreditation.hours import MAX_WINDOWS, parse_window
from credserv.ground.canonical_json import to_json
from credserv.journeys.accredit.cohorts import (
    MAX_CHARS,
    MAX_LEARNERS,
    CohortWish,
    begin_cohort,
    cohort_progress,
    find_cohort,
)
from credserv.journeys.accredit.offers import MAX_MINUTES_A_WEEK, set_offer
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.records.mentoring import MINUTES, CohortPlace, CohortRecord, MentoringKind, MentorOffer
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Day, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint(
    "mentoring_cohorts",
    __name__,
    url_prefix="/api/v1/mentoring",
    description="For programs, with an API key.",
)

_MOST = 20
_PERSON = {"description": "By employee number or e-mail address."}
EXAMPLE: dict[str, Any] = {
    "reference": "spring-2026",
    "name": "New leads, spring",
    "competency": "feedback",
    "minutes": 30,
    "starts_on": "2026-04-01",
    "ends_on": "2026-06-30",
    "sessions_each": 4,
    "learners": [{"person": "1207", "languages": ["de", "en"]}],
}
OFFER_EXAMPLE: dict[str, Any] = {
    "competencies": ["feedback"],
    "languages": ["de", "en"],
    "minutes_a_week": 90,
    "hours": [{"weekday": 0, "begins": "09:00", "ends": "12:00"}],
}


def _languages() -> Any:
    return fields.List(text(35), required=True, validate=validate.Length(1, _MOST))


class LearnerPayload(Payload):
    person = text(MAX_REFERENCE_CHARS, required=True, metadata=_PERSON)
    languages = _languages()


class CohortPayload(Payload):
    """A new cohort: its learners get mentors at once. Safe to repeat by its reference."""

    reference = text(MAX_REFERENCE_CHARS, metadata={"description": "Your own id for it."})
    name = text(MAX_CHARS, required=True)
    competency = text(MAX_CHARS, required=True)
    minutes = fields.Integer(required=True, strict=True, validate=validate.OneOf(MINUTES))
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    sessions_each = fields.Integer(load_default=0, strict=True, validate=validate.Range(0, 100))
    aim = fields.String(load_default="", validate=validate.Length(max=MAX_CHARS))
    sponsor = fields.String(load_default="", validate=validate.Length(max=MAX_CHARS))
    target_role = fields.String(load_default="", validate=validate.Length(max=MAX_CHARS))
    learners = fields.List(
        fields.Nested(LearnerPayload), required=True, validate=validate.Length(1, MAX_LEARNERS)
    )


class WindowPayload(Payload):
    weekday = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 6), metadata={"description": "0 for Monday."}
    )
    begins = text(5, required=True)
    ends = text(5, required=True)


class OfferPayload(Payload):
    """What a mentor offers, replacing their earlier offer."""

    competencies = fields.List(text(100), required=True, validate=validate.Length(1, _MOST))
    languages = _languages()
    kinds = fields.List(
        fields.String(validate=validate.OneOf([kind.value for kind in MentoringKind])),
        load_default=[MentoringKind.SESSION.value],
        validate=validate.Length(1, len(MentoringKind)),
    )
    minutes_a_week = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, MAX_MINUTES_A_WEEK)
    )
    hours = fields.List(
        fields.Nested(WindowPayload), load_default=[], validate=validate.Length(max=MAX_WINDOWS)
    )


class PlaceAnswer(ma.Schema):
    mentee = fields.String(required=True, metadata={"description": "Our id for the member."})
    mentor = fields.String(required=True, allow_none=True, metadata={"description": "null if none is left."})
    why = fields.Dict(required=True, metadata={"description": "The reason, or the excluded people by code."})


class CohortAnswer(ma.Schema):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    learners = fields.Integer(required=True)
    matched = fields.Integer(required=True)
    held = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    on_target = fields.Integer(required=True)
    satisfaction = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "A ratio; null for fewer than eight people."},
    )
    places = fields.List(fields.Nested(PlaceAnswer), required=True)


class OfferAnswer(ma.Schema):
    mentor = fields.String(required=True, metadata={"description": "Our id for the member."})


@bp.route("/cohorts", methods=["POST"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(CohortPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="beginCohort")
@bp.response(201, CohortAnswer)
@bp.alt_response(200, schema=CohortAnswer, description="It had already started.", success=True)
def post_cohort(asked: dict[str, Any]) -> Response:
    """Begin a cohort: as many learners as possible get a mentor, each with the reason."""
    learners = tuple(
        (find_member(services(), one["person"]).id, tuple(one["languages"])) for one in asked["learners"]
    )
    wish = CohortWish(**{**asked, "learners": learners})
    cohort, places, is_new = begin_cohort(services(), wish, actor=actor(), now=now())
    return _json(_told(cohort, places), 201 if is_new else 200)


@bp.route("/cohorts/<string:ref>", methods=["GET"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.doc(operationId="getCohort")
@bp.response(200, CohortAnswer)
def get_cohort(ref: str) -> Response:
    """Return a cohort by your reference or our id: who is with whom, and their progress."""
    return _json(_told(*find_cohort(services(), ref)))


@bp.route("/mentors/<string:ref>", methods=["PUT"], tags=["Mentoring"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(OfferPayload, location="json", example=OFFER_EXAMPLE)
@bp.doc(operationId="putMentorOffer")
@bp.response(200, OfferAnswer)
def put_offer(asked: dict[str, Any], ref: str) -> Response:
    """Set what a mentor offers, by employee number or address. Safe to repeat."""
    member = find_member(services(), ref)
    offer = MentorOffer(
        membership_id=member.id,
        competencies=tuple(dict.fromkeys(asked["competencies"])),
        languages=tuple(dict.fromkeys(asked["languages"])),
        kinds=tuple(kind for kind in MentoringKind if kind.value in asked["kinds"]),
        minutes_a_week=asked["minutes_a_week"],
        hours=tuple(parse_window(one["weekday"], one["begins"], one["ends"]) for one in asked["hours"]),
        changed_at=now(),
    )
    set_offer(services(), offer)
    return _json({"mentor": member.id})


def _told(cohort: CohortRecord, places: tuple[CohortPlace, ...]) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "reference": cohort.reference,
        **vars(cohort_progress(services(), cohort, places, now())),
        "places": [{"mentee": one.mentee_id, "mentor": one.mentor_id, "why": one.why} for one in places],
    }


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status, mimetype="application/json")

"""/api/v1/accreditations: decisions about applications, and the further course of an accreditation."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from credserv.accreditation.standing import State
from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit import changes, states
from credserv.journeys.accredit.grant import Decision, grant, refuse
from credserv.journeys.accredit.renewal import renew
from credserv.journeys.accredit.review import reviewed
from credserv.journeys.accredit.states import Stands
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS, find_member
from credserv.records.lives import Life
from credserv.records.paging import Place
from credserv.web.frame.auth import require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import CREDENTIAL_URL, FORMER_ITEMS, Day, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint(
    "accreditations_api", __name__, url_prefix="/api/v1", description="For programs, with an API key."
)

MAX_REASON_CHARS = 2_000
_MOST = 1_000
_BY = {"description": "The member who decides: employee number or e-mail address."}
_REASON = {"description": "Only the person sees it."}
_EXAMPLE: dict[str, Any] = {"by": "E-1003", "reason": "As the panel decided.", "reference": "d-2026-4"}


class ByPayload(Payload):
    """Safe to repeat with a reference."""

    by = text(MAX_REFERENCE_CHARS, required=True, metadata=_BY)
    reason = text(MAX_REASON_CHARS, load_default="", metadata=_REASON)
    reference = text(MAX_REFERENCE_CHARS)


class DecisionPayload(ByPayload):
    """`reference`: names the accreditation from then on."""

    decision = fields.String(required=True, validate=validate.OneOf(["grant", "refuse"]))


class SuspensionPayload(ByPayload):
    review_on = Day(
        metadata={
            "description": "The day by which somebody reviews it: at most 90 days ahead, "
            "which is the default."
        }
    )
    complainant = text(
        MAX_REFERENCE_CHARS, metadata={"description": "The person who complained, who cannot decide."}
    )


class RevocationPayload(ByPayload):
    also_by = text(
        MAX_REFERENCE_CHARS,
        metadata={
            "description": "A second decider, for revoking at once because of fraud, also retroactively."
        },
    )
    effective_from = Instant(metadata={"description": "The time from which it did not hold; now by default."})


class SurrenderPayload(Payload):
    reason = text(MAX_REASON_CHARS, load_default="")
    reference = text(MAX_REFERENCE_CHARS)


class WhenQuery(Payload):
    at = Instant(metadata={"description": "The time at which it should hold; now by default."})
    known = Instant(metadata={"description": "Answer with what was known at this time; `at` by default."})


class ListQuery(WhenQuery):
    programme = text(64)
    state = fields.String(validate=validate.OneOf([one.value for one in State]))
    limit = fields.Integer(load_default=_MOST, validate=validate.Range(1, _MOST))
    after = fields.String(
        validate=validate.Regexp(r"[0-9]{1,17}\.[A-Za-z0-9_-]{1,64}\Z", error="Not the `next` of a page."),
        metadata={"description": "`next` from the previous page."},
    )


class TermAnswer(Payload):
    number = fields.Integer(required=True)
    programme_version = fields.Integer(required=True)
    valid_from = Instant(required=True)
    term_end = Instant(required=True)
    grace_end = Instant(required=True)
    decided_at = Instant(required=True)


class AccreditationAnswer(Payload):
    id = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    url = fields.Url(required=True, metadata={"description": CREDENTIAL_URL["description"]})
    programme = fields.String(required=True)
    competencies = fields.List(fields.String(), required=True)
    level = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"enum": [one.value for one in State]})
    since = Instant(required=True, allow_none=True)
    in_force = fields.Boolean(required=True)
    renewal_due = Instant(required=True, allow_none=True)
    to_review_since = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Set if its grounds no longer suffice, so that a person has to decide."},
    )
    terms = fields.List(fields.Nested(TermAnswer), required=True)


class AccreditationsAnswer(Payload):
    items = fields.List(fields.Nested(AccreditationAnswer), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Pass it as `after` to get the next page; null at the end."},
    )
    accreditations = fields.List(fields.Nested(AccreditationAnswer), required=True, metadata=FORMER_ITEMS)
    more = fields.Boolean(
        required=True,
        metadata={"description": "The former name of `next`: whether there is one.", "deprecated": True},
    )


@bp.route("/applications/<string:name>/decision", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(DecisionPayload, location="json", example={"decision": "grant", **_EXAMPLE})
@bp.doc(operationId="decideApplication")
@bp.response(200)
def post_decision(told: dict[str, Any], name: str) -> Response:
    """Grant or refuse an application.

    The requirements of the programme are checked again in the same transaction. If any is open, it is
    reported and nothing is granted. Safe to repeat.
    """
    decision = _decision(told)
    if told["decision"] == "refuse":
        record = refuse(services(), name, decision, now())
        return _json({"id": record.id, "reference": record.reference, "state": record.state.value})
    return _told(grant(services(), name, decision, now()))


@bp.route("/accreditations", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.arguments(ListQuery, location="query")
@bp.doc(operationId="listAccreditations")
@bp.response(200, AccreditationsAnswer)
def list_accreditations(asked: dict[str, Any]) -> Response:
    """List every accreditation ever granted, oldest first, with its state; by programme and by state."""
    state = asked.get("state")
    found = states.accreditations(
        services(),
        at=asked.get("at") or now(),
        known=asked.get("known"),
        programme=asked.get("programme"),
        states=(State(state),) if state else (),
    )
    after = Place.parse(asked["after"]) if "after" in asked else None
    left = sorted(found, key=lambda one: (_place(one).at, _place(one).id))
    if after is not None:
        left = [one for one in left if (_place(one).at, _place(one).id) > (after.at, after.id)]
    shown, is_more = left[: asked["limit"]], len(left) > asked["limit"]
    answers = [_answer(one) for one in shown]
    following = str(_place(shown[-1])) if is_more else None
    return _json({"items": answers, "next": following, "accreditations": answers, "more": is_more})


@bp.route("/accreditations/<string:name>", methods=["GET"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:read")
@bp.arguments(WhenQuery, location="query")
@bp.doc(operationId="getAccreditation")
@bp.response(200, AccreditationAnswer)
def get_accreditation(asked: dict[str, Any], name: str) -> Response:
    """Return the state of an accreditation, at an instant and as known at another."""
    found = states.accreditation(services(), name, at=asked.get("at") or now(), known=asked.get("known"))
    return _json(_answer(found))


@bp.route("/accreditations/<string:name>/renewals", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ByPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="renewAccreditation")
@bp.response(200, AccreditationAnswer)
def post_renewal(told: dict[str, Any], name: str) -> Response:
    """Add a term from the end of the old one, with a new version of the badge."""
    return _told(renew(services(), name, _decision(told), now()))


@bp.route("/accreditations/<string:name>/suspension", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(SuspensionPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="suspendAccreditation")
@bp.response(200, AccreditationAnswer)
def post_suspension(told: dict[str, Any], name: str) -> Response:
    """Suspend a valid accreditation. Its term continues."""
    complainant = told.get("complainant")
    wanted = changes.Suspension(
        by=_member(told["by"]),
        reason=told["reason"],
        review_on=told.get("review_on"),
        complainant=None if complainant is None else _member(complainant),
        reference=told.get("reference"),
    )
    return _told(changes.suspend(services(), name, wanted, now()))


@bp.route("/accreditations/<string:name>/restoration", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ByPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="restoreAccreditation")
@bp.response(200, AccreditationAnswer)
def post_restoration(told: dict[str, Any], name: str) -> Response:
    """Restore a suspended accreditation."""
    decision = _decision(told)
    return _told(changes.restore(services(), name, changes.Restoration(**vars(decision)), now()))


@bp.route("/accreditations/<string:name>/revocation", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(RevocationPayload, location="json", example={**_EXAMPLE, "also_by": "E-1004"})
@bp.doc(operationId="revokeAccreditation")
@bp.response(200, AccreditationAnswer)
def post_revocation(told: dict[str, Any], name: str) -> Response:
    """Revoke permanently: after a suspension and its time for an appeal, or at once by two uninvolved
    people."""
    by = (told["by"], *([told["also_by"]] if told.get("also_by") else []))
    wanted = changes.Revocation(
        by=tuple(_member(one) for one in by),
        reason=told["reason"],
        effective_from=told.get("effective_from"),
        reference=told.get("reference"),
    )
    return _told(changes.revoke(services(), name, wanted, now()))


@bp.route("/accreditations/<string:name>/surrender", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(SurrenderPayload, location="json", example={"reason": "Changed to another role."})
@bp.doc(operationId="surrenderAccreditation")
@bp.response(200, AccreditationAnswer)
def post_surrender(told: dict[str, Any], name: str) -> Response:
    """Record that its holder returns it, from now on and permanently."""
    holder = states.accreditation(services(), name, at=now()).life.record.membership_id
    wanted = changes.Surrender(by=holder, reason=told["reason"], reference=told.get("reference"))
    return _told(changes.surrender(services(), name, wanted, now()))


@bp.route("/accreditations/<string:name>/review", methods=["POST"], tags=["Accreditation"])
@door(budget="api", machine=True)
@require_scope("accreditations:write")
@bp.arguments(ByPayload, location="json", example=_EXAMPLE)
@bp.doc(operationId="reviewAccreditation")
@bp.response(200, AccreditationAnswer)
def post_review(told: dict[str, Any], name: str) -> Response:
    """Record the review of a grant that needed one; the grant stays as it is."""
    return _told(reviewed(services(), name, by=_member(told["by"]), note=told["reason"], now=now()))


# ---


def _member(reference: str) -> str:
    return find_member(services(), reference).id


def _decision(told: dict[str, Any]) -> Decision:
    return Decision(by=_member(told["by"]), reason=told["reason"], reference=told.get("reference"))


def _told(life: Life) -> Response:
    return _json(_answer(states.accreditation(services(), life.credential_id, at=now())))


def _answer(found: Stands) -> dict[str, Any]:
    life, standing = found.life, found.standing
    record, term = life.record, standing.term
    instants = {
        "since": standing.since,
        "renewal_due": None if term is None else term.term_end,
        "to_review_since": record.to_review_since,
    }
    return {
        "id": record.credential_id,
        "reference": record.reference,
        "url": credential_url(services().public_url, record.credential_id),
        "programme": record.programme_key,
        "competencies": list(record.competencies),
        "level": record.level,
        "state": standing.state.value,
        "in_force": standing.in_force,
        **{name: None if at is None else format_instant(at) for name, at in instants.items()},
        "terms": [
            {
                "number": one.number,
                "programme_version": one.programme_version,
                "valid_from": format_instant(one.valid_from),
                "term_end": format_instant(one.term_end),
                "grace_end": format_instant(one.grace_end),
                "decided_at": format_instant(one.decided_at),
            }
            for one in life.terms
        ],
    }


def _json(answer: dict[str, Any]) -> Response:
    return Response(to_json(answer), mimetype="application/json")


def _place(one: Stands) -> Place:
    return Place(one.life.record.granted_at, one.life.record.credential_id)

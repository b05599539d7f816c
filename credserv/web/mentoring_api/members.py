"""/api/v1/members: the people of the organisation, from its personnel system."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import ValidationError, fields, validate

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant, parse_day, parse_instant
from credserv.ground.errors import InputError
from credserv.ground.names import is_email
from credserv.journeys.admit.persons import MAX_REFERENCE_CHARS
from credserv.journeys.measure import changes, facts, members, spells
from credserv.records.employment import OWN, EmploymentReport, LevelOrder, MemberReport, Position, position_of
from credserv.records.people import MembershipRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Flag, Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("members_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

_MAX_CHARS = 200
_POSITION = ("role", "level", "department", "site")
EXAMPLE: dict[str, Any] = {
    "email": "ana@firm.example",
    "name": "Ana Doe",
    "employment": {
        "started": "2026-03-01",
        "department": "Advisory",
        "site": "Graz",
        "language": "de",
        "role": "Consultant",
        "level": 3,
    },
}
MOVE_EXAMPLE: dict[str, Any] = {
    "effective": "2026-09-01",
    "before": {"role": "Consultant", "level": 3, "department": "Advisory", "site": "Graz"},
    "after": {"role": "Senior Consultant", "level": 4, "department": "Advisory", "site": "Graz"},
}


class Day(fields.Field[date]):
    """A day, as in 2026-11-21, or an instant with its zone."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date | datetime:
        if not isinstance(value, str):
            raise ValidationError("Neither a day nor a date and time.")
        try:
            day = parse_day(value[:10])
            return day if len(value) == 10 else parse_instant(value)
        except InputError as error:
            raise ValidationError(
                "Neither a day, as in 2026-11-21, nor a date and time with a zone."
            ) from error


class Level(fields.Field[str]):
    """A number, or a text that contains one."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        told = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(told, str) or not 0 < len(told) <= _MAX_CHARS:
            raise ValidationError("Neither a number nor a text.")
        return told


def _require_email(value: str) -> None:
    if not is_email(value):
        raise ValidationError("Not one plain e-mail address.")


def _text(**options: Any) -> fields.String:
    return text(_MAX_CHARS, allow_none=True, **options)


class PositionPayload(Payload):
    role = _text()
    level = Level(allow_none=True)
    department = _text()
    site = _text()


class EmploymentPayload(PositionPayload):
    employer = fields.String(
        validate=validate.Length(max=_MAX_CHARS),
        load_default=OWN,
        metadata={"description": "The name of another employer; absent for the organisation itself."},
    )
    started = Day(required=True)
    ended = Day(metadata={"description": "The last day, or the time from which they were gone."})
    language = _text()
    group = _text(metadata={"description": "Figures can be compared by group, never by a single person."})
    manager = text(
        MAX_REFERENCE_CHARS, allow_none=True, metadata={"description": "By employee number or address."}
    )


class MemberPayload(Payload):
    """Somebody of the organisation. Safe to repeat."""

    email = fields.String(
        validate=_require_email, metadata={"description": "Required for somebody who is new here."}
    )
    name = text(_MAX_CHARS)
    employment = fields.Nested(EmploymentPayload)


class ListedMemberPayload(MemberPayload):
    reference = text(
        MAX_REFERENCE_CHARS, required=True, metadata={"description": "The employee number, or the address."}
    )


class MembersPayload(Payload):
    members = fields.List(
        fields.Nested(ListedMemberPayload),
        required=True,
        validate=validate.Length(1, members.MAX_MEMBERS),
    )


class LeavingPayload(Payload):
    ended = Day(
        required=True, metadata={"description": "The last day, or the time from which they are gone."}
    )
    employer = fields.String(validate=validate.Length(max=_MAX_CHARS), load_default=OWN)


class MovePayload(Payload):
    """A row about somebody's job. Whether it is a promotion, a demotion or a lateral move is computed."""

    effective = Day(required=True)
    correction = Flag(
        load_default=False, metadata={"description": "The earlier data was wrong: nobody moved."}
    )
    before = fields.Nested(PositionPayload, required=True)
    after = fields.Nested(PositionPayload, required=True)
    employer = fields.String(validate=validate.Length(max=_MAX_CHARS))
    level_order = fields.String(
        validate=validate.OneOf([one.value for one in LevelOrder]),
        load_default=LevelOrder.ASCENDING.value,
        metadata={"description": "`descending` if level 1 is the highest."},
    )


class MemberAnswer(ma.Schema):
    id = fields.String(required=True, metadata={"description": "Id of the person in this organisation."})
    name = fields.String(required=True, allow_none=True)


class MembersAnswer(ma.Schema):
    members = fields.List(fields.Nested(MemberAnswer), required=True)


class LeavingAnswer(ma.Schema):
    ended = Instant(required=True)


class MoveAnswer(ma.Schema):
    id = fields.String(required=True)
    effective = Instant(required=True)
    recorded_at = Instant(required=True)


@bp.route("/members", methods=["POST"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.arguments(MembersPayload, location="json", example={"members": [{"reference": "1041", **EXAMPLE}]})
@bp.doc(operationId="putMembers")
@bp.response(200, MembersAnswer)
def post_members(asked: dict[str, Any]) -> Response:
    """Send many members at once: all are accepted, or none, and each fault is reported with its place."""
    told = [_member_told(one.pop("reference"), one) for one in asked["members"]]
    known = members.put_members(services(), told, actor=actor(), now=now())
    return _json({"members": [_told(one) for one in known]})


@bp.route("/members/<string:ref>", methods=["PUT"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.arguments(MemberPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="putMember")
@bp.response(200, MemberAnswer)
def put_member(asked: dict[str, Any], ref: str) -> Response:
    """Set who somebody is, by employee number or address, and since when they work where. Safe to repeat.

    A new person becomes a member as by an order. A start after a leaving is a new employment; other changes
    replace what is known.
    """
    known = members.put_member(services(), _member_told(ref, asked), actor=actor(), now=now())
    return _json(_told(known))


@bp.route("/members/<string:ref>/leaving", methods=["POST"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.arguments(LeavingPayload, location="json", example={"ended": "2027-02-28"})
@bp.doc(operationId="tellLeaving")
@bp.response(200, LeavingAnswer)
def post_leaving(asked: dict[str, Any], ref: str) -> Response:
    """Record that somebody leaves, or left.

    Their roles here end after the last day; what they earned stays theirs.

    Safe to repeat.
    """
    ended = facts.after(services(), asked["ended"])
    spell = spells.tell_leaving(services(), ref, ended, employer=asked["employer"], actor=actor(), now=now())
    return _json({"ended": format_instant(spell.ended or ended)})


@bp.route("/members/<string:ref>/moves", methods=["POST"], tags=["People"])
@door(budget="api", machine=True)
@require_scope("people:write")
@bp.arguments(MovePayload, location="json", example=MOVE_EXAMPLE)
@bp.doc(operationId="tellMove")
@bp.response(201, MoveAnswer)
def post_move(asked: dict[str, Any], ref: str) -> Response:
    """Record a change of somebody's job, as in the personnel system. Safe to repeat."""
    change = changes.tell_change(
        services(),
        ref,
        effective=facts.moment(services(), asked["effective"]),
        before=position_of(asked["before"]),
        after=position_of(asked["after"]),
        correction=asked["correction"],
        employer=asked.get("employer"),
        level_order=LevelOrder(asked["level_order"]),
        actor=actor(),
        now=now(),
    )
    told = {
        "id": change.id,
        "effective": format_instant(change.effective),
        "recorded_at": format_instant(change.recorded_at),
    }
    return _json(told, status=201)


def _member_told(reference: str, asked: dict[str, Any]) -> MemberReport:
    said = asked.pop("employment", None)
    if said is None:
        return MemberReport(reference, **asked)
    own = services()
    position = Position(**{name: said.pop(name, None) for name in _POSITION})
    started = facts.moment(own, said.pop("started"))
    ended = facts.after(own, said.pop("ended")) if "ended" in said else None
    employment = EmploymentReport(started=started, ended=ended, position=position, **said)
    return MemberReport(reference, **asked, employment=employment)


def _told(member: MembershipRecord) -> dict[str, Any]:
    return {"id": member.id, "name": member.name}


def _json(answer: dict[str, Any], *, status: int = 200) -> Response:
    return Response(to_json(answer), status=status, mimetype="application/json")

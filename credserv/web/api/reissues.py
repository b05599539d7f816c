"""/api/v1: reissue or revoke badges of an achievement, as a run that can be previewed, by programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from credserv.ground.errors import ForbiddenError, NotFoundError
from credserv.issuing.addresses import credential_url
from credserv.journeys.award.in_bulk import run as runs
from credserv.journeys.award.in_bulk.cohort import (
    MAX_REASON_CHARS,
    REVOKES,
    Cohort,
    prepare_reissue,
    prepare_revocation,
)
from credserv.journeys.award.in_bulk.prepare import find_run
from credserv.records.bulk import RowRecord, RowState, RunKind, RunRecord, RunState
from credserv.records.credentials import CredentialState
from credserv.web.frame.auth import actor, api_key, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.shapes import Instant, Payload, text
from credserv.web.frame.strict import Blueprint

bp = Blueprint("reissues_api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")

EXAMPLE: dict[str, Any] = {
    "achievement": "mentor-foundation",
    "issued_before": "2026-11-01T00:00:00Z",
    "reason": "The criteria named the wrong course.",
}
_CHANGES: dict[str, Callable[..., None]] = {
    "begin": runs.begin,
    "pause": runs.pause,
    "resume": runs.resume,
    "cancel": runs.cancel,
}
_MAX_ROWS = 500


class ChosenBadgesPayload(Payload):
    """Which badges: those of the achievement that match everything given."""

    achievement = text(64, required=True, metadata={"description": "Its key."})
    issued_from = Instant()
    issued_before = Instant()
    rule_version = fields.Integer(
        strict=True,
        validate=validate.Range(1, 2_147_483_647),
        metadata={"description": "Version of the rule that awarded them."},
    )
    key = text(2_048, metadata={"description": "The verification method that signed them."})
    state = fields.String(
        validate=validate.OneOf([CredentialState.ACTIVE.value, CredentialState.SUSPENDED.value]),
        metadata={"description": "Both by default; suspended badges are not issued again, but reported."},
    )
    reason = text(
        MAX_REASON_CHARS,
        required=True,
        metadata={"description": "Recorded with these badges, never published."},
    )


class BadgesRunChangePayload(Payload):
    change = fields.String(required=True, validate=validate.OneOf(sorted(_CHANGES)))


class RunRowsQuery(ma.Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, _MAX_ROWS))


class ReissueRowAnswer(Payload):
    row = fields.Integer(required=True)
    became = fields.String(required=True, metadata={"enum": [one.value for one in RowState]})
    note = fields.String(
        required=True, metadata={"description": "Why it is not issued again; otherwise empty."}
    )
    former = fields.String(allow_none=True, metadata={"description": "The badge that it replaces."})
    credential_url = fields.String(allow_none=True, metadata={"description": "The new badge."})


class RevocationRowAnswer(Payload):
    row = fields.Integer(required=True)
    became = fields.String(required=True, metadata={"enum": [one.value for one in RowState]})
    note = fields.String(required=True, metadata={"description": "Why it is not revoked; otherwise empty."})
    credential_url = fields.String(allow_none=True, metadata={"description": "The badge."})


class BadgesRunAnswer(Payload):
    id = fields.String(required=True)
    name = fields.String(required=True)
    run_state = fields.String(required=True, metadata={"enum": [one.value for one in RunState]})
    created_at = Instant(required=True)
    began_at = Instant(required=True, allow_none=True)
    ended_at = Instant(required=True, allow_none=True)
    summary = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Pass it as `after` to get the rest."}
    )


class ReissueAnswer(BadgesRunAnswer):
    items = fields.List(fields.Nested(ReissueRowAnswer), required=True)


class RevocationAnswer(BadgesRunAnswer):
    items = fields.List(fields.Nested(RevocationRowAnswer), required=True)


@bp.route("/reissues", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(ChosenBadgesPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="prepareReissue")
@bp.response(201, ReissueAnswer)
def post_reissue(wanted: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Preview which badges would be reissued, and which not and why. Nothing is changed.

    Also needs the scope `credentials:issue`.
    """
    _require_issuing()
    return _prepared(prepare_reissue, wanted), 201


@bp.route("/reissues/<string:run_id>", methods=["GET"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(RunRowsQuery, location="query", unknown="raise")
@bp.doc(operationId="getReissue")
@bp.response(200, ReissueAnswer)
def get_reissue(query: dict[str, int], run_id: str) -> dict[str, Any]:
    """Return the progress of the run, and the outcome for each badge."""
    return _told(_find(run_id, RunKind.REISSUE), **query)


@bp.route("/reissues/<string:run_id>/change", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(BadgesRunChangePayload, location="json", example={"change": "begin"})
@bp.doc(operationId="changeReissue")
@bp.response(200, ReissueAnswer)
def post_change(wanted: dict[str, str], run_id: str) -> dict[str, Any]:
    """Begin, pause, resume or cancel the run. A badge is revoked at the moment another replaces it.

    Also needs the scope `credentials:issue`.
    """
    _require_issuing()
    return _changed(run_id, RunKind.REISSUE, wanted["change"])


@bp.route("/revocations", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(ChosenBadgesPayload, location="json", example=EXAMPLE)
@bp.doc(operationId="prepareRevocation")
@bp.response(201, RevocationAnswer)
def post_revocation(wanted: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Preview which badges would be revoked. Nothing is changed."""
    return _prepared(prepare_revocation, wanted), 201


@bp.route("/revocations/<string:run_id>", methods=["GET"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(RunRowsQuery, location="query", unknown="raise")
@bp.doc(operationId="getRevocation")
@bp.response(200, RevocationAnswer)
def get_revocation(query: dict[str, int], run_id: str) -> dict[str, Any]:
    """Return the progress of the run, and the outcome for each badge."""
    return _told(_find(run_id, RunKind.REVOKE), **query)


@bp.route("/revocations/<string:run_id>/change", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(BadgesRunChangePayload, location="json", example={"change": "begin"})
@bp.doc(operationId="changeRevocation")
@bp.response(200, RevocationAnswer)
def post_revocation_change(wanted: dict[str, str], run_id: str) -> dict[str, Any]:
    """Begin, pause, resume or cancel the run. What it has revoked stays revoked."""
    return _changed(run_id, RunKind.REVOKE, wanted["change"])


def _prepared(prepare: Callable[..., RunRecord], wanted: dict[str, Any]) -> dict[str, Any]:
    reason, state = wanted.pop("reason"), wanted.pop("state", None)
    cohort = Cohort(
        achievement_key=wanted.pop("achievement"),
        state=None if state is None else CredentialState(state),
        **wanted,
    )
    run = prepare(services(), cohort, reason, actor=actor(), now=now())
    return _told(run, after=0, limit=_MAX_ROWS)


def _changed(run_id: str, kind: RunKind, change: str) -> dict[str, Any]:
    _CHANGES[change](services(), _find(run_id, kind).id, actor=actor(), now=now())
    return _told(_find(run_id, kind), after=0, limit=_MAX_ROWS)


def _require_issuing() -> None:
    if "credentials:issue" not in api_key().scopes:
        raise ForbiddenError("this API key lacks the scope credentials:issue")


def _find(run_id: str, kind: RunKind) -> RunRecord:
    found = find_run(services(), run_id)
    if found.kind is not kind:
        raise NotFoundError("there is no such run")
    return found


def _told(run: RunRecord, *, after: int, limit: int) -> dict[str, Any]:
    rows = runs.rows_of(services(), run.id, after=after, limit=limit + 1)
    shown = rows[:limit]
    return {
        "id": run.id,
        "name": run.name,
        "run_state": run.state.value,
        "created_at": run.created_at,
        "began_at": run.began_at,
        "ended_at": run.ended_at,
        "summary": {state.value: count for state, count in run.counts.items()},
        "items": [_row(row) for row in shown],
        "next": str(shown[-1].line) if len(rows) > len(shown) else None,
    }


def _row(row: RowRecord) -> dict[str, Any]:
    former, made = row.order.get("replaces"), row.credential_id or row.order.get(REVOKES)
    return {
        "row": row.line,
        "became": row.state.value,
        "note": row.note,
        "former": former and credential_url(services().public_url, former),
        "credential_url": made and credential_url(services().public_url, made),
    }

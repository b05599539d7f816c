"""/api/v1: achievements, credentials and verification, for programs. OpenAPI is generated from this file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import CredservError, SchemaFaultsError
from credserv.issuing.addresses import credential_url
from credserv.issuing.recipe import Issued
from credserv.journeys.award.award import find_event
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.issued import record_of, search
from credserv.journeys.award.orders import API_SCOPE, OrderRequest, award_request
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.publish.publish import achievement as find_achievement
from credserv.journeys.publish.publish import set_status
from credserv.journeys.translations import translations_of
from credserv.openbadges.translations import written
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialFilter, CredentialRecord, CredentialState
from credserv.records.paging import Place
from credserv.web.api import examples
from credserv.web.api import shapes as payloads
from credserv.web.api.orders import order_request, read_plain_batch, read_plain_order
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import note_intake
from credserv.web.frame.problems import flatten_messages
from credserv.web.frame.strict import Blueprint, read_first

bp = Blueprint("api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")


# --- achievements -------------------------------------------------------------------------------


@bp.route("/achievements", methods=["POST"], tags=["Achievements"])
@door(budget="api", machine=True)
@require_scope("achievements:write")
@bp.arguments(payloads.AchievementDefinitionPayload, location="json", example=examples.ACHIEVEMENT)
@bp.doc(operationId="defineAchievement")
@bp.response(201, payloads.AchievementAnswer)
@bp.alt_response(200, schema=payloads.AchievementAnswer, description="It was already known.", success=True)
def post_achievement(document: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Load an achievement. A change makes a new version; the same definition again makes none.

    All faults of the definition are reported together, each with its place. Pictures are data URIs.
    """
    version, created = define(services(), document, read_image=no_image_files, actor=actor(), now=now())
    answer = _achievement_answer(version)
    return answer, 201 if created else 200, {"Location": answer["url"]}


@bp.route("/achievements", methods=["GET"], tags=["Achievements"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(payloads.AchievementQuery, location="query", unknown="raise")
@bp.doc(operationId="listAchievements")
@bp.response(200, payloads.AchievementListAnswer)
def list_achievements(query: dict[str, Any]) -> dict[str, Any]:
    """List the achievements by key, each in its newest version; at most `limit` of them if given."""
    limit = query.get("limit")
    asked = None if limit is None else limit + 1
    found = newest_of_each(services(), after=query.get("after", ""), limit=asked)
    shown = found[:limit]
    following = shown[-1].key if len(found) > len(shown) else None
    return {"items": [_achievement_answer(one) for one in shown], "next": following}


@bp.route("/achievements/<string:key>", methods=["GET"], tags=["Achievements"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("credentials:read")
@bp.doc(operationId="getAchievement")
@bp.response(200, payloads.AchievementAnswer)
def get_achievement(key: str) -> dict[str, Any]:
    """Return the newest version of an achievement."""
    return _achievement_answer(find_achievement(services(), key))


def _achievement_answer(version: AchievementVersion) -> dict[str, Any]:
    return {
        "key": version.key,
        "version": version.version,
        "kind": version.kind.value,
        "url": str(version.achievement["id"]),
        "created_at": version.created_at,
        "validity_days": version.validity_days,
        "validity_months": version.validity_months,
        "award": version.award_rule.value,
        "achievement": dict(version.achievement),
        "learning": version.learning,
        "translations": written(translations_of(services(), version)),
    }


# --- events -------------------------------------------------------------------------------------


@bp.route("/events/<string:source>/<path:event_id>", methods=["GET"], tags=["Events"])
@door(budget="api", machine=True, shown=("source",))
@require_scope("credentials:read")
@bp.doc(operationId="getEvent")
@bp.response(200, payloads.EventAnswer)
def get_event(source: str, event_id: str) -> dict[str, Any]:
    """Return the outcome of an event that a learning system sent, by its id."""
    event = find_event(services(), source, event_id)
    credential = event.credential_id and credential_url(services().public_url, event.credential_id)
    return {
        "source": event.source,
        "event_id": event.event_id,
        "received_at": event.received_at,
        "state": event.state.value,
        "credential_url": credential,
        "credential": credential,
        "note": event.note,
    }


# --- credentials --------------------------------------------------------------------------------


@bp.route("/credentials", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:issue")
@read_first(read_plain_order)
@bp.arguments(payloads.IdempotencyHeaders, location="headers")
@bp.arguments(payloads.CredentialOrderPayload, location="json", example=examples.ORDER)
@bp.doc(operationId="issueCredential")
@bp.response(201, payloads.CredentialAnswer)
@bp.alt_response(
    200, schema=payloads.CredentialAnswer, description="A repeat: the first result.", success=True
)
def post_credential(headers: dict[str, str], order: dict[str, Any]) -> Response:
    """Issue one credential. Repeating an order with the same `Idempotency-Key` issues nothing again.

    Nor does an order for something this person was already awarded, by any route, unless the achievement can
    be awarded again (`award`). The response is then the existing credential, with a note.
    """
    request_ = order_request(order, headers["idempotency_key"])
    record, issued = award_request(services(), API_SCOPE, request_, now=now(), actor=actor())
    answer = _credential_answer(record, 201 if issued.created else 200, note=issued.note)
    answer.headers["Location"] = credential_url(services().public_url, record.id)
    return answer


@bp.route("/credentials", methods=["GET"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(payloads.CredentialQuery, location="query", unknown="raise")
@bp.doc(operationId="listCredentials")
@bp.response(200, payloads.CredentialListAnswer)
def list_credentials(query: dict[str, Any]) -> Response:
    """Find credentials by recipient, achievement, state and time, newest first.

    A page continues where the previous one ended, whatever was issued in between.
    """
    wanted = CredentialFilter(
        state=CredentialState(query["state"]) if "state" in query else None,
        recipient=query.get("recipient", "").strip(),
        achievement_key=query.get("achievement", ""),
        issued_from=query.get("issued_from"),
        issued_before=query.get("issued_before"),
    )
    after = Place.parse(query["after"]) if "after" in query else None
    found = search(services(), "", wanted=wanted, limit=query["limit"], after=after)
    last = found.items[-1] if found.older else None
    following = None if last is None else str(Place(last.issued_at, last.id))
    return _json({"items": [_described(record) for record in found.items], "next": following})


@bp.route("/credentials/<string(length=22):credential_id>", methods=["GET"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.doc(operationId="getCredential")
@bp.response(200, payloads.CredentialAnswer)
def get_credential(credential_id: str) -> Response:
    """Return the state of a credential. The credential itself is at its public URL."""
    return _credential_answer(record_of(services(), credential_id))


@bp.route("/credentials/<string:credential_id>/status", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:status")
@bp.arguments(payloads.StatusChangePayload, location="json", example=examples.STATUS)
@bp.doc(operationId="changeCredentialStatus")
@bp.response(200, payloads.CredentialAnswer)
def post_status(change: dict[str, str], credential_id: str) -> Response:
    """Revoke (permanently), suspend, or restore a suspended credential."""
    record = set_status(
        services(),
        credential_id,
        CredentialState(change["state"]),
        reason=change["reason"].strip(),
        actor=actor(),
        now=now(),
    )
    return _credential_answer(record)


@bp.route("/credentials/batch", methods=["POST"], tags=["Credentials"])
@door(budget="api", machine=True)
@require_scope("credentials:issue")
@read_first(read_plain_batch)
@bp.arguments(payloads.BatchPayload, location="json", example=examples.BATCH)
@bp.doc(operationId="issueCredentials")
@bp.response(200, payloads.BatchAnswer)
def post_batch(batch: dict[str, Any]) -> Response:
    """Issue many credentials at once, each with its own idempotency key.

    The response has a result for each order, in order: its credential, new or from an earlier request, or the
    reason for none, with every fault and its place. A wrong order does not affect the others. Repeating the
    batch issues nothing twice.
    """
    rows = batch["items"]
    requests = [order_request(row, row["idempotency_key"]) for row in rows if isinstance(row, dict)]
    issued = award_batch(services(), scope=API_SCOPE, requests=requests, now=now(), actor=actor())
    note_intake(len(rows))
    made = (_batched_answer(*pair) for pair in zip(requests, issued, strict=True))
    answer = {
        "created": sum(one.created for one in issued),
        "repeated": sum(one.error is None and not one.created for one in issued),
        "failed": len(rows) - sum(one.error is None for one in issued),
        "items": [
            next(made) if isinstance(row, dict) else _refused_row(number, row.messages)
            for number, row in enumerate(rows)
        ],
    }
    return _json(answer)


def _refused_row(number: int, messages: Any) -> dict[str, Any]:
    """Return what its schema says about a row, with the place in the request."""
    faults = [
        {"place": fault.place, "message": fault.message}
        for fault in flatten_messages(messages, f"/items/{number}")
    ]
    detail = f"{len(faults)} fault(s), each with its place."
    return {"created": False, "error": {"code": SchemaFaultsError.code, "detail": detail, "faults": faults}}


def _batched_answer(order: OrderRequest, issued: Issued) -> dict[str, Any]:
    answer: dict[str, Any] = {"idempotency_key": order.idempotency_key, "created": issued.created}
    if isinstance(issued.error, CredservError):
        return answer | {"error": {"code": issued.error.code, "detail": issued.error.detail}}
    record = issued.require()
    answer |= {"note": issued.note} if issued.note else {}
    url = credential_url(services().public_url, record.id)
    return answer | {"id": record.id, "state": record.state.value, "credential_url": url, "credential": url}


def _credential_answer(record: CredentialRecord, status: int = 200, *, note: str = "") -> Response:
    return _json(_described(record) | ({"note": note} if note else {}), status)


def _described(record: CredentialRecord) -> dict[str, Any]:
    """Return it as `payloads.CredentialAnswer` describes."""
    url = credential_url(services().public_url, record.id)
    return {
        "credential_url": url,
        "credential": url,
        "id": record.id,
        "achievement": record.order.achievement_key,
        "achievement_version": record.order.achievement_version,
        "issued_at": format_instant(record.issued_at),
        "state": record.state.value,
        "changed_at": None if record.changed_at is None else format_instant(record.changed_at),
        "note": record.note,
    }


def _json(answer: Mapping[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status=status, mimetype="application/json")

"""/api/v1: achievements, credentials and verification, for programs. OpenAPI is made from what is here."""

from __future__ import annotations

from typing import Any

from flask import Response, json, request
from werkzeug.exceptions import UnsupportedMediaType

from credserv.errors import GoneError, InputError, NotFoundError, SchemaFaultsError, UnavailableError
from credserv.issue import credential_url
from credserv.issue_batch import Issued
from credserv.journeys.award import OrderRequest, award_request
from credserv.journeys.award_batch import award_batch
from credserv.journeys.check import Checked, Verdict, check
from credserv.journeys.define import define, no_image_files
from credserv.journeys.publish import achievement as find_achievement
from credserv.journeys.publish import set_status
from credserv.store.records import AchievementVersion, CredentialRecord, CredentialState
from credserv.strict_json import parse_json_object
from credserv.verification import Check, Outcome
from credserv.web import payloads
from credserv.web.auth import actor, require_scope
from credserv.web.context import now, services
from credserv.web.limits import allow_image_bytes, body_bytes, budget
from credserv.web.orders import order_request
from credserv.web.problems import flatten_messages
from credserv.web.rendering import issuer_name
from credserv.web.strict import Blueprint
from credserv.web.verdict import build_verdict, name_issuer, verdict_of_error

JSON_TYPES = ("application/json", "application/vc", "application/vc+ld+json", "application/ld+json")
RAW_TYPES = (
    "image/png",
    "image/svg+xml",
    "text/plain",
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/jwt",
)

bp = Blueprint("api", __name__, url_prefix="/api/v1", description="For programs, with an API key.")


# --- achievements -------------------------------------------------------------------------------


@bp.route("/achievements", methods=["POST"])
@budget("api")
@require_scope("achievements:write")
@bp.arguments(payloads.AchievementDefinitionPayload, location="json")
@bp.response(201, payloads.AchievementAnswer)
@bp.alt_response(200, schema=payloads.AchievementAnswer, description="It was known already.", success=True)
def post_achievement(document: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Load an achievement; a change makes a new version, the same again makes none.

    Every fault of the definition is told at once, each with its place. Pictures are data URIs.
    """
    version, created = define(services(), document, read_image=no_image_files, actor=actor(), now=now())
    answer = _achievement_answer(version)
    return answer, 201 if created else 200, {"Location": answer["url"]}


@bp.route("/achievements", methods=["GET"])
@budget("api")
@require_scope("credentials:read")
@bp.response(200, payloads.AchievementListAnswer)
def list_achievements() -> dict[str, Any]:
    """All achievements, each in its newest version."""
    return {"items": [_achievement_answer(found) for found in services().store.achievements.list_newest()]}


@bp.route("/achievements/<string:key>", methods=["GET"])
@budget("api")
@require_scope("credentials:read")
@bp.response(200, payloads.AchievementAnswer)
def get_achievement(key: str) -> dict[str, Any]:
    """The newest version of one achievement."""
    return _achievement_answer(find_achievement(services(), key))


def _achievement_answer(version: AchievementVersion) -> dict[str, Any]:
    return {
        "key": version.key,
        "version": version.version,
        "kind": version.kind.value,
        "url": str(version.achievement["id"]),
        "created_at": version.created_at,
        "validity_days": version.validity_days,
        "achievement": dict(version.achievement),
    }


# --- credentials --------------------------------------------------------------------------------


@bp.route("/credentials", methods=["POST"])
@budget("api")
@require_scope("credentials:issue")
@bp.arguments(payloads.IdempotencyHeaders, location="headers")
@bp.arguments(payloads.CredentialOrderPayload, location="json")
@bp.response(201, payloads.CredentialAnswer)
@bp.alt_response(
    200, schema=payloads.CredentialAnswer, description="A repeat: the first result.", success=True
)
def post_credential(
    headers: dict[str, str], order: dict[str, Any]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Issue one credential. The same `Idempotency-Key` with the same order issues nothing again."""
    request_ = order_request(order, headers["idempotency_key"])
    record, created = award_request(services(), actor(), request_, now=now())
    answer = _credential_answer(record)
    return answer, 201 if created else 200, {"Location": answer["credential"]}


@bp.route("/credentials/<string:credential_id>", methods=["GET"])
@budget("api")
@require_scope("credentials:read")
@bp.response(200, payloads.CredentialAnswer)
def get_credential(credential_id: str) -> dict[str, Any]:
    """How a credential stands; the credential itself is at its public URL."""
    record = services().store.credentials.get(credential_id)
    if record is None:
        raise NotFoundError("there is no such credential")
    return _credential_answer(record)


@bp.route("/credentials/<string:credential_id>/status", methods=["POST"])
@budget("api")
@require_scope("credentials:status")
@bp.arguments(payloads.StatusChangePayload, location="json")
@bp.response(200, payloads.CredentialAnswer)
def post_status(change: dict[str, str], credential_id: str) -> dict[str, Any]:
    """Revoke (for good), suspend, or restore a suspended credential."""
    record = set_status(
        services(),
        credential_id,
        CredentialState(change["state"]),
        reason=change["reason"].strip(),
        actor=actor(),
        now=now(),
    )
    return _credential_answer(record)


@bp.route("/credentials/batch", methods=["POST"])
@budget("api")
@require_scope("credentials:issue")
@bp.arguments(payloads.BatchPayload, location="json")
@bp.response(200, payloads.BatchAnswer)
def post_batch(batch: dict[str, Any]) -> dict[str, Any]:
    """Issue many credentials at once, each under an idempotency key of its own.

    Every order is answered in its place: its credential, new or of an earlier request, or why there is
    none. Sending the batch again issues nothing twice.
    """
    requests = [order_request(order, order["idempotency_key"]) for order in batch["credentials"]]
    issued = award_batch(services(), scope=actor(), requests=requests, now=now())
    return {
        "created": sum(one.created for one in issued),
        "repeated": sum(one.error is None and not one.created for one in issued),
        "failed": sum(one.error is not None for one in issued),
        "items": [_batched_answer(*pair) for pair in zip(requests, issued, strict=True)],
    }


def _batched_answer(order: OrderRequest, issued: Issued) -> dict[str, Any]:
    answer: dict[str, Any] = {"idempotency_key": order.idempotency_key, "created": issued.created}
    if issued.error is not None:
        return answer | {"error": {"code": issued.error.code, "detail": issued.error.detail}}
    credential_id = issued.credential_id or ""
    url = credential_url(services().public_url, credential_id)
    return answer | {"id": credential_id, "credential": url}


def _credential_answer(record: CredentialRecord) -> dict[str, Any]:
    return {
        "credential": credential_url(services().public_url, record.id),
        "id": record.id,
        "achievement": record.order.achievement_key,
        "achievement_version": record.order.achievement_version,
        "issued_at": record.issued_at,
        "state": record.state.value,
        "changed_at": record.changed_at,
        "note": record.note,
    }


# --- verification -------------------------------------------------------------------------------


@bp.route("/verify", methods=["POST"])
@budget("verify")
@bp.response(200, payloads.VerifyAnswer)
def post_verify() -> Response:
    """Check a credential; no key is needed. Answers 200 with every check, also when one failed.

    Send `{"credential": {...}}` or `{"url": "https://..."}` as JSON, a bare credential with its own media
    type, or the file itself: image/png, image/svg+xml, or text/plain for a JWT or SD-JWT.
    """
    data, url = _submission()
    try:
        answer = _verify_answer(check(services(), data=data, url=url, now=now()))
    except (InputError, UnavailableError) as error:
        answer = _unread_answer(error)
    return Response(json.dumps(answer), mimetype="application/json")


def _submission() -> tuple[bytes | None, str | None]:
    """What was sent, as (bytes, None) or (None, url)."""
    if request.mimetype in RAW_TYPES:
        allow_image_bytes()
        return body_bytes(), None
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedMediaType(f"Send one of {', '.join((*JSON_TYPES, *RAW_TYPES))}.")
    body = body_bytes()
    document = parse_json_object(body, max_bytes=services().max_document_bytes)
    if "@context" in document or request.mimetype != "application/json":
        return body, None
    faults = flatten_messages(payloads.VerifyPayload().validate(document))
    if faults:
        raise SchemaFaultsError("This is not what can be verified.", faults=faults)
    if "url" in document:
        return None, document["url"]
    credential = document["credential"]
    text = credential if isinstance(credential, str) else json.dumps(credential, ensure_ascii=False)
    return text.encode(), None


def _verify_answer(checked: Checked) -> dict[str, Any]:
    issuer = name_issuer(checked.display, services().issuer.did, issuer_name())
    found = build_verdict(checked, issuer)
    return {
        "verified": checked.result.verified,
        "verdict": checked.verdict.value,
        "sentence": " ".join(filter(None, (found.sentence, found.detail))),
        "checks": [_check_answer(made) for made in checked.result.checks],
        "policy": [_check_answer(made) for made in checked.result.policy],
    }


def _unread_answer(error: InputError | UnavailableError) -> dict[str, Any]:
    """For what never became a credential to be checked: that, too, is one check and its outcome."""
    absent = isinstance(error, UnavailableError | NotFoundError | GoneError)
    outcome = Outcome.UNKNOWN if absent else Outcome.FAILED
    return {
        "verified": False,
        "verdict": (Verdict.UNKNOWN if absent else Verdict.NOT_VERIFIED).value,
        "sentence": verdict_of_error(error).sentence,
        "checks": [_check_answer(Check("parse", outcome, error.detail, code=error.code))],
        "policy": [],
    }


def _check_answer(made: Check) -> dict[str, Any]:
    return {
        "name": made.name,
        "outcome": made.outcome.value,
        "reason": made.reason,
        "spec": made.spec,
        "required": made.required,
        "code": made.code,
    }

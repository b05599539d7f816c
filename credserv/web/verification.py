"""POST /api/v1/verify: for programs that check credentials; no key is needed."""

from __future__ import annotations

from flask import Response, json, request
from werkzeug.exceptions import UnsupportedMediaType

from credserv.errors import InputError, SchemaFaultsError, UnavailableError
from credserv.journeys.check import check
from credserv.journeys.report import build_report, build_unread_report
from credserv.strict_json import parse_json_object
from credserv.web import payloads
from credserv.web.context import now, services
from credserv.web.limits import allow_image_bytes, body_bytes, budget
from credserv.web.problems import flatten_messages
from credserv.web.strict import Blueprint

JSON_TYPES = ("application/json", "application/vc", "application/vc+ld+json", "application/ld+json")
RAW_TYPES = (
    "image/png",
    "image/svg+xml",
    "text/plain",
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/jwt",
)

bp = Blueprint("verification", __name__, url_prefix="/api/v1", description="For programs; no key is needed.")


@bp.route("/verify", methods=["POST"])
@budget("verify")
@bp.response(200, payloads.VerifyAnswer)
def post_verify() -> Response:
    """Check a credential; no key is needed. Answers 200 with every check, also when one failed.

    Send `{"credential": {...}}` or `{"url": "https://..."}` as JSON, a bare credential with its own media
    type, or the file itself: image/png, image/svg+xml, or text/plain for a JWT or SD-JWT.
    """
    data, url = _submission()
    instant = now()
    try:
        answer = build_report(check(services(), data=data, url=url, now=instant), now=instant)
    except (InputError, UnavailableError) as error:
        answer = build_unread_report(error, now=instant)
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

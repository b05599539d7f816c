"""/hooks/{source}: learning systems send their events (Standard Webhooks) and hear what became of them.

201 with the credential's URL for the first, 200 for every repeat and for an event that earns nothing,
202 for one that waits for an administrator. An unknown source and a bad signature are answered alike,
after the same work, so that sources cannot be listed by trying.
"""

from __future__ import annotations

from flask import Response, json, request

from credserv.ground.errors import WebhookSignatureError
from credserv.journeys.award.award import Award, award_event
from credserv.journeys.connect.sources import find_source
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.webhook import create_secret, verify_webhook
from credserv.web.frame.context import context, now, services
from credserv.web.frame.door import door
from credserv.web.frame.limits import body_bytes, spend_intake
from credserv.web.frame.strict import Blueprint
from credserv.web.hooks import shapes as payloads

_NOBODYS_SECRET = create_secret()
EXAMPLE = {  # the tests send it
    "type": "course.completed",
    "timestamp": "2026-03-14T09:00:00Z",
    "data": {
        "learner": {"email": "pat@example.org", "name": "Pat Doe"},
        "course": {"id": "course-v1:Example+MENTOR101+2026", "name": "Guiding colleagues"},
        "result": {"score": 0.87, "passed": True},
    },
}

bp = Blueprint("hooks", __name__, url_prefix="/hooks", description="For learning systems, signed.")


@bp.route("/<string:source>", methods=["POST"], tags=["Events"])
@door(budget="hooks", machine=True, shown=("source",))
@bp.doc(operationId="sendEvent")
@bp.response(201, payloads.HookAnswer, description="A credential was issued.")
@bp.alt_response(200, schema=payloads.HookAnswer, description="A repeat, or nothing is due.", success=True)
@bp.alt_response(202, schema=payloads.HookAnswer, description="Kept for an administrator.", success=True)
@bp.doc(
    security=[{"webhook": []}],
    parameters=[
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": payloads.EventPayload, "example": EXAMPLE}},
    },
)
def receive(source: str) -> Response:
    """Take in one event, signed over its raw bytes with a secret of the source (standardwebhooks.com).

    Sent again, it needs a new timestamp and signature under the same id. Whatever is signed well is kept.
    """
    body = body_bytes()
    record = find_source(services(), source)
    event_id = _authenticate(record, body)
    if record is None:
        raise WebhookSignatureError("a webhook of an unknown source cannot be signed well")
    spend_intake()
    return _answer(award_event(services(), record, event_id, body, now=now()))


def _authenticate(source: SourceRecord | None, body: bytes) -> str:
    """The event id. An unknown, disabled or secretless source costs the same work and is told the same."""
    secrets = source.secrets if source is not None and source.enabled else ()
    return verify_webhook(
        dict(request.headers),
        body,
        secrets=secrets or (_NOBODYS_SECRET,),
        now=now(),
        tolerance_seconds=context().webhook_tolerance_seconds,
    )


def _answer(award: Award) -> Response:
    url = award.credential_url
    body = {"credential_url": url, "credential": url, "state": award.state.value}
    if award.note:
        body["note"] = award.note
    response = Response(json.dumps(body), mimetype="application/json", status=_status(award))
    if award.credential_url is not None:
        response.headers["Location"] = award.credential_url
    return response


def _status(award: Award) -> int:
    if award.state is EventState.QUARANTINED:
        return 202
    return 201 if award.created else 200

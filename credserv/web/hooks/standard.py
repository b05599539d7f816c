"""/hooks/{source}: learning systems send their events (Standard Webhooks) and get the outcome.

201 with the credential's URL for the first, 200 for every repeat and for an event that earns nothing, 202 for
one that waits for an administrator. A source of another dialect is answered in that dialect's way.
"""

from __future__ import annotations

from flask import Response

from credserv.web.frame.door import door
from credserv.web.frame.strict import Blueprint
from credserv.web.hooks import shapes as payloads
from credserv.web.hooks.intake import take_in
from credserv.web.hooks.refused import note_if_refused

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
bp.after_request(note_if_refused)


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
    """Send one event, signed over its raw bytes with a secret of the source (standardwebhooks.com).

    To repeat it, use a new timestamp and signature with the same id. Every correctly signed message is
    stored.
    """
    return take_in(source)

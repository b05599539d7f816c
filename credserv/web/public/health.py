"""Whether the process lives (/healthz), and whether it can do its work (/readyz)."""

from __future__ import annotations

from flask import Blueprint, Response, json

from credserv.journeys.operate.readiness import require_ready
from credserv.web.frame.context import services
from credserv.web.frame.door import door

bp = Blueprint("health", __name__)


@bp.route("/healthz")
@door(machine=True, waits=False)
def healthz() -> Response:
    """The process answers; nothing else is looked at."""
    return _say({"status": "alive"})


@bp.route("/readyz")
@door(machine=True, waits=False)
def readyz() -> Response:
    """Store reachable, its schema of this release, a signing key opened. Raises UnavailableError (503)."""
    require_ready(services())
    return _say({"status": "ready"})


def _say(body: dict[str, str]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")

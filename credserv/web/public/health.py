"""Whether the process is alive (/healthz), and whether it can do its work (/readyz)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, current_app, json

from credserv.journeys.operate.readiness import Found, Part, Readiness, parts_of
from credserv.records.organisations import MAIN
from credserv.web.frame.context import context
from credserv.web.frame.door import door

RETRY_AFTER_SECONDS = 10
_NAME = "credserv.readiness"

bp = Blueprint("health", __name__)


def install_readiness(app: Flask, parts: Mapping[str, Callable[[], None]]) -> Readiness:
    """Install readiness. `parts` come from the settings; without one of them, requests are still answered."""
    with app.app_context():
        own = context()
    known = parts_of(lambda: own.organisations.of(MAIN), own.clock, own.require_steady)
    more = {name: Part(look, decides=False) for name, look in parts.items()}
    readiness = app.extensions[_NAME] = Readiness({**known, **more})
    return readiness


@bp.route("/healthz")
@door(machine=True, waits=False)
def healthz() -> Response:
    """Answer; nothing else is checked."""
    return Response(json.dumps({"status": "alive"}), mimetype="application/json")


@bp.route("/readyz")
@door(machine=True, waits=False)
def readyz() -> Response:
    """Report every part by name: `ready` or `degraded` (200), or 503 where a required one fails."""
    readiness: Readiness = current_app.extensions[_NAME]
    found = readiness.find()
    parts = {
        name: {"ok": not one.fault, **({"detail": one.fault} if one.fault else {})}
        for name, one in found.items()
    }
    refusing = {name: one for name, one in found.items() if one.fault and one.decides}
    if refusing:
        return _refuse(refusing, parts)
    status = "degraded" if any(one.fault for one in found.values()) else "ready"
    return Response(json.dumps({"status": status, "parts": parts}), mimetype="application/json")


def _refuse(refusing: Mapping[str, Found], parts: object) -> Response:
    """Return a problem as usual, with the parts added (RFC 9457, section 3.2)."""
    body = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "unavailable",
        "detail": "; ".join(f"{name}: {one.fault}" for name, one in refusing.items()),
        "parts": parts,
    }
    response = Response(json.dumps(body), mimetype="application/problem+json", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response

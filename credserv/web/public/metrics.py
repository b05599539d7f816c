"""Metrics for an operator's monitoring (/metrics), in Prometheus format.

They are readable with the token of the settings, or without one in the settings only from this machine. A
request forwarded by a proxy comes from elsewhere, whatever its connection says.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, Flask, Response, current_app, request

from credserv.ground.addresses import host_of, is_loopback
from credserv.ground.errors import ForbiddenError, UnauthenticatedError
from credserv.web.frame.context import current_request
from credserv.web.frame.door import door

_NAME = "credserv.metrics"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")

bp = Blueprint("metrics", __name__)


class Metrics(Protocol):
    def exposition(self) -> bytes: ...


@dataclass(frozen=True)
class _Figures:
    metrics: Metrics
    token: bytes | None


def install_metrics(app: Flask, metrics: Metrics, token: bytes | None) -> None:
    app.extensions[_NAME] = _Figures(metrics, token)
    app.register_blueprint(bp)


@bp.route("/metrics")
@door(machine=True, private=True, waits=False)
def metrics() -> Response:
    """Return the metrics of all processes of the service."""
    figures: _Figures = current_app.extensions[_NAME]
    _admit(figures.token)
    return Response(figures.metrics.exposition(), content_type=_TEXT)


def _admit(token: bytes | None) -> None:
    """Raises UnauthenticatedError, ForbiddenError."""
    if token is None:
        if not _comes_from_this_machine():
            raise ForbiddenError("figures are for the machine that the service runs on, or need a token")
        return
    given = request.headers.get("Authorization", "").encode("latin-1", "replace")
    if not hmac.compare_digest(given, b"Bearer " + token):
        raise UnauthenticatedError("figures need the token of CREDSERV_METRICS_TOKEN")


def _comes_from_this_machine() -> bool:
    asked = current_request()
    passed_on = any(name in asked.headers for name in _PASSED_ON)
    return (
        not passed_on
        and is_loopback(asked.remote_addr or "")
        and is_loopback(host_of(f"http://{asked.host}"))
    )

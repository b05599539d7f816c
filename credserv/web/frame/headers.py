"""The headers that every answer carries, and the one policy of what a page may load: our own styles and
images, and nothing else."""

from __future__ import annotations

from flask import Flask, Response, request

from credserv.web.frame.context import context
from credserv.web.frame.problems import request_id

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# The one page with a script, a file of ours that sends what the visitor chose to us and to nobody else.
SCRIPT_POLICY = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
# An SVG opened by itself is a document: it may style itself, and can neither run nor load anything.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


# Public answers, to be read by scripts of any site; of other endpoints no site reads anything.
_OPEN_BLUEPRINTS = frozenset({"publications", "embed"})
_OPEN_ENDPOINTS = frozenset(
    {
        "verification.post_verify",
        "verification.post_verify_batch",
        "vc_api.verify_credential",
        "openapi.openapi_json",
        "openapi.published_schema",
    }
)


def install_headers(app: Flask) -> None:
    app.after_request(_add_headers)


def _allow_any_origin(response: Response) -> None:
    """Without credentials: there is no `Access-Control-Allow-Credentials` anywhere (attack 119)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Request-Id"] = request_id()
    if request.blueprint in _OPEN_BLUEPRINTS or request.endpoint in _OPEN_ENDPOINTS:
        _allow_any_origin(response)
    if context().https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response

"""The headers that every answer carries, and the one policy of what a page may load: our own styles and
images, and nothing else."""

from __future__ import annotations

from flask import Flask, Response

from credserv.web.context import context
from credserv.web.problems import request_id

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# An SVG opened by itself is a document: it may style itself, and can neither run nor load anything.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def install_headers(app: Flask) -> None:
    app.after_request(_add_headers)


def allow_any_origin(response: Response) -> Response:
    """Let scripts of any site read this public answer, without credentials (attack 119)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


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
    if context().https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response

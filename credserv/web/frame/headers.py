"""The headers of every response; doors say what differs between endpoints."""

from __future__ import annotations

from flask import Flask, Response

from credserv.web.frame.answers import Answer
from credserv.web.frame.context import context, current_request
from credserv.web.frame.door import NO_CACHE_KEEPS_IT, current_door
from credserv.web.frame.languages import told_language
from credserv.web.frame.problems import request_id

_UNLESS_SAID = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


def install_headers(app: Flask) -> None:
    app.after_request(_add_headers)


def _allow_any_origin(response: Response) -> None:
    """Allow any origin, without credentials: `Access-Control-Allow-Credentials` is never sent (attack
    119)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if current_request().method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"


def _add_headers(response: Response) -> Response:
    headers, door = response.headers, current_door()
    if door.private:
        headers["Cache-Control"] = NO_CACHE_KEEPS_IT
        headers["X-Robots-Tag"] = "noindex, nofollow"
    if isinstance(response, Answer):  # as are all of our own
        response.standing = (
            ("Content-Security-Policy", door.policy),
            ("Cache-Control", door.cache),
            *_UNLESS_SAID,
        )
    headers["X-Request-Id"] = request_id()
    if (told := told_language()) is not None:
        headers["Content-Language"] = told
        response.vary.update(("Accept-Language", "Cookie"))  # what it was chosen by (`languages`)
    if door.any_site:
        _allow_any_origin(response)
    if context().https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response

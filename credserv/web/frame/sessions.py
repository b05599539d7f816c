"""Signed-in browsers: the cookies of console and wallet, and who they belong to.

The cookie holds a random token, the store its hash; signing out ends it in the store. Cookies are
HttpOnly, SameSite, Secure where the public address is https, and there bound to this host by `__Host-`.
"""

from __future__ import annotations

from datetime import datetime

from flask import g, request, session
from werkzeug.wrappers import Response

from credserv.journeys.admit import access
from credserv.journeys.admit.access import Opened
from credserv.journeys.services import Services
from credserv.records.access import SessionKind, SessionRecord
from credserv.web.frame.context import context

_NAMES = {SessionKind.ADMINISTRATOR: "credserv_console", SessionKind.HOLDER: "credserv_wallet"}


def current_session(services: Services, kind: SessionKind, now: datetime) -> SessionRecord:
    """The session of this browser. Raises UnauthenticatedError."""
    if "signed_in" not in g:
        g.signed_in = access.find_session(services, request.cookies.get(_cookie(kind), ""), kind, now)
    found: SessionRecord = g.signed_in
    return found


def sign_in(response: Response, opened: Opened) -> Response:
    """Give the browser its new session. What it had before (form tokens) is dropped with the old state."""
    session.clear()
    kind, begun = opened.session.kind, opened.session
    response.set_cookie(
        _cookie(kind),
        opened.token,
        max_age=begun.expires_at - begun.created_at,  # by the browser's own clock
        path="/",
        secure=context().https,
        httponly=True,
        samesite="Strict" if kind is SessionKind.ADMINISTRATOR else "Lax",
    )
    return response


def sign_out(services: Services, response: Response, kind: SessionKind) -> Response:
    """End the session in the store and in the browser."""
    access.end_session(services, request.cookies.get(_cookie(kind), ""))
    session.clear()
    response.delete_cookie(_cookie(kind), path="/", secure=context().https, httponly=True)
    return response


def _cookie(kind: SessionKind) -> str:
    return ("__Host-" if context().https else "") + _NAMES[kind]

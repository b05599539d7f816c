"""Signed-in browsers: the cookies of console and wallet, and their owners.

The cookie has a random token, the store its hash; signing out ends it in the store. Cookies are HttpOnly,
SameSite, and, where the public address is https, Secure and bound to this host by `__Host-`, which browsers
accept only with `Path=/` (RFC 6265bis, section 4.1.3.2). So a service below a path includes the path in its
cookies' names, to keep them apart from another service's on the same host.
"""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadData
from werkzeug.wrappers import Response

from credserv.ground.encoding import random_token
from credserv.ground.errors import ForbiddenError, UnauthenticatedError
from credserv.journeys.admit import access
from credserv.journeys.admit.access import Opened
from credserv.journeys.admit.sign_in import find_signed_in_colleague
from credserv.journeys.admit.writing_to import note_language
from credserv.journeys.services import Services
from credserv.records.access import SessionKind, SessionRecord
from credserv.records.organisations import MAIN
from credserv.records.roles import ColleagueRecord, Permission, allows
from credserv.web.frame.context import context, now, services
from credserv.web.frame.languages import asked_language
from credserv.web.frame.organisations import organisation_of

_FORM_TOKENS = "csrf_token"  # of flask-wtf, in Flask's own signed cookie
_NAMES = {SessionKind.ADMINISTRATOR: "credserv_console", SessionKind.HOLDER: "credserv_wallet"}


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own sessions, used only where there is a cookie; programs never send one.

    One that cannot be read counts as none, and is replaced with the next form. Otherwise a link from another
    site, whose text is kept in it until sign-in, could shut a browser out of every page.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if "HTTP_COOKIE" not in request.environ or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        try:
            return super().open_session(app, request)
        except BadData:
            return self.session_class()


def current_session(services_: Services, kind: SessionKind, now_: datetime) -> SessionRecord:
    """Return this browser's session. Raises UnauthenticatedError."""
    known: dict[SessionKind, SessionRecord] = g.setdefault("signed_in", {})
    if kind not in known:
        known[kind] = access.find_session(services_, request.cookies.get(_cookie(kind), ""), kind, now_)
    return known[kind]


def colleague() -> ColleagueRecord:
    """Return who is signed in to the console, with their current roles. Raises UnauthenticatedError."""
    if "colleague" not in g:
        signed_in = current_session(services(), SessionKind.ADMINISTRATOR, now())
        g.colleague = find_signed_in_colleague(services(), signed_in, now())
    found: ColleagueRecord = g.colleague
    return found


def require_permission(needed: Permission | None) -> None:
    """Require a permission; None means any role.

    Raises UnauthenticatedError, ForbiddenError where the role does not allow it, and OrganisationClosedError
    or OrganisationMovedError where it does, but not for a closed organisation.
    """
    signed_in = colleague()
    if needed is not None and allows(signed_in.roles, needed) and not signed_in.may(needed):
        services().require_open()
    if not colleague().may(needed) if needed is not None else not colleague().roles:
        raise ForbiddenError(
            "your role does not cover this: ask an owner or administrator of the organisation"
        )


def colleague_beside(slug: str) -> ColleagueRecord | None:
    """Return who is signed in to another organisation's console in this browser.

    None where nobody is, or where that organisation has its own host, whose cookies go to no other.
    """
    kind = SessionKind.ADMINISTRATOR
    token = request.cookies.get(_cookie(kind, slug))
    if not token:
        return None
    beside = context().organisations.of(slug)
    try:
        found = access.find_session(beside, token, kind, now())
        return find_signed_in_colleague(beside, found, now())
    except UnauthenticatedError:
        return None


def actor() -> str:
    """Return who acts in the console, for the audit trail and the scope of idempotency keys."""
    return f"person:{colleague().person_id}"


def browser() -> str:
    """Return a value only this browser has, the same before and after sign-in, for its form tokens."""
    known = session.get(_FORM_TOKENS)
    return known if isinstance(known, str) and known else random_token(16)


def came_from_elsewhere() -> bool:
    """Return whether another site, or another host of this one, led the browser here (Fetch Metadata, section
    2.3: `Sec-Fetch-Site`). It then sends the wallet's cookie along, as SameSite=Lax is for links."""
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def sign_in(response: Response, opened: Opened) -> Response:
    """Give the browser its new session. Its open forms still work.

    Their tokens are in a cookie that no other site can set or send along (`__Host-`, SameSite).
    """
    kind, begun = opened.session.kind, opened.session
    if kind is SessionKind.HOLDER and (language := asked_language()):
        note_language(services(), begun.subject, language)
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


def sign_out(services_: Services, response: Response, kind: SessionKind) -> Response:
    """End the session in the store and in the browser."""
    access.end_session(services_, request.cookies.get(_cookie(kind), ""))
    session.clear()
    response.delete_cookie(_cookie(kind), path="/", secure=context().https, httponly=True)
    return response


def _cookie(kind: SessionKind, slug: str | None = None) -> str:
    """Return a cookie's name, one for each organisation, so that a browser can sign in to two on one host.

    `slug` defaults to the request's organisation.
    """
    of = slug or organisation_of(request)
    named = _NAMES[kind] + named_after(context().path) + ("" if of == MAIN else f"_{of}")
    return ("__Host-" if context().https else "") + named


def named_after(path: str) -> str:
    """Return what a service below a path adds to its cookies' names; no organisation's name has a dot."""
    return path.replace("/", ".")

"""The page where a person admits an app or refuses it, and the list of admitted ones.

Its form leads to one address besides ours, the app's, which the page's policy names (attack W8).
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit.step_up import require_recent_proof
from credserv.journeys.authorize import asking, tokens
from credserv.journeys.authorize.redirects import origin_of
from credserv.journeys.authorize.scopes import OFFLINE, WORDS
from credserv.journeys.authorize.taking import require_badge
from credserv.journeys.hold import wallet
from credserv.web.frame.context import now, services
from credserv.web.frame.door import PAGE_POLICY, door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page

_MAX_OFFERED = 200  # badges to choose from, newest first
blueprint = Blueprint("consent", __name__)
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("/oauth/consent/<request_id>")
@door(guessable=True, form=True, private=True)
def ask(request_id: str) -> Response:
    """Show who asks, and for what. Without a session, say how to sign in, and that the page waits."""
    asked = asking.waiting(services(), request_id, now())
    try:
        signed_in = holder_session()
        is_new = _is_new(signed_in.subject, asked)
    except UnauthenticatedError:
        signed_in, is_new = None, True
    if signed_in is not None and is_new:
        require_recent_proof(services(), signed_in, now())
    response = page(
        "wallet/consent.html",
        private=True,
        client=asked.client,
        origin=origin_of(asked.addressed.redirect_uri),
        taking=asked.taking,
        badges=[] if signed_in is None else _badges(asked, signed_in.subject),
        words=[WORDS[scope] for scope in asked.scopes if scope != OFFLINE],
        signed_in=signed_in is not None,
        mail_enabled=services().mail_enabled,
        path=request.root_path + request.path,
    )
    own = "form-action 'self'"
    response.headers["Content-Security-Policy"] = PAGE_POLICY.replace(
        own, f"{own} {origin_of(asked.addressed.redirect_uri)}"
    )
    return response


@blueprint.post("/oauth/consent/<request_id>")
@holder_door(guessable=True, budget="apps")
def answer(request_id: str) -> AnyResponse:
    own, signed_in = services(), holder_session()
    if request.form.get("answer") != "allow":
        return redirect(asking.decline(own, request_id, now()), 303)
    if _is_new(signed_in.subject, asking.waiting(own, request_id, now())):
        require_recent_proof(own, signed_in, now())
    chosen = request.form.get("badge", "")
    return redirect(asking.allow(own, request_id, signed_in.subject, now(), badge=chosen), 303)


@blueprint.get("/wallet/apps")
@holder_door()
def show_apps() -> Response:
    apps = tokens.apps_of(services(), holder_id(), now())
    return page("wallet/apps.html", private=True, apps=apps, words=WORDS)


@blueprint.post("/wallet/apps/end")
@holder_door()
def end_app() -> AnyResponse:
    tokens.end_app(services(), holder_id(), request.form.get("app", ""), now())
    flash(gettext("That app is disconnected. It can no longer read anything in your wallet."))
    return redirect(url_for("consent.show_apps"), 303)


def _badges(asked: asking.Asked, person_id: str) -> list[wallet.Carried]:
    """Return the badges to choose from; only the one that is meant, where the app names it."""
    if asked.taking is None:
        return []
    if asked.taking.badge:
        taken = require_badge(services(), person_id, asked.taking.badge)
        return [wallet.held(services(), person_id, taken.id, now())]
    held = wallet.wallet(services(), person_id, now(), limit=_MAX_OFFERED).credentials
    return [one for one in held if not one.elsewhere and one.standing is not wallet.Standing.REVOKED]


def _is_new(person_id: str, asked: asking.Asked) -> bool:
    """Return whether the app would be admitted, or to more than before, because its registration may change.

    A badge is always requested again.
    """
    return asked.taking is not None or not any(
        app.client.id == asked.client.id and set(asked.scopes) <= set(app.grant.scopes)
        for app in tokens.apps_of(services(), person_id, now())
    )

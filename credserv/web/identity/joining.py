"""Join with another wallet of your own: the ways that open it are shown first, one by one."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, UnauthenticatedError
from credserv.journeys.admit import merging, oidc, passkeys
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.admit.sign_in import require_email
from credserv.records.access import LinkPurpose
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.languages import asked_language, gettext
from credserv.web.frame.rendering import install, page
from credserv.web.frame.sentences import said, sentence

blueprint = Blueprint("joining", __name__, url_prefix="/wallet/join")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
showing_door = partial(holder_door, proof=True, budget="letters")


@blueprint.get("")
@holder_door()
def show() -> Response:
    return _page()


@blueprint.post("")
@showing_door()
def ask_for_link() -> Response:
    """Mail a link to an address that opens the other wallet."""
    try:
        email = require_email(request.form.get("email", ""))
    except InputError as error:
        return _page(error)
    asking = holder_session().token_sha256
    return _page(
        asked=request_letter(
            services(), LinkPurpose.JOIN_LETTER, email, now(), claim=asking, language=asked_language()
        )
    )


@blueprint.get("/link/<token>")
@holder_door(guessable=True)
def look(token: str) -> Response:
    """Show a button; nothing is used up (attack 121)."""
    link = merging.join_link(services(), holder_session(), token, now())
    if link is None:
        return page("wallet/join_link.html", status=410, private=True, address="")
    return page("wallet/join_link.html", private=True, address=link.subject)


@blueprint.post("/link/<token>")
@holder_door(guessable=True)
def show_address(token: str) -> AnyResponse:
    try:
        merging.show_address(services(), holder_session(), token, now(), browser=sessions.browser())
    except UnauthenticatedError:
        return page("wallet/join_link.html", status=410, private=True, address="")
    return redirect(url_for("joining.show"), 303)


@blueprint.post("/passkey/ask")
@showing_door()
def ask_passkey() -> Response:
    return jsonify(passkeys.begin_proof(services(), holder_session(), now()))


@blueprint.post("/passkey")
@showing_door()
def show_passkey() -> AnyResponse:
    challenge, credential = request.form.get("challenge", ""), request.form.get("credential", "")
    try:
        merging.show_passkey(services(), holder_session(), challenge, credential, now())
    except (UnauthenticatedError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
    return redirect(url_for("joining.show"), 303)


@blueprint.post("/confirm")
@holder_door(proof=True)
def join() -> AnyResponse:
    try:
        merging.join(services(), holder_session(), now())
    except ConflictError as error:
        return _page(error)
    flash(gettext("The two wallets are one. For seven days you can undo it."))
    return redirect(url_for("joining.show"), 303)


@blueprint.post("/<merge_id>/undo")
@holder_door(proof=True, guessable=True)
def undo(merge_id: str) -> AnyResponse:
    try:
        merging.undo(services(), holder_session(), merge_id, now())
    except ConflictError as error:
        return _page(error)
    flash(gettext("They are two wallets again. Sign in to the other one by what opens it."))
    return redirect(url_for("joining.show"), 303)


def _page(error: CredservError | None = None, *, asked: Asked | None = None) -> Response:
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 400
    shown = page(
        "wallet/join.html",
        status=status,
        private=True,
        joining=merging.joining(services(), holder_session(), now()),
        joined=merging.undoable(services(), holder_id(), now()),
        error=error,
        asked=asked,
        employer=oidc.provider_of(services()),
        mail_enabled=services().mail_enabled,
    )
    shown.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return shown

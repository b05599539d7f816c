"""Passkeys: created on the page of sign-in methods, used to sign in and to confirm the identity.

The page's script calls the browser, and sends the result as a form. Without script there is the mailed link.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, InputError, UnauthenticatedError
from credserv.journeys.admit import passkeys
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_session
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install
from credserv.web.frame.sentences import said, sentence
from credserv.web.identity.proving import go_on

blueprint = Blueprint("passkeys", __name__, url_prefix="/wallet")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
threshold = partial(door, form=True, private=True)


@blueprint.post("/identity/passkeys/make")
@holder_door(proof=True, budget="letters")
def begin_registration() -> Response:
    """Return what the script needs to create a passkey."""
    return _told(passkeys.begin_registration(services(), holder_session(), now()))


@blueprint.post("/identity/passkeys")
@holder_door(proof=True, budget="letters")
def register() -> AnyResponse:
    try:
        passkeys.register(services(), holder_session(), *_answer(), request.form.get("name", ""), now())
    except (InputError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
    else:
        flash(gettext("From now on this passkey opens your wallet."))
    return redirect(url_for("identity.show"), 303)


@blueprint.post("/passkeys/ask")
@threshold(budget="letters")
def begin_sign_in() -> Response:
    """Return what the script needs to use a passkey."""
    return _told(passkeys.begin_proof(services(), None, now()))


@blueprint.post("/passkeys/open")
@threshold(budget="letters")
def open_wallet() -> AnyResponse:
    try:
        opened = passkeys.open_wallet(services(), *_answer(), now())
    except (UnauthenticatedError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
        return redirect(url_for("wallet.home"), 303)
    return sessions.sign_in(redirect(url_for("wallet.home"), 303), opened)


@blueprint.post("/passkeys/prove/ask")
@holder_door(budget="letters")
def begin_proof() -> Response:
    return _told(passkeys.begin_proof(services(), holder_session(), now()))


@blueprint.post("/passkeys/prove")
@holder_door(budget="letters")
def prove() -> AnyResponse:
    try:
        passkeys.prove_by_passkey(services(), holder_session(), *_answer(), now())
    except (UnauthenticatedError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
        return redirect(url_for("identity.show"), 303)
    return go_on()


def _answer() -> tuple[str, str]:
    return request.form.get("challenge", ""), request.form.get("credential", "")


def _told(options: dict[str, Any]) -> Response:
    return jsonify(options)

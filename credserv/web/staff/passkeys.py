"""Sign in to the console with a passkey that opens the same person's wallet, where it was created."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, UnauthenticatedError
from credserv.journeys.admit import staff_passkeys
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import threshold
from credserv.web.frame.context import now, services
from credserv.web.frame.sentences import said, sentence

blueprint = Blueprint("passkeys", __name__, url_prefix="/passkeys")


@blueprint.post("/ask")
@threshold(budget="letters")
def begin_sign_in() -> Response:
    """Return what the script needs to use a passkey."""
    return jsonify(staff_passkeys.begin_console(services(), now()))


@blueprint.post("/open")
@threshold(budget="letters")
def open_console() -> AnyResponse:
    challenge, credential = request.form.get("challenge", ""), request.form.get("credential", "")
    answer = redirect(url_for("console.home"), 303)
    try:
        opened = staff_passkeys.open_console(services(), challenge, credential, now())
    except (UnauthenticatedError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
        return answer
    return sessions.sign_in(answer, opened)

"""Confirm that it is you: asked by console pages that change keys or owners, or end badges."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, UnauthenticatedError
from credserv.journeys.admit import passkeys
from credserv.journeys.admit.staff_proof import proofs_of
from credserv.records.access import SessionKind, SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said, sentence
from credserv.web.frame.wanted import take_wanted

blueprint = Blueprint("proving", __name__, url_prefix="/prove")


@blueprint.get("")
@console_door(policy=SCRIPT_POLICY)
def show() -> Response:
    return page("staff/prove.html", private=True, proofs=proofs_of(services(), signed_in(), now()))


@blueprint.post("/passkey/ask")
@console_door(budget="letters", while_closed=True)
def begin() -> Response:
    """Return what the script needs to use a passkey."""
    return jsonify(passkeys.begin_proof(services(), signed_in(), now()))


@blueprint.post("/passkey")
@console_door(budget="letters", while_closed=True)
def prove() -> AnyResponse:
    challenge, credential = request.form.get("challenge", ""), request.form.get("credential", "")
    try:
        passkeys.prove_by_passkey(services(), signed_in(), challenge, credential, now())
    except (UnauthenticatedError, ConflictError) as error:
        flash(said(sentence(error.detail)), "fault")
        return redirect(url_for("staff.proving.show"), 303)
    return go_on()


def go_on() -> AnyResponse:
    """Continue to what was requested before the confirmation."""
    flash(gettext("Thank you: it is you. Go on within five minutes."))
    return redirect(take_wanted(url_for("console.home")), 303)


def signed_in() -> SessionRecord:
    return sessions.current_session(services(), SessionKind.ADMINISTRATOR, now())

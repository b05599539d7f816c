"""Transfer a badge to a wallet app by link or QR code (W3C VCALM 1.0: interaction URLs and exchanges)."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.exchange.vcalm import ask_for_did, hand_over, interaction_protocols, read_message
from credserv.ground.errors import InputError, UnauthenticatedError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys import learning
from credserv.journeys.claim import copies, exchanges
from credserv.journeys.hold import wallet
from credserv.journeys.proving import proof_domain
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.limits import body_bytes
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("vcalm", __name__)
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
# Browser-based wallets read these from anywhere; nothing in them depends on who is signed in.
wallet_door = partial(door, budget="verify", machine=True, guessable=True, any_site=True)


@blueprint.post("/wallet/credentials/<credential_id>/exchange")
@holder_door(guessable=True)
def begin(credential_id: str) -> Response:
    """Show a QR code and links, only in this response; an offer's number may come by letter."""
    person_id, by_letter = holder_id(), request.form.get("number") == "letter"
    item = wallet.held(services(), person_id, credential_id, now())
    made = exchanges.begin(services(), person_id, credential_id, now(), by_letter=by_letter)
    mails = services().mail_enabled
    return page("wallet/exchange.html", private=True, item=item, links=made, mail_enabled=mails)


@blueprint.post("/wallet/credentials/<credential_id>/copies/<copy_id>/end")
@holder_door(guessable=True)
def end_copy(credential_id: str, copy_id: str) -> AnyResponse:
    """Revoke the copy in an app that was lost or is no longer wanted."""
    person_id = holder_id()
    copies.end_copy(services(), person_id, credential_id, copy_id, now())
    flash(gettext("You ended the copy. Anyone who checks it sees that it is revoked."))
    return redirect(url_for("wallet.credential", credential_id=credential_id), 303)


@blueprint.post("/wallet/credentials/<credential_id>/family-name")
@holder_door(guessable=True)
def divide_name(credential_id: str) -> AnyResponse:
    """Set which part of the organisation's name for them is the family name."""
    family_name = request.form.get("family_name", "")
    try:
        learning.divide_name(services(), holder_id(), credential_id, family_name, now())
    except InputError:
        flash(gettext("Choose which part of your name is the family name."), "fault")
    else:
        flash(gettext("Saved. The learning credential will name you so."))
    return redirect(url_for("wallet.credential", credential_id=credential_id), 303)


@blueprint.get("/interactions/<token>")
@door(guessable=True, private=True, any_site=True)
def interact(token: str) -> Response:
    """Return the protocols to programs, the buttons to people."""
    own = services()
    found = exchanges.open_exchange(own, token, now())
    if request.accept_mimetypes.best_match(("text/html", "application/json"), "text/html") != "text/html":
        answer = jsonify(_protocols(token))
        answer.headers["Cache-Control"] = "no-store"
        answer.headers.add("Vary", "Accept")
        return answer
    shown = page("wallet/interaction.html", private=True, links=exchanges.links(own, token), found=found)
    shown.headers.add("Vary", "Accept")
    return shown


@blueprint.get("/workflows/claim/exchanges/<token>/protocols")
@wallet_door()
def protocols(token: str) -> Response:
    return jsonify(_protocols(token))


def _protocols(token: str) -> dict[str, Any]:
    """Return the protocols. Raises NotFoundError."""
    own = services()
    found = exchanges.open_exchange(own, token, now())
    others = exchanges.other_protocols(own, found, token, now())
    return interaction_protocols(exchanges.exchange_url(own, token), others)


@blueprint.post("/workflows/claim/exchanges/<token>")
@wallet_door()
def exchange(token: str) -> Response:
    """Answer `{}` with what has to be proved, and the proof with the badge."""
    own = services()
    found = exchanges.open_exchange(own, token, now())
    body = body_bytes()
    presentation = read_message(parse_json_object(body, max_bytes=own.max_document_bytes) if body else {})
    if presentation is None:
        return jsonify(ask_for_did(found.challenge, proof_domain(own)))
    return jsonify(hand_over(exchanges.complete(own, token, presentation, now())))

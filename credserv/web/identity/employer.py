"""Sign in with the account at an employer: there, and back with an answer to what this browser asked."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, UnauthenticatedError
from credserv.journeys.admit import oidc
from credserv.records.access import SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_session
from credserv.web.frame.rendering import install

blueprint = Blueprint("employer", __name__, url_prefix="/wallet/employer")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

_ASKED = "oidc"  # in Flask's own signed cookie, which no other site can set


@blueprint.get("")
@door(budget="letters", private=True)
def sign_in() -> AnyResponse:
    return _go(None)


@blueprint.get("/add")
@holder_door(proof=True, budget="letters")
def add() -> AnyResponse:
    return _go(holder_session())


@blueprint.get("/back")
@door(budget="letters", private=True)
def come_back() -> AnyResponse:
    """Where the provider sends the browser, which is signed in already if it adds the account."""
    state, nonce, verifier, adds = session.pop(_ASKED, ["", "", "", False])
    asked, told, back = oidc.Asked(state, nonce, verifier), request.args.to_dict(), _back()
    try:
        if adds:
            oidc.add_account(services(), holder_session(), asked, told, back, now())
            flash("From now on this account opens your wallet, too.")
            return redirect(url_for("identity.show"), 303)
        opened = oidc.open_wallet(services(), asked, told, back, now())
    except (UnauthenticatedError, ConflictError) as error:
        return _told(error, adds=adds)
    return sessions.sign_in(redirect(url_for("wallet.home"), 303), opened)


def _go(adding: SessionRecord | None) -> AnyResponse:
    question = oidc.ask(services(), adding, _back(), now())
    session[_ASKED] = [question.state, question.nonce, question.verifier, adding is not None]
    return redirect(question.address, 303)


def _back() -> str:
    return f"{services().public_url}/wallet/employer/back"


def _told(error: CredservError, *, adds: bool) -> AnyResponse:
    flash(error.detail[:1].upper() + error.detail[1:] + ".", "fault")
    return redirect(url_for("identity.show" if adds else "wallet.home"), 303)

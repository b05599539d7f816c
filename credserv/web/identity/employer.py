"""Sign in with an employer's account: there, and back with a response to this browser's request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, UnauthenticatedError
from credserv.journeys.admit import merging, oidc, wallet_accounts
from credserv.journeys.admit.oidc import Aim
from credserv.records.access import SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_session
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install
from credserv.web.frame.sentences import said, sentence
from credserv.web.identity.proving import go_on

blueprint = Blueprint("employer", __name__, url_prefix="/wallet/employer")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

_ASKED = "oidc"  # in Flask's own signed cookie, which no other site can set


@blueprint.get("")
@door(budget="letters", private=True)
def sign_in() -> AnyResponse:
    return _go(Aim.SIGN_IN, None)


@blueprint.get("/add")
@holder_door(proof=True, budget="letters")
def add() -> AnyResponse:
    return _go(Aim.ADD, holder_session())


@blueprint.get("/prove")
@holder_door(budget="letters")
def prove() -> AnyResponse:
    """Confirm the identity again, instead of by a mailed link."""
    return _go(Aim.PROVE, holder_session())


@blueprint.get("/join")
@holder_door(proof=True, budget="letters")
def join() -> AnyResponse:
    """Open the person's other wallet with the account, in order to join it."""
    return _go(Aim.JOIN, holder_session())


@blueprint.get("/back")
@door(budget="letters", private=True)
def come_back() -> AnyResponse:
    """Return from the provider, in a browser already signed in unless this is the sign-in."""
    state, nonce, verifier, aim = session.pop(_ASKED, ["", "", "", Aim.SIGN_IN])
    asked = oidc.Asked(state, nonce, verifier, Aim(aim))
    try:
        return _ENDS[asked.aim](oidc.Answer(asked, request.args.to_dict(), _back()))
    except (UnauthenticatedError, ConflictError) as error:
        return _told(error, asked.aim)


def _end_sign_in(answer: oidc.Answer) -> AnyResponse:
    opened = wallet_accounts.open_wallet(services(), answer, now())
    return sessions.sign_in(redirect(url_for("wallet.home"), 303), opened)


def _end_add(answer: oidc.Answer) -> AnyResponse:
    wallet_accounts.add_account(services(), holder_session(), answer, now())
    flash(gettext("From now on this account opens your wallet, too."))
    return redirect(url_for("identity.show"), 303)


def _end_prove(answer: oidc.Answer) -> AnyResponse:
    wallet_accounts.prove(services(), holder_session(), answer, now())
    return go_on()


def _end_join(answer: oidc.Answer) -> AnyResponse:
    merging.show_account(services(), holder_session(), answer, now())
    return redirect(url_for("joining.show"), 303)


_ENDS: Mapping[Aim, Callable[[oidc.Answer], AnyResponse]] = {
    Aim.SIGN_IN: _end_sign_in,
    Aim.ADD: _end_add,
    Aim.PROVE: _end_prove,
    Aim.JOIN: _end_join,
}
_PAGES = {
    Aim.SIGN_IN: "wallet.home",
    Aim.ADD: "identity.show",
    Aim.PROVE: "identity.show",
    Aim.JOIN: "joining.show",
}


def _go(aim: Aim, by: SessionRecord | None) -> AnyResponse:
    """Go to the provider. A signed-in person goes only from our own page.

    Otherwise another site could sign their browser in there as somebody else, and add that account.
    """
    if by is not None and sessions.came_from_elsewhere():
        return redirect(url_for(_PAGES[aim]), 303)
    question = oidc.ask(services(), aim, by, _back(), now())
    session[_ASKED] = [question.state, question.nonce, question.verifier, aim.value]
    return redirect(question.address, 303)


def _back() -> str:
    return f"{services().public_url}/wallet/employer/back"


def _told(error: CredservError, aim: Aim) -> AnyResponse:
    flash(said(sentence(error.detail)), "fault")
    return redirect(url_for(_PAGES[aim]), 303)

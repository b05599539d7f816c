"""Sign in to the console with an account at the organisation's provider: there, and back with a response.

Browsers do not send the console's cookie with a request begun by another site (SameSite=Strict), nor with
redirects of it. So the response arrives at a page of ours, which submits it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, NotFoundError, UnauthenticatedError
from credserv.journeys.admit import oidc, staff_accounts
from credserv.journeys.admit.oidc import Aim
from credserv.journeys.admit.staff_login import require_staff_login
from credserv.records.access import SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door, threshold
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said, sentence
from credserv.web.staff.proving import go_on, signed_in

blueprint = Blueprint("account", __name__, url_prefix="/login")

_ASKED = "staff_oidc"  # in Flask's own signed cookie, which no other site can set


@blueprint.get("")
@threshold(budget="letters")
def sign_in() -> AnyResponse:
    return _go(Aim.CONSOLE, None)


@blueprint.get("/add")
@console_door(budget="letters", proof=True)
def add() -> AnyResponse:
    """Let the account open the console for the person signed in now."""
    return _go(Aim.CONSOLE_ADD, signed_in())


@blueprint.get("/prove")
@console_door(budget="letters")
def prove() -> AnyResponse:
    """Confirm the identity by signing in there again."""
    return _go(Aim.CONSOLE_PROVE, signed_in())


@blueprint.get("/back")
@threshold(budget="letters")
def come_back() -> Response:
    """Return from the provider."""
    onward = f"{url_for('staff.account.finish')}?{urlencode(request.args.to_dict())}"
    return page("staff/back.html", private=True, onward=onward)


@blueprint.get("/done")
@threshold(budget="letters")
def finish() -> AnyResponse:
    """Use the response up."""
    state, nonce, verifier, aim = session.pop(_ASKED, ["", "", "", Aim.CONSOLE])
    asked = oidc.Asked(state, nonce, verifier, Aim(aim))
    try:
        return _ENDS[asked.aim](oidc.Answer(asked, request.args.to_dict(), _back()))
    except (UnauthenticatedError, ConflictError, NotFoundError) as error:
        return _told(error, asked.aim)


def _end_sign_in(answer: oidc.Answer) -> AnyResponse:
    opened = staff_accounts.open_console(services(), answer, now())
    return sessions.sign_in(redirect(url_for("console.home"), 303), opened)


def _end_add(answer: oidc.Answer) -> AnyResponse:
    staff_accounts.add_account(services(), signed_in(), answer, now())
    flash(gettext("From now on this account opens the console."))
    return redirect(url_for("console.account.index"), 303)


def _end_prove(answer: oidc.Answer) -> AnyResponse:
    staff_accounts.prove(services(), signed_in(), answer, now())
    return go_on()


_ENDS: Mapping[Aim, Callable[[oidc.Answer], AnyResponse]] = {
    Aim.CONSOLE: _end_sign_in,
    Aim.CONSOLE_ADD: _end_add,
    Aim.CONSOLE_PROVE: _end_prove,
}


def _go(aim: Aim, by: SessionRecord | None) -> AnyResponse:
    if aim is not Aim.CONSOLE_PROVE:  # for any account, even when none opens the console now
        require_staff_login(services())
    question = oidc.ask(services(), aim, by, _back(), now())
    session[_ASKED] = [question.state, question.nonce, question.verifier, aim.value]
    return redirect(question.address, 303)


def _back() -> str:
    return f"{services().public_url}/console/login/back"


def _told(error: CredservError, aim: Aim) -> AnyResponse:
    flash(said(sentence(error.detail)), "fault")
    return redirect(url_for("console.home" if aim is Aim.CONSOLE else "console.account.index"), 303)

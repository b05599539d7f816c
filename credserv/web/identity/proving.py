"""Confirm that it is you: shown by pages that change how somebody signs in.

It is shown instead of the requested page by any door that needs a recent confirmation, and leads back there.
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import StepUpError, UnauthenticatedError
from credserv.journeys.admit import identities, oidc, sign_in, step_up
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.records.access import LinkPurpose, SessionKind
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY, current_door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.languages import asked_language, gettext
from credserv.web.frame.problems import is_page_request, kind_of, problem
from credserv.web.frame.rendering import install, page
from credserv.web.frame.wanted import keep_wanted, take_wanted

blueprint = Blueprint("proving", __name__, url_prefix="/wallet/prove")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.app_errorhandler(StepUpError)
def ask(error: StepUpError) -> AnyResponse:
    """Ask instead of showing the requested page, which follows afterwards."""
    kind = kind_of(type(error))
    if not is_page_request():
        return problem(kind.status, code=error.code, title=kind.title, detail=error.detail)
    if current_door().session is SessionKind.ADMINISTRATOR:
        keep_wanted(url_for("console.home"))
        return redirect(url_for("staff.proving.show"), 303)
    keep_wanted(url_for("wallet.home"))
    return _page(status=kind.status)


@blueprint.post("")
@holder_door(budget="letters")
def send_link() -> Response:
    """Mail a link to one of the person's own addresses; nothing goes to any other."""
    email, asking = request.form.get("email", ""), holder_session().token_sha256
    return _page(
        request_letter(
            services(), LinkPurpose.PROOF_LETTER, email, now(), claim=asking, language=asked_language()
        )
    )


@blueprint.get("/<token>")
@holder_door(guessable=True)
def look(token: str) -> Response:
    """Show a button; nothing is used up (attack 121)."""
    if step_up.proof_link(services(), holder_session(), token, now()) is None:
        return _page(status=410, dead=True)
    return page("wallet/proved.html", private=True)


@blueprint.post("/<token>")
@holder_door(guessable=True)
def prove(token: str) -> AnyResponse:
    try:
        step_up.prove_by_link(services(), holder_session(), token, now(), browser=sessions.browser())
    except UnauthenticatedError:
        return _page(status=410, dead=True)
    return go_on()


def go_on() -> AnyResponse:
    """Continue to the page requested before the confirmation."""
    flash(gettext("Thank you: it is you. Go on within five minutes."))
    return redirect(take_wanted(url_for("wallet.home")), 303)


def _page(asked: Asked | None = None, *, status: int = 200, dead: bool = False) -> Response:
    provider = oidc.provider_of(services())
    shown = page(
        "wallet/prove.html",
        status=status,
        private=True,
        asked=asked,
        dead=dead,
        addresses=sign_in.proved_addresses(services(), holder_id()),
        has_account=provider is not None and identities.has_account(services(), holder_id(), provider.issuer),
        has_passkey=bool(identities.passkeys_of(services(), holder_id())),
        mail_enabled=services().mail_enabled,
    )
    shown.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return shown

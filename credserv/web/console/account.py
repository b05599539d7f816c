"""Console: your account. What your role allows, where you are signed in, and signing out everywhere."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.journeys.admit import access, staff_accounts
from credserv.journeys.admit.oidc import provider_of
from credserv.journeys.admit.staff_login import staff_login
from credserv.records.access import SessionKind
from credserv.records.roles import PERMISSIONS, Permission, Role
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@console_door()
def index() -> Response:
    colleague = sessions.colleague()
    return page(
        "console/account.html",
        private=True,
        here="account",
        colleague=colleague,
        sessions=access.sessions_of(services(), colleague.person_id, now()),
        current=sessions.current_session(services(), SessionKind.ADMINISTRATOR, now()).token_sha256,
        login=staff_login(services()) if provider_of(services()) else None,
        accounts=staff_accounts.accounts_of(services(), colleague.membership_id),
        roles=list(Role),
        permissions=[(one, {role for role in Role if one in PERMISSIONS[role]}) for one in Permission],
    )


@blueprint.post("/accounts/end")
@console_door(while_closed=True, proof=True)
def end_account() -> AnyResponse:
    """Remove one's own account from the console.

    This asks for a proof, because people without an account are not asked for one beforehand.
    """
    colleague = sessions.colleague()
    account_id = request.form.get("account", "")
    staff_accounts.end_account(services(), colleague, colleague.membership_id, account_id, now())
    flash(gettext("That account opens the console no more."))
    return redirect(url_for("console.account.index"), 303)


@blueprint.post("/sessions/end")
@console_door(while_closed=True)
def end_session() -> AnyResponse:
    person_id = sessions.colleague().person_id
    access.end_one_session(services(), person_id, request.form.get("session", ""), now())
    flash(gettext("That session was ended."))
    return redirect(url_for("console.account.index"), 303)


@blueprint.post("/sign-out-everywhere")
@console_door(while_closed=True)
def sign_out_everywhere() -> AnyResponse:
    access.end_all_sessions(services(), sessions.colleague().person_id, now())
    response = redirect(url_for("console.home"), 303)
    flash(gettext("You are signed out everywhere."))
    return sessions.sign_out(services(), response, SessionKind.ADMINISTRATOR)

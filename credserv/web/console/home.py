"""The console: where colleagues work, each with what their role allows (records/roles.py).

There are no passwords. A link comes by mail, from a colleague, or from `credserv console-link` on the server.
A GET on it shows a button, whose POST uses it up and signs this browser in. Each area has a file of its own
in this folder.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, UnauthenticatedError
from credserv.journeys.admit import sign_in
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.admit.oidc import provider_of
from credserv.journeys.admit.saml import saml_provider
from credserv.journeys.admit.staff_login import staff_login
from credserv.journeys.operate.overview import overview
from credserv.records.access import LinkPurpose, SessionKind
from credserv.records.roles import Permission
from credserv.web.console import account as console_account
from credserv.web.console import achievements as console_achievements
from credserv.web.console import audit as console_audit
from credserv.web.console import colleagues as console_colleagues
from credserv.web.console import credentials as console_credentials
from credserv.web.console import keys as console_keys
from credserv.web.console import organisation as console_organisation
from credserv.web.console import people as console_people
from credserv.web.console import sources as console_sources
from credserv.web.console import trust as console_trust
from credserv.web.console import waiting as console_waiting
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door, name_menu, threshold
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("console", __name__, url_prefix="/console")
blueprint.record_once(install)
for _area in (
    console_achievements,
    console_sources,
    console_credentials,
    console_trust,
    console_keys,
    console_people,
    console_waiting,
    console_colleagues,
    console_organisation,
    console_audit,
    console_account,
):
    blueprint.register_blueprint(_area.blueprint)
blueprint.register_blueprint(console_organisation.everyone)

blueprint.context_processor(name_menu)


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_sign_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("console.home"), 303)


@blueprint.get("")
@threshold()
def home() -> Response:
    """Show the overview when signed in, else how to sign in."""
    try:
        colleague = sessions.colleague()
    except UnauthenticatedError:
        return _sign_in_page()
    if not colleague.may(Permission.LOOK):
        return page("console/plain.html", private=True, here="home", colleague=colleague)
    found = overview(services(), now())
    return page(
        "console/overview.html",
        private=True,
        here="home",
        active=found.active,
        reached=found.reached,
        achievements=found.achievements,
        sources=found.sources,
        keys=found.keys,
        quarantined=found.quarantined,
        alarms=found.alarms,
        wrong=found.wrong,
        credentials=console_credentials.list_items(found.credentials),
        issuer=services().issuer,
        colleague=colleague,
    )


@blueprint.post("/link")
@threshold(budget="letters")
def request_link() -> Response:
    """Mail a link; the response is the same whether or not the address is a colleague's (attack 115)."""
    asked = request_letter(services(), LinkPurpose.CONSOLE_LETTER, request.form.get("email", ""), now())
    return _sign_in_page(asked=asked)


@blueprint.get("/open/<token>")
@threshold(guessable=True)
def look_at_link(token: str) -> AnyResponse:
    """Show a button; nothing is used up."""
    link = sign_in.console_link(services(), token, now())
    if link is None:
        return _dead_link()
    return page("console/open.html", private=True, first=link.purpose is LinkPurpose.FIRST_OWNER, form={})


@blueprint.post("/open/<token>")
@threshold(guessable=True)
def open_link(token: str) -> AnyResponse:
    owner = sign_in.Owner(request.form.get("email", ""), request.form.get("name", ""))
    try:
        opened = sign_in.open_console_link(services(), token, now(), browser=sessions.browser(), owner=owner)
    except UnauthenticatedError:
        return _dead_link()
    except InputError as error:
        return page(
            "console/open.html", status=400, private=True, first=True, form=request.form, problem=error.detail
        )
    return sessions.sign_in(redirect(url_for("console.home"), 303), opened)


def _dead_link() -> AnyResponse:
    """Answer a dead link. A second press or another tab that is already signed in goes to the link's
    target."""
    try:
        sessions.colleague()
    except UnauthenticatedError:
        return _sign_in_page(dead=True)
    return redirect(url_for("console.home"), 303)


def _sign_in_page(*, dead: bool = False, asked: Asked | None = None) -> Response:
    shown = page(
        "console/sign_in.html",
        status=410 if dead else 200,
        private=True,
        dead=dead,
        asked=asked,
        login=staff_login(services()),
        by_oidc=provider_of(services()) is not None,
        by_saml=saml_provider(services()) is not None,
        mail_enabled=services().mail_enabled,
    )
    shown.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return shown


@blueprint.post("/sign-out")
@console_door(while_closed=True)
def sign_out() -> AnyResponse:
    return sessions.sign_out(services(), redirect(url_for("console.home"), 303), SessionKind.ADMINISTRATOR)

"""The console: what an administrator does, behind a one-time link that the command line prints.

No password exists. `credserv console-link` (or the start of the demo) prints a link; a GET on it shows a
button, whose POST uses it up and signs this browser in. Each area has a file of its own beside this one.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, UnauthenticatedError
from credserv.journeys.admit import access
from credserv.journeys.operate.overview import overview
from credserv.records.access import LinkPurpose, SessionKind
from credserv.web.console import achievements as console_achievements
from credserv.web.console import credentials as console_credentials
from credserv.web.console import keys as console_keys
from credserv.web.console import sources as console_sources
from credserv.web.console import trust as console_trust
from credserv.web.console.doors import console_door, threshold
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("console", __name__, url_prefix="/console")
blueprint.record_once(install)
for _area in (
    console_achievements,
    console_sources,
    console_credentials,
    console_trust,
    console_keys,
):
    blueprint.register_blueprint(_area.blueprint)


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_sign_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("console.home"), 303)


@blueprint.get("")
@threshold()
def home() -> Response:
    """The overview when signed in, else how to sign in."""
    try:
        sessions.current_session(services(), SessionKind.ADMINISTRATOR, now())
    except UnauthenticatedError:
        return page("console/sign_in.html", private=True)
    found = overview(services())
    return page(
        "console/overview.html",
        private=True,
        here="home",
        active=found.active,
        issued=found.issued,
        achievements=found.achievements,
        sources=found.sources,
        keys=found.keys,
        quarantined=found.quarantined,
        credentials=console_credentials.list_items(found.credentials),
        issuer=services().issuer,
    )


@blueprint.get("/open/<token>")
@threshold(guessable=True)
def look_at_link(token: str) -> Response:
    """A button, and nothing used up."""
    if not access.link_is_open(services(), token, LinkPurpose.CONSOLE, now()):
        return page("console/sign_in.html", status=410, private=True, dead=True)
    return page("console/open.html", private=True)


@blueprint.post("/open/<token>")
@threshold(guessable=True)
def open_link(token: str) -> AnyResponse:
    try:
        opened = access.open_link(services(), token, LinkPurpose.CONSOLE, now())
    except UnauthenticatedError:
        return page("console/sign_in.html", status=410, private=True, dead=True)
    return sessions.sign_in(redirect(url_for("console.home"), 303), opened)


@blueprint.post("/sign-out")
@console_door()
def sign_out() -> AnyResponse:
    return sessions.sign_out(services(), redirect(url_for("console.home"), 303), SessionKind.ADMINISTRATOR)

"""Sign in to the console by SAML 2.0: to the identity provider, and back with a form that it posts.

The response comes from another site, without our cookies (SameSite). So a page of ours is shown that posts it
again, with the cookie for the request, which only this browser has. That cookie does the work of a form
token.
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.exchange.saml import build_metadata
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    FetchRefusedError,
    InputError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from credserv.journeys.admit import saml, staff_accounts
from credserv.records.roles import Permission
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door, status_of, threshold
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said, sentence

blueprint = Blueprint("saml", __name__)

_ASKED = "staff_saml"  # in Flask's own signed cookie, which no other site can set
_METADATA = "application/samlmetadata+xml"


@blueprint.get("/saml/metadata")
@door(cache="no-cache")
def metadata() -> Response:
    """Return what an identity provider imports to recognise this console."""
    return Response(build_metadata(saml.own_side(services())), mimetype=_METADATA)


@blueprint.get("/saml")
@threshold(budget="letters")
def sign_in() -> AnyResponse:
    try:
        address, session[_ASKED] = saml.ask(services(), now())
    except NotFoundError as error:
        return _told(error)
    return redirect(address, 303)


@blueprint.post("/saml/acs")
@door(budget="letters", private=True)
def answer() -> Response:
    """Accept the provider's post from the browser. Nothing is read yet."""
    return page("staff/saml_back.html", private=True, answer=request.form.get("SAMLResponse", ""))


@blueprint.post("/saml/done")
@door(budget="letters", private=True)
def finish() -> AnyResponse:
    """Use the response up."""
    told, request_id = request.form.get("SAMLResponse", ""), str(session.pop(_ASKED, ""))
    try:
        opened = staff_accounts.open_console_by_saml(services(), told, request_id, now())
    except (UnauthenticatedError, ConflictError, NotFoundError, InputError) as error:
        return _told(error)
    return sessions.sign_in(redirect(url_for("console.home"), 303), opened)


@blueprint.get("/organisation/login/saml")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page()


@blueprint.post("/organisation/login/saml")
@console_door(needs=Permission.ORGANISATION, proof=True, body=Body.IMAGE)
def set_provider() -> AnyResponse:
    """Set the provider from a file or an address."""
    try:
        given = request.files.get("file")
        xml = given.read() if given is not None and given.filename else b""
        address = request.form.get("address", "").strip()
        if not xml and not address:
            raise InputError("choose the file of the metadata, or give its address")
        xml = xml or saml.fetch_metadata(services().fetcher, address)
        saml.set_saml_provider(services(), xml, actor=sessions.actor(), now=now())
    except (InputError, UnavailableError, FetchRefusedError) as error:
        return _page(error)
    flash(gettext("Saved. Next, say which of its accounts open this console."))
    return redirect(url_for("staff.saml.index"), 303)


@blueprint.post("/organisation/login/saml/end")
@console_door(needs=Permission.ORGANISATION, proof=True)
def end() -> AnyResponse:
    try:
        saml.end_saml_provider(services(), actor=sessions.actor(), now=now())
    except NotFoundError as error:
        return _page(error)
    flash(gettext("Nobody can sign in there any more."))
    return redirect(url_for("staff.saml.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    return page(
        "staff/saml.html",
        status=status_of(error),
        private=True,
        here="organisation",
        provider=saml.saml_provider(services()),
        own=saml.own_side(services()),
        error=error,
        form=request.form,
    )


def _told(error: CredservError) -> AnyResponse:
    flash(said(sentence(error.detail)), "fault")
    return redirect(url_for("console.home"), 303)

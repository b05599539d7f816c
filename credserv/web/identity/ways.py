"""How I sign in: the person's addresses, each added by a link sent to it, and all of them removable."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, UnauthenticatedError
from credserv.journeys.admit import identities, notices, oidc
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.admit.sign_in import require_email
from credserv.records.access import LinkPurpose
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY, door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.languages import asked_language, gettext
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("identity", __name__, url_prefix="/wallet")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
threshold = partial(door, guessable=True, form=True, private=True)


@blueprint.get("/identity")
@holder_door()
def show() -> Response:
    return _page()


@blueprint.post("/identity")
@holder_door(proof=True, budget="letters")
def ask_for_address() -> Response:
    """Mail a link to another address: whoever opens it here proves that it is theirs."""
    try:
        email = require_email(request.form.get("email", ""))
    except InputError as error:
        return _page(error)
    person_id = holder_id()
    return _page(
        asked=request_letter(
            services(), LinkPurpose.ADDRESS_LETTER, email, now(), claim=person_id, language=asked_language()
        )
    )


@blueprint.post("/identity/name")
@holder_door()
def call() -> AnyResponse:
    """Set the name that the wallet, shares and letters use for the person."""
    try:
        identities.call(services(), holder_id(), request.form.get("name", ""))
    except InputError as error:
        return _page(error)
    flash(gettext("That is what you are called from now on."))
    return redirect(url_for("identity.show"), 303)


@blueprint.get("/identity/add/<token>")
@holder_door(guessable=True)
def look_at_address(token: str) -> Response:
    """Show a button; nothing is used up (attack 121)."""
    link = identities.address_link(services(), holder_session(), token, now())
    if link is None:
        return _dead()
    return page("wallet/add_address.html", private=True, address=link.subject)


@blueprint.post("/identity/add/<token>")
@holder_door(guessable=True)
def add_address(token: str) -> AnyResponse:
    try:
        address = identities.add_address(
            services(), holder_session(), token, now(), browser=sessions.browser()
        )
    except UnauthenticatedError:
        return _dead()
    except ConflictError as error:
        return _page(error)
    flash(gettext("%(address)s opens your wallet from now on.", address=address))
    return redirect(url_for("identity.show"), 303)


@blueprint.post("/identity/<identifier_id>/signing-in")
@holder_door(proof=True, guessable=True)
def set_signing_in(identifier_id: str) -> AnyResponse:
    """Set whether an address opens the wallet, or only gets letters."""
    signs_in = request.form.get("signs_in") == "yes"
    try:
        identities.set_signing_in(services(), holder_id(), identifier_id, now(), signs_in=signs_in)
    except ConflictError as error:
        return _page(error)
    flash(
        gettext("It opens your wallet again.") if signs_in else gettext("It only gets letters from now on.")
    )
    return redirect(url_for("identity.show"), 303)


@blueprint.post("/identity/<identifier_id>/remove")
@holder_door(proof=True, guessable=True)
def remove(identifier_id: str) -> AnyResponse:
    try:
        identities.remove(services(), holder_id(), identifier_id, now())
    except ConflictError as error:
        return _page(error)
    flash(gettext("The address is no longer yours: it does not open your wallet, and gets no letters."))
    return redirect(url_for("identity.show"), 303)


# --- "this was not me" ------------------------------------------------------------------------------


@blueprint.get("/not-me/<token>")
@threshold()
def look_at_notice(token: str) -> Response:
    """Show a button; nothing is used up (attack 121)."""
    is_open = notices.freeze_link(services(), token, now()) is not None
    return page("wallet/not_me.html", status=200 if is_open else 410, private=True, dead=not is_open)


@blueprint.post("/not-me/<token>")
@threshold(budget="letters")
def not_me(token: str) -> Response:
    try:
        until = notices.freeze(services(), token, now(), browser=sessions.browser())
    except UnauthenticatedError:
        return page("wallet/not_me.html", status=410, private=True, dead=True)
    return page("wallet/not_me.html", private=True, until=until)


def _page(error: CredservError | None = None, *, asked: Asked | None = None) -> Response:
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 400
    shown = page(
        "wallet/identity.html",
        status=status,
        private=True,
        name=identities.called(services(), holder_id()),
        ways=identities.ways_in(services(), holder_id()),
        employer=oidc.provider_of(services()),
        passkeys=identities.passkeys_of(services(), holder_id()),
        error=error,
        asked=asked,
        mail_enabled=services().mail_enabled,
    )
    shown.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return shown


def _dead() -> Response:
    return page("wallet/add_address.html", status=410, private=True, address="")

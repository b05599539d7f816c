"""The wallet: what a person holds, shown, downloaded, shared by links that end.

It opens by a link from the mail: a GET shows a button, the button's POST uses the link up, so that mail
scanners and previews open nothing (attack 121). Nothing signed in is kept by any cache.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, UnauthenticatedError
from credserv.journeys.admit import access
from credserv.journeys.hold import wallet as carry
from credserv.records.access import LinkPurpose, SessionKind, SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet", __name__, url_prefix="/wallet")
blueprint.record_once(install)
holder_door = partial(door, session=SessionKind.HOLDER, form=True, private=True)


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_come_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("wallet.home"), 303)


@blueprint.get("")
@door(form=True, private=True)
def home() -> Response:
    """The wallet when signed in; else how to get in."""
    try:
        holder = _holder()
    except UnauthenticatedError:
        return page("wallet/request.html", private=True, mail_enabled=services().mail_enabled, sent=False)
    return page("wallet/home.html", private=True, wallet=carry.wallet(services(), holder.subject, now()))


@blueprint.get("/open/<token>")
@door(form=True, private=True, guessable=True)
def look_at_link(token: str) -> Response:
    """A button, and nothing used up."""
    if not access.link_is_open(services(), token, LinkPurpose.WALLET, now()):
        return _link_is_dead()
    return page("wallet/open.html", private=True)


@blueprint.post("/open/<token>")
@door(form=True, private=True, guessable=True)
def open_link(token: str) -> AnyResponse:
    try:
        opened = access.open_link(services(), token, LinkPurpose.WALLET, now())
    except UnauthenticatedError:
        return _link_is_dead()
    return sessions.sign_in(redirect(url_for("wallet.home"), 303), opened)


@blueprint.post("/link")
@door(budget="letters", form=True, private=True)
def request_link() -> Response:
    """The same answer whether or not the address is known (attack 115)."""
    access.request_wallet_link(services(), request.form.get("email", ""), now())
    return page("wallet/request.html", private=True, mail_enabled=services().mail_enabled, sent=True)


@blueprint.get("/credentials/<credential_id>")
@holder_door()
def credential(credential_id: str) -> Response:
    item = carry.held(services(), _holder().subject, credential_id, now())
    shares = carry.shares_of(services(), item)
    return page("wallet/credential.html", private=True, item=item, shares=shares, made="")


@blueprint.post("/credentials/<credential_id>/shares")
@holder_door()
def share(credential_id: str) -> AnyResponse:
    """Make a link; its address is shown by this answer alone, for the store keeps only its hash."""
    holder, label = _holder(), request.form.get("label", "")
    item = carry.held(services(), holder.subject, credential_id, now())
    try:
        made = carry.share(services(), holder.subject, credential_id, label, now())
    except InputError as error:
        flash(error.detail, "fault")
        return redirect(url_for("wallet.credential", credential_id=credential_id), 303)
    shares = carry.shares_of(services(), item)
    return page(
        "wallet/credential.html",
        private=True,
        item=item,
        shares=shares,
        made=made,
        base_url=services().public_url,
    )


@blueprint.post("/shares/<share_id>/end")
@holder_door()
def end_share(share_id: str) -> AnyResponse:
    ended = carry.end_share(services(), _holder().subject, share_id, now())
    flash("The link was ended. Whoever opens it is told so, and sees nothing else.")
    return redirect(url_for("wallet.credential", credential_id=ended.credential_id), 303)


@blueprint.post("/sign-out")
@door(form=True, private=True)
def sign_out() -> AnyResponse:
    response = sessions.sign_out(services(), redirect(url_for("wallet.home"), 303), SessionKind.HOLDER)
    flash("You are signed out.")
    return response


def _holder() -> SessionRecord:
    return sessions.current_session(services(), SessionKind.HOLDER, now())


def _link_is_dead() -> Response:
    try:
        _holder()
        signed_in = True
    except UnauthenticatedError:
        signed_in = False
    return page(
        "wallet/link_dead.html",
        status=410,
        private=True,
        signed_in=signed_in,
        mail_enabled=services().mail_enabled,
    )

"""Other hosts of badges, for the person who connects them: connect, take, send, disconnect."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import (
    AppRequestError,
    CredservError,
    InputError,
    UnauthenticatedError,
    UnavailableError,
)
from credserv.journeys.hold import wallet
from credserv.journeys.transfer import hosts
from credserv.journeys.transfer.imports import Kept, KeptAs
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page
from credserv.web.wallets.parameters import query_parameters

blueprint = Blueprint("wallet_hosts", __name__, url_prefix="/wallet/hosts")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("")
@holder_door()
def home() -> Response:
    return _home()


@blueprint.post("")
@holder_door(budget="verify", proof=True)
def connect() -> Response:
    """Connect a host. The next step is a link and not a redirect, because our forms lead nowhere else."""
    typed = request.form.get("address", "")
    try:
        begun = hosts.begin(services(), holder_id(), typed, now())
    except (InputError, UnavailableError) as error:
        return _home(error, typed)
    return page("wallet/host_ask.html", private=True, begun=begun)


@blueprint.get("/<host_id>/return")
@holder_door(guessable=True, budget="verify")
def come_back(host_id: str) -> AnyResponse:
    try:
        found = hosts.finish(services(), holder_id(), host_id, query_parameters(), now())
    except (InputError, AppRequestError, UnavailableError) as error:
        return _home(error)
    flash(gettext("%(name)s is connected.", name=found.name))
    return redirect(url_for("wallet_hosts.home"), 303)


@blueprint.post("/<host_id>/take")
@holder_door(guessable=True, budget="verify")
def take(host_id: str) -> Response:
    try:
        return _home(kept=hosts.take(services(), holder_id(), host_id, now()), asked=True)
    except (UnauthenticatedError, UnavailableError) as error:
        return _home(error)


@blueprint.get("/<host_id>/send")
@holder_door(guessable=True)
def choose(host_id: str) -> Response:
    host = hosts.require_host(services(), holder_id(), host_id)
    held = wallet.wallet(services(), holder_id(), now())
    return page("wallet/host_send.html", private=True, host=host, badges=held.credentials)


@blueprint.post("/<host_id>/send")
@holder_door(guessable=True, budget="verify", parts=512)
def send(host_id: str) -> AnyResponse:
    try:
        sent = hosts.send(services(), holder_id(), host_id, request.form.getlist("badge"))
    except (UnauthenticatedError, UnavailableError) as error:
        return _home(error)
    if sent.taken:
        flash(gettext("%(number)s taken by the host.", number=sent.taken))
    if sent.refused or not sent.taken:
        flash(
            gettext("%(number)s refused by the host.", number=sent.refused)
            if sent.refused
            else gettext("Choose a badge first."),
            "fault",
        )
    return redirect(url_for("wallet_hosts.home"), 303)


@blueprint.post("/<host_id>/end")
@holder_door(guessable=True)
def end(host_id: str) -> AnyResponse:
    hosts.disconnect(services(), holder_id(), host_id, now())
    flash(gettext("That host is no longer connected. What came from there stays in your wallet."))
    return redirect(url_for("wallet_hosts.home"), 303)


def _home(
    error: CredservError | None = None, typed: str = "", *, kept: tuple[Kept, ...] = (), asked: bool = False
) -> Response:
    return page(
        "wallet/hosts.html",
        status=200 if error is None else 400,
        private=True,
        hosts=hosts.hosts_of(services(), holder_id()),
        error=error,
        typed=typed,
        kept=kept,
        asked=asked,
        outcomes=KeptAs,
    )

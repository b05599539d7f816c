"""Console: systems notified of changes to credentials, and the outcome of each message."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, NotFoundError
from credserv.journeys.connect import endpoints
from credserv.journeys.deliver.webhooks import end_endpoint
from credserv.records.roles import Permission
from credserv.records.webhooks import SUBSCRIBABLE, Delivery, EndpointRecord
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext, ngettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said
from credserv.web.frame.sessions import actor

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

ENDPOINTS = Listing(
    "systems-that-hear",
    ("id", "url", "hears_of", "state", "created_at", "ended_at", "why"),
    lambda: endpoints.all_endpoints(services()),
    lambda one: (
        one.id,
        one.url,
        one.happenings,
        "ended" if one.ended_at else "in use",
        one.created_at,
        one.ended_at,
        one.why,
    ),
    states=("in use", "ended"),
).serve(blueprint, Permission.INSPECT)


def _became(one: Delivery) -> str:
    return "taken" if one.delivered_at else "given up" if one.is_given_up else "waits"


MESSAGES = Listing(
    "messages",
    ("id", "tells", "credential", "state", "happened_at", "tries", "note", "delivered_at"),
    lambda endpoint_id, after=None: endpoints.all_deliveries(services(), endpoint_id, after),
    lambda one: (
        one.id,
        one.happening,
        one.credential_id,
        _became(one),
        one.happened_at,
        one.tries,
        one.note,
        one.delivered_at,
    ),
    states=("waits", "taken", "given up"),
    place=lambda one: one.place,
    beneath="/<endpoint_id>",
    page="endpoint",
).serve(blueprint, Permission.INSPECT)


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _index()


@blueprint.post("")
@console_door(needs=Permission.CONNECT)
def create() -> Response:
    """Create an endpoint; the response shows the secret, only once."""
    url, wanted = request.form.get("url", ""), request.form.getlist("on")
    try:
        made = endpoints.add_endpoint(services(), url, wanted, actor=actor(), now=now())
    except InputError as error:
        return _index(error)
    return _secret(made, made.secrets[0])


@blueprint.get("/<endpoint_id>")
@console_door(needs=Permission.INSPECT)
def endpoint(endpoint_id: str) -> Response:
    return page(
        "tell/webhook.html",
        private=True,
        here="sources",
        endpoint=endpoints.find_endpoint(services(), endpoint_id),
        deliveries=MESSAGES.found(endpoint_id=endpoint_id),
    )


@blueprint.post("/<endpoint_id>/secrets")
@console_door(needs=Permission.CONNECT)
def add_secret(endpoint_id: str) -> Response:
    secret = endpoints.rotate_secret(services(), endpoint_id, actor=actor(), now=now())
    return _secret(endpoints.find_endpoint(services(), endpoint_id), secret)


@blueprint.post("/<endpoint_id>/secrets/end-older")
@console_door(needs=Permission.CONNECT)
def end_older_secret(endpoint_id: str) -> AnyResponse:
    endpoints.end_older_secret(services(), endpoint_id, actor=actor(), now=now())
    flash(gettext("Messages are signed with the newest secret alone."))
    return _back(endpoint_id)


@blueprint.post("/<endpoint_id>/test")
@console_door(needs=Permission.CONNECT)
def test(endpoint_id: str) -> AnyResponse:
    try:
        endpoints.send_test(services(), endpoint_id, now=now())
        flash(gettext("A test message is sent in a moment. Look again then."))
    except InputError as error:
        flash(said(error.detail), "fault")
    return _back(endpoint_id)


@blueprint.post("/<endpoint_id>/again")
@console_door(needs=Permission.CONNECT)
def send_again(endpoint_id: str) -> AnyResponse:
    """Resend one message, whatever its outcome; without one, everything that was given up."""
    message = request.form.get("message", "")
    if message:
        try:
            endpoints.send_again(services(), message, now=now())
            flash(gettext("It goes out again."))
        except NotFoundError as error:
            flash(said(error.detail), "fault")
        return _back(endpoint_id)
    count = endpoints.send_given_up(services(), endpoint_id, now=now())
    flash(
        ngettext("%(num)s message goes out again.", "%(num)s messages go out again.", count)
        if count
        else gettext("Nothing was given up.")
    )
    return _back(endpoint_id)


@blueprint.post("/<endpoint_id>/state")
@console_door(needs=Permission.CONNECT)
def set_state(endpoint_id: str) -> AnyResponse:
    if request.form.get("enabled") == "yes":
        endpoints.resume_endpoint(services(), endpoint_id, actor=actor(), now=now())
        flash(gettext("It hears what happens from now on."))
    else:
        end_endpoint(services(), endpoint_id, why="ended in the console", actor=actor(), now=now())
        flash(gettext("It no longer receives anything."))
    return _back(endpoint_id)


def _index(error: CredservError | None = None) -> Response:
    return page(
        "tell/webhooks.html",
        status=status_of(error),
        private=True,
        here="sources",
        endpoints=ENDPOINTS.found(),
        happenings=SUBSCRIBABLE,
        form=request.form,
        chosen=request.form.getlist("on"),
        error=error,
    )


def _secret(made: EndpointRecord, secret: str) -> Response:
    return page("tell/webhook_secret.html", private=True, here="sources", endpoint=made, secret=secret)


def _back(endpoint_id: str) -> AnyResponse:
    return redirect(url_for("tell.webhooks.endpoint", endpoint_id=endpoint_id), 303)

"""Console: sources. Their secrets, their mappings, and the events that came last."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.award import award
from credserv.journeys.connect import sources as connect
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.roles import Permission
from credserv.records.sources import EventState
from credserv.sources import DIALECTS
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("sources", __name__, url_prefix="/sources")

_PAGE_EVENTS = 25


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return page("console/sources.html", private=True, here="sources", sources=connect.all_sources(services()))


@blueprint.get("/new")
@console_door(needs=Permission.CONNECT)
def new() -> Response:
    return _form()


@blueprint.post("")
@console_door(needs=Permission.CONNECT)
def create() -> Response:
    """The answer shows the secret; it is not shown again."""
    try:
        record, secret = connect.connect(
            services(),
            name=request.form.get("name", "").strip(),
            dialect=request.form.get("dialect", "generic"),
            mapping=_mapping_of_form(),
            actor=actor(),
            now=now(),
        )
    except CredservError as error:
        return _form(error)
    return _secret_page(record.name, secret, first=True)


@blueprint.get("/<name>")
@console_door(needs=Permission.INSPECT, shown=("name",))
def source(name: str) -> Response:
    return _source(name)


@blueprint.post("/<name>/mapping")
@console_door(needs=Permission.CONNECT, shown=("name",))
def change_mapping(name: str) -> AnyResponse:
    try:
        mapping = parse_json_object(request.form.get("mapping", "").encode())
        connect.change_mapping(services(), name, mapping, actor=actor(), now=now())
    except InputError as error:
        return _source(name, error)
    flash("The mapping was saved. Events that waited for it can be tried again below.")
    return _back(name)


@blueprint.post("/<name>/secrets")
@console_door(needs=Permission.CONNECT, shown=("name",))
def add_secret(name: str) -> AnyResponse:
    try:
        secret = connect.add_secret(services(), name, actor=actor(), now=now())
    except InputError as error:
        return _source(name, error)
    return _secret_page(name, secret, first=False)


@blueprint.post("/<name>/secrets/end-older")
@console_door(needs=Permission.CONNECT, shown=("name",))
def end_older_secrets(name: str) -> AnyResponse:
    count = connect.end_older_secrets(services(), name, actor=actor(), now=now())
    flash("There was no older secret." if not count else "Only the newest secret works from now on.")
    return _back(name)


@blueprint.post("/<name>/state")
@console_door(needs=Permission.CONNECT, shown=("name",))
def set_state(name: str) -> AnyResponse:
    enabled = request.form.get("enabled") == "yes"
    connect.set_enabled(services(), name, enabled, actor=actor(), now=now())
    flash("The source takes events in again." if enabled else "The source is paused: its events are refused.")
    return _back(name)


@blueprint.post("/<name>/retry")
@console_door(needs=Permission.CONNECT, shown=("name",))
def retry(name: str) -> AnyResponse:
    """Decide an event again that could not be decided before."""
    made = award.retry_event(services(), name, request.form.get("event", ""), now=now())
    if made.state is EventState.ISSUED:
        flash("The event was tried again, and a credential was issued.")
        return redirect(url_for("console.credentials.credential", credential_id=made.credential_id), 303)
    flash(f"The event was tried again: {made.state.value}. {made.note}", "fault")
    return _back(name)


def _mapping_of_form() -> JsonObject:
    """The JSON when there is some, else the one rule of the simple fields."""
    raw = request.form.get("mapping", "").strip()
    if raw:
        return parse_json_object(raw.encode())
    return connect.build_rule(
        request.form.get("achievement", ""),
        request.form.get("course", "").strip(),
        request.form.get("minimum", "").strip(),
    )


def _form(error: CredservError | None = None) -> Response:
    return page(
        "console/source_new.html",
        status=200 if error is None else 400,
        private=True,
        here="sources",
        error=error,
        own_faults=isinstance(error, SchemaFaultsError),
        form=request.form,
        dialects=sorted(DIALECTS),
        achievements=newest_of_each(services()),
    )


def _source(name: str, error: CredservError | None = None) -> Response:
    record = connect.source(services(), name)
    mapping = json.dumps(record.mapping, indent=2, ensure_ascii=False)
    return page(
        "console/source.html",
        status=200 if error is None else 400,
        private=True,
        here="sources",
        source=record,
        error=error,
        mapping=request.form.get("mapping", mapping),
        address=f"{services().public_url}/hooks/{record.name}",
        events=connect.recent_events(services(), name, limit=_PAGE_EVENTS),
    )


def _secret_page(name: str, secret: str, *, first: bool) -> Response:
    address = f"{services().public_url}/hooks/{name}"
    return page(
        "console/source_secret.html",
        private=True,
        here="sources",
        name=name,
        secret=secret,
        address=address,
        first=first,
    )


def _back(name: str) -> AnyResponse:
    return redirect(url_for("console.sources.source", name=name), 303)

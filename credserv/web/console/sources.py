"""Console: sources. Their secrets, their mappings, and the latest events."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.award.resume import find_message, resume
from credserv.journeys.award.trying import Trial, try_message
from credserv.journeys.award.waiting import try_again
from credserv.journeys.connect import pulls
from credserv.journeys.connect import sources as connect
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.roles import Permission
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapters import ADAPTERS
from credserv.sources.learners import LEARNERS
from credserv.sources.pulling.settings import read_pull
from credserv.sources.signing.settings import Method
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import STATE_WORDS, page
from credserv.web.frame.sentences import said
from credserv.web.frame.sessions import actor

blueprint = Blueprint("sources", __name__, url_prefix="/sources")


def _cells(source: SourceRecord) -> tuple[object, ...]:
    rules, state = len(source.mapping.get("rules", ())), "in use" if source.enabled else "paused"
    return source.name, source.dialect, rules, state, source.created_at


SOURCES = Listing(
    "sources",
    ("name", "dialect", "rules", "state", "created_at"),
    lambda: connect.all_sources(services()),
    _cells,
    states=("in use", "paused"),
).serve(blueprint, Permission.INSPECT)
EVENTS = Listing(
    "messages",
    ("id", "state", "received_at", "credential", "note", "authentication", "adapter", "sha256"),
    lambda name, after=None: connect.all_events(services(), name, after),
    lambda event: (
        event.event_id,
        event.state,
        event.received_at,
        event.credential_id,
        event.note,
        (event.authentication or {}).get("method"),
        event.adapter,
        event.body_sha256,
    ),
    states=tuple(EventState),
    beneath="/<name>",
    page="source",
    rows=25,
    place=lambda event: event.place,
).serve(blueprint, Permission.INSPECT, shown=("name",))


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return page("console/sources.html", private=True, here="sources", sources=SOURCES.found())


@blueprint.get("/new")
@console_door(needs=Permission.CONNECT)
def new() -> Response:
    return _form()


@blueprint.post("")
@console_door(needs=Permission.CONNECT)
def create() -> Response:
    """Create a source; the response shows the secret, only once."""
    try:
        record, secret = connect.connect(
            services(),
            name=request.form.get("name", "").strip(),
            dialect=request.form.get("dialect", "generic"),
            mapping=_mapping_of_form(),
            options=connect.build_options(request.form),
            actor=actor(),
            now=now(),
        )
    except CredservError as error:
        return _form(error)
    return _secret_page(record, secret, first=True)


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
    flash(gettext("The rules were saved. Events that waited for them can be tried again below."))
    return _back(name)


@blueprint.post("/<name>/options")
@console_door(needs=Permission.CONNECT, shown=("name",))
def change_options(name: str) -> AnyResponse:
    """Change how it authenticates, and what its dialect needs to know."""
    try:
        options = parse_json_object(request.form.get("options", "").encode())
        connect.change_options(services(), name, options, actor=actor(), now=now())
    except InputError as error:
        return _source(name, error)
    flash(gettext("The options were saved."))
    return _back(name)


@blueprint.post("/<name>/token")
@console_door(needs=Permission.CONNECT, shown=("name",))
def set_token(name: str) -> AnyResponse:
    """Set the token for fetching from the system. It is not shown again."""
    try:
        pulls.set_token(services(), name, request.form.get("token", ""), actor=actor(), now=now())
    except InputError as error:
        return _source(name, error)
    flash(gettext("The token was saved. The system is asked within a minute."))
    return _back(name)


@blueprint.post("/<name>/ask")
@console_door(needs=Permission.CONNECT, shown=("name",))
def ask(name: str) -> AnyResponse:
    """Let the worker fetch, so that nobody here waits for another host."""
    pulls.ask_now(services(), name, now=now())
    flash(gettext("The system is asked within a minute. Look again then."))
    return _back(name)


@blueprint.post("/<name>/try")
@console_door(needs=Permission.INSPECT, shown=("name",))
def try_out(name: str) -> Response:
    """Show what the source would find in a message. Nothing is stored."""
    record, sent = connect.source(services(), name), request.form.get("message", "")
    return _source(name, trial=try_message(services(), record, sent.encode(), now=now()))


@blueprint.post("/<name>/waiting/retry")
@console_door(needs=Permission.CONNECT, shown=("name",))
def retry_waiting(name: str) -> AnyResponse:
    """Process again everything of this source that waits."""
    count = try_again(services(), name, now=now())
    flash(gettext("%(number)s went on.", number=count) if count else gettext("Nothing of it could go on."))
    return _back(name)


@blueprint.post("/<name>/secrets")
@console_door(needs=Permission.CONNECT, shown=("name",))
def add_secret(name: str) -> AnyResponse:
    try:
        overlap, lasts = _days("overlap"), _days("lasts")
        secret = connect.add_secret(services(), name, overlap=overlap, lasts=lasts, actor=actor(), now=now())
    except InputError as error:
        return _source(name, error)
    return _secret_page(connect.source(services(), name), secret, first=False)


@blueprint.post("/<name>/secrets/end-older")
@console_door(needs=Permission.CONNECT, shown=("name",))
def end_older_secrets(name: str) -> AnyResponse:
    count = connect.end_older_secrets(services(), name, actor=actor(), now=now())
    flash(
        gettext("Only the newest secret works from now on.")
        if count
        else gettext("There was no older secret.")
    )
    return _back(name)


@blueprint.post("/<name>/state")
@console_door(needs=Permission.CONNECT, shown=("name",))
def set_state(name: str) -> AnyResponse:
    enabled = request.form.get("enabled") == "yes"
    connect.set_enabled(services(), name, enabled, actor=actor(), now=now())
    flash(
        gettext("The source takes events in again.")
        if enabled
        else gettext("The source is paused: its events are refused.")
    )
    return _back(name)


@blueprint.post("/<name>/retry")
@console_door(needs=Permission.CONNECT, shown=("name",))
def retry(name: str) -> AnyResponse:
    """Retry an event that could not be decided, or a message that could not be read."""
    event = find_message(services(), name, request.form.get("event", ""))
    made = resume(services(), event, now=now())
    if made.state is EventState.ISSUED:
        flash(gettext("The event was tried again, and a credential was issued."))
        return redirect(url_for("console.credentials.credential", credential_id=made.credential_id), 303)
    flash(
        gettext(
            "The event was tried again: %(state)s. %(note)s",
            state=said(STATE_WORDS.get(made.state, made.state.value), plain=True),
            note=said(made.note, plain=True),
        ),
        "fault",
    )
    return _back(name)


def _mapping_of_form() -> JsonObject | None:
    """Return the JSON if given, else the one rule of the simple fields.

    For dialects other than our own it may be omitted, where rules of achievements decide.
    """
    raw, form = request.form.get("mapping", "").strip(), request.form
    if raw:
        return parse_json_object(raw.encode())
    course, is_own = form.get("course", "").strip(), form.get("dialect", "generic") == "generic"
    if not course and not is_own:
        return None
    event = "course.completed" if is_own else "completed"
    return connect.build_rule(
        form.get("achievement", ""), course, form.get("minimum", "").strip(), event=event
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
        dialects=sorted(ADAPTERS),
        methods=list(Method),
        achievements=newest_of_each(services()),
    )


def _source(name: str, error: CredservError | None = None, *, trial: Trial | None = None) -> Response:
    record = connect.source(services(), name)
    mapping, options = (
        json.dumps(each, indent=2, ensure_ascii=False) for each in (record.mapping, record.options)
    )
    return page(
        "console/source.html",
        status=200 if error is None else 400,
        private=True,
        here="sources",
        source=record,
        error=error,
        mapping=request.form.get("mapping", mapping),
        options=request.form.get("options", options),
        address=connect.address_of(services(), record),
        method=connect.method_of(record),
        learner=LEARNERS.get(record.dialect),
        traffic=connect.traffic(services(), name, now=now()),
        pull=read_pull(record.dialect, record.options),
        asked=pulls.find_pull(services(), name),
        trial=trial,
        now=now(),
        tried=request.form.get("message", ""),
        events=EVENTS.found(name=name),
    )


def _days(field: str) -> timedelta | None:
    """Return a number of days. Raises InputError."""
    text = request.form.get(field, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InputError("a number of days has digits alone")
    return timedelta(days=int(text)) if text else None


def _secret_page(record: SourceRecord, secret: str, *, first: bool) -> Response:
    return page(
        "console/source_secret.html",
        private=True,
        here="sources",
        name=record.name,
        secret=secret,
        address=connect.address_of(services(), record, secret),
        method=connect.method_of(record),
        first=first,
    )


def _back(name: str) -> AnyResponse:
    return redirect(url_for("console.sources.source", name=name), 303)

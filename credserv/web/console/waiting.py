"""Console: what needs a decision: unknown people, contradictions, odd dates."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.award import waiting
from credserv.records.credentials import Recipient
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.paging import Place
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said
from credserv.web.frame.sessions import actor
from credserv.web.frame.tables import csv_file

blueprint = Blueprint("waiting", __name__, url_prefix="/waiting")

_SHOWN = (ObservationState.WAITING, ObservationState.CONFLICT, ObservationState.QUEUED)
_PAGE_ROWS = 50


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _page()


@blueprint.get("/export")
@console_door(needs=Permission.INSPECT)
def export() -> Response:
    state, text = _asked()
    rows = (
        (
            one.id,
            one.state.value,
            one.observation.kind.value,
            "; ".join(f"{person.kind.value} {person.value}" for person in one.observation.people),
            one.observation.name,
            "; ".join(f"{about.kind.value} {about.value}" for about in one.observation.activities),
            format_instant(one.observation.occurred_at) if one.observation.occurred_at else None,
            one.source,
            one.note,
        )
        for one in waiting.all_open(services(), state, text=text)
    )
    columns = ("id", "state", "kind", "people", "name", "activities", "occurred_at", "source", "note")
    return csv_file("waiting", columns, rows)


@blueprint.post("/<observation_id>/person")
@console_door(needs=Permission.MEMBERS)
def resolve(observation_id: str) -> AnyResponse:
    """Set whom it means; everything that waits for the same names continues."""
    email, did = request.form.get("email", "").strip(), request.form.get("did", "").strip()
    recipient = Recipient(
        email=email or None, did=did or None, name=request.form.get("name", "").strip() or None
    )
    try:
        settled = waiting.assign_person(services(), observation_id, recipient, actor=actor(), now=now())
    except (InputError, ConflictError) as error:
        return _page(error)
    flash(_settled(settled))
    return _back()


@blueprint.post("/<observation_id>/release")
@console_door(needs=Permission.CONNECT)
def release(observation_id: str) -> AnyResponse:
    """Accept what was held back because of its date."""
    try:
        settled = waiting.release(services(), observation_id, actor=actor(), now=now())
    except ConflictError as error:
        return _page(error)
    flash(gettext("It is %(state)s now.", state=said(settled.state.value, plain=True)))
    return _back()


def _settled(settled: ObservationRecord) -> str:
    state = said(settled.state.value, plain=True)
    if settled.note:
        return gettext("It is %(state)s now: %(note)s.", state=state, note=settled.note)
    return gettext("It is %(state)s now.", state=state)


def _page(error: CredservError | None = None) -> Response:
    state, text = _asked()
    start = request.args.get("from", "")
    after = Place.parse(start) if start else None
    found = waiting.open_observations(services(), state, text=text, limit=_PAGE_ROWS + 1, after=after)
    counts = waiting.count_open(services())
    return page(
        "console/waiting.html",
        status=status_of(error),
        private=True,
        here="waiting",
        error=error,
        state=state.value,
        counts=[(one.value, counts.get(one, 0)) for one in _SHOWN],
        found=found[:_PAGE_ROWS],
        text=text,
        start=start,
        more=str(waiting.place_of(found[_PAGE_ROWS - 1])) if len(found) > _PAGE_ROWS else None,
    )


def _asked() -> tuple[ObservationState, str]:
    chosen = request.args.get("state", "")
    state = ObservationState(chosen) if chosen in set(_SHOWN) else ObservationState.WAITING
    return state, request.args.get("q", "").strip()[:200]


def _back() -> AnyResponse:
    return redirect(url_for("console.waiting.index"), 303)

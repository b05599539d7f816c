"""Console: what waits for somebody's word: people whom nobody knows, contradictions, odd dates."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.award import waiting
from credserv.records.credentials import Recipient
from credserv.records.observed import ObservationState
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("waiting", __name__, url_prefix="/waiting")

_SHOWN = (ObservationState.WAITING, ObservationState.CONFLICT, ObservationState.QUEUED)
_PAGE_ROWS = 50


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _page()


@blueprint.post("/<observation_id>/person")
@console_door(needs=Permission.MEMBERS)
def resolve(observation_id: str) -> AnyResponse:
    """Say whom it means; all that waits for the same names goes on with it."""
    email, did = request.form.get("email", "").strip(), request.form.get("did", "").strip()
    recipient = Recipient(
        email=email or None, did=did or None, name=request.form.get("name", "").strip() or None
    )
    try:
        settled = waiting.resolve_by_hand(services(), observation_id, recipient, actor=actor(), now=now())
    except (InputError, ConflictError) as error:
        return _page(error)
    flash(
        f"It is {settled.state.value} now."
        if not settled.note
        else f"It is {settled.state.value} now: {settled.note}."
    )
    return _back()


@blueprint.post("/<observation_id>/release")
@console_door(needs=Permission.CONNECT)
def release(observation_id: str) -> AnyResponse:
    """What its date held back counts all the same."""
    try:
        settled = waiting.release(services(), observation_id, actor=actor(), now=now())
    except ConflictError as error:
        return _page(error)
    flash(f"It is {settled.state.value} now.")
    return _back()


def _page(error: CredservError | None = None) -> Response:
    chosen = request.args.get("state", ObservationState.WAITING.value)
    state = ObservationState(chosen) if chosen in set(_SHOWN) else ObservationState.WAITING
    return page(
        "console/waiting.html",
        status=status_of(error),
        private=True,
        here="waiting",
        error=error,
        state=state.value,
        counts=[(one.value, waiting.count_open(services()).get(one, 0)) for one in _SHOWN],
        found=waiting.open_observations(services(), state, limit=_PAGE_ROWS),
    )


def _back() -> AnyResponse:
    return redirect(url_for("console.waiting.index"), 303)

"""Console: awards from a file. Check, preview, begin; and the progress of each run."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError
from credserv.journeys.admit.colleagues import require_grant
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as runs
from credserv.journeys.award.in_bulk.rows import COLUMNS, MAX_ROWS
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.bulk import RowState, RunKind, RunState
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague, require_permission

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")

CHANGES = {
    "begin": (runs.begin, "The run has begun."),
    "pause": (runs.pause, "The run is paused."),
    "resume": (runs.resume, "The run continues."),
    "cancel": (runs.cancel, "The run is cancelled. What was done stays."),
}
RUNS = Listing(
    "runs-from-files",
    ("id", "name", "kind", "state", "rows", "settled", "left", "created_at", "began_at", "ended_at"),
    lambda after=None: runs.all_runs(services(), after),
    lambda one: (
        one.id,
        one.name,
        one.kind,
        one.state,
        one.rows,
        one.done,
        one.left,
        one.created_at,
        one.began_at,
        one.ended_at,
    ),
    states=tuple(RunState),
    rows=25,
    place=lambda run: run.place,
).serve(blueprint, Permission.ISSUE)
ROWS = Listing(
    "rows",
    ("line", "state", "email", "did", "name", "achievement", "awarded_at", "credential", "note"),
    lambda run_id, states: runs.all_rows(services(), run_id, states=[RowState(one) for one in states]),
    lambda row: (
        row.line,
        row.state,
        *(row.order.get(name) for name in ("email", "did", "name", "achievement", "awarded_at")),
        row.credential_id,
        row.note,
    ),
    states=tuple(RowState),
    beneath="/<run_id>",
    page="run",
    by_state=True,
).serve(blueprint, Permission.ISSUE)


@blueprint.get("")
@console_door(needs=Permission.ISSUE)
def index() -> Response:
    return _index()


@blueprint.post("")
@console_door(needs=Permission.ISSUE, body=Body.BATCH)
def check() -> AnyResponse:
    """Read the file and show its content; nothing is issued."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InputError("choose a file first")
        run = prepare.prepare_run(
            services(),
            sent.filename,
            sent.read(),
            achievement=request.form.get("achievement") or None,
            may_issue=lambda key, email: require_grant(services(), colleague(), key, email, now()),
            actor=actor(),
            now=now(),
        )
    except (InputError, NotFoundError) as error:
        return _index(error)
    return redirect(url_for("teach.bulk.run", run_id=run.id), 303)


@blueprint.get("/<run_id>")
@console_door(needs=Permission.ISSUE)
def run(run_id: str) -> Response:
    return _run(run_id)


@blueprint.post("/<run_id>/<change>")
@console_door(needs=Permission.ISSUE, shown=("change",))
def change(run_id: str, change: str) -> AnyResponse:
    if change not in CHANGES:
        raise NotFoundError("there is no such change of a run")
    act, done = CHANGES[change]
    if prepare.find_run(services(), run_id).kind is not RunKind.AWARD:
        require_permission(Permission.CHANGE_STATUS)
    try:
        act(services(), run_id, actor=actor(), now=now())
    except ConflictError as error:
        return _run(run_id, error)
    flash(gettext(done))
    return redirect(url_for("teach.bulk.run", run_id=run_id), 303)


def _index(error: CredservError | None = None) -> Response:
    return page(
        "teach/bulk.html",
        status=status_of(error),
        private=True,
        here="bulk",
        error=error,
        runs=RUNS.found(),
        achievements=newest_of_each(services()),
        chosen=request.form.get("achievement", ""),
        columns=COLUMNS,
        most=MAX_ROWS,
    )


def _run(run_id: str, error: CredservError | None = None) -> Response:
    found = prepare.find_run(services(), run_id)
    return page(
        "teach/bulk_run.html",
        status=status_of(error),
        private=True,
        here="bulk",
        error=error,
        run=found,
        rows=ROWS.found(run_id=run_id),
        is_going_on=found.state in (RunState.READING, RunState.RUNNING, RunState.PAUSED),
    )

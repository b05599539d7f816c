"""Console: outcomes. The weekly and quarterly figures, for people who may see groups and no names."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.ground.spreadsheets import build_csv
from credserv.journeys.measure import notes, periods
from credserv.outcomes.figure import COLUMNS, chart_of, table_of
from credserv.records.outcomes import NoteKind
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")


@blueprint.get("")
@console_door(needs=Permission.FIGURES)
def index() -> Response:
    return _page(periods.week(services()))


@blueprint.get("/table.csv")
@console_door(needs=Permission.FIGURES)
def week_table() -> Response:
    found = periods.week(services())
    return _csv(found, "figures-of-the-week")


@blueprint.get("/quarters/<period>")
@console_door(needs=Permission.FIGURES)
def show_quarter(period: str) -> Response:
    return _page(periods.quarter(services(), period, request.args.get("version", type=int)))


@blueprint.get("/quarters/<period>/table.csv")
@console_door(needs=Permission.FIGURES)
def quarter_table(period: str) -> Response:
    found = periods.quarter(services(), period, request.args.get("version", type=int))
    return _csv(found, f"figures-{found.record.period}")


@blueprint.post("/quarters/<period>")
@console_door(needs=Permission.PROGRAMMES)
def change_quarter(period: str) -> AnyResponse:
    """Freeze a quarter, request another version of a frozen one, or add a note."""
    found, form = periods.quarter(services(), period), request.form
    who, at = actor(), now()
    try:
        if form.get("do") == "note":
            notes.write_note(
                services(), period, form.get("kind", ""), form.get("words", ""), actor=who, now=at
            )
            flash(gettext("The note stands beside the figures."))
        elif form.get("do") == "remove-note":
            notes.remove_note(services(), period, form.get("note", ""), actor=who, now=at)
            flash(gettext("Removed."))
        elif form.get("do") == "freeze":
            periods.freeze(services(), period, actor=who, now=at)
            flash(gettext("Frozen. It stays as it is."))
        else:
            periods.restate(services(), period, form.get("reason", ""), actor=who, now=at)
            flash(gettext("The worker makes the new version within minutes. The one before stays."))
    except (ConflictError, InputError) as error:
        return _page(found, error)
    return redirect(url_for("programmes.outcomes.show_quarter", period=period), 303)


def _page(found: periods.View | None, error: CredservError | None = None) -> Response:
    figures = () if found is None else found.figures
    return page(
        "programmes/outcomes.html",
        status=status_of(error),
        private=True,
        here="outcomes",
        view=found,
        charts=[(figure, chart_of(figure)) for figure in figures],
        crossed={} if found is None else found.told.get("site_by_language", {}),
        quarters=periods.quarters(services()),
        max_reason=periods.MAX_REASON_CHARS,
        notes=() if found is None else notes.notes_of(services(), found.record.period),
        note_kinds=list(NoteKind),
        max_note=notes.MAX_WORDS,
        form=request.form if error else {},
        error=error,
    )


def _csv(found: periods.View | None, name: str) -> Response:
    figures = () if found is None else found.figures
    text = build_csv(COLUMNS, (row for figure in figures for row in table_of(figure)))
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response

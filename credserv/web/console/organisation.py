"""Console: the organisation. What it is called, where its days and weeks begin, and its end."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, OrganisationMovedError
from credserv.journeys.operate import organisation as operate
from credserv.records.roles import Permission
from credserv.web.console.doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("organisation", __name__, url_prefix="/organisation")


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page()


@blueprint.post("/name")
@console_door(needs=Permission.ORGANISATION)
def rename() -> AnyResponse:
    fields = {name: request.form.get(name, "").strip() for name in ("name", "url", "email")}
    try:
        operate.rename_organisation(
            services().store,
            fields["name"],
            url=fields["url"],
            email=fields["email"] or None,
            actor=actor(),
            now=now(),
        )
    except InputError as error:
        return _page(error)
    flash("Saved. Badges from now on bear this name; those issued before keep theirs.")
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/calendar")
@console_door(needs=Permission.ORGANISATION)
def change_calendar() -> AnyResponse:
    zone, weekday = request.form.get("time_zone", ""), request.form.get("first_weekday", -1, type=int)
    try:
        operate.change_calendar(services().store, zone, weekday, actor=actor(), now=now())
    except InputError as error:
        return _page(error)
    flash("Saved.")
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/close")
@console_door(needs=Permission.ORGANISATION)
def close() -> AnyResponse:
    try:
        if request.form.get("sure") != "yes":
            raise InputError("confirm that nothing can be issued after this")
        operate.close_organisation(services().store, actor=actor(), now=now())
    except InputError as error:
        return _page(error)
    flash("The organisation is closed. What it issued keeps verifying.")
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/reopen")
@console_door(needs=Permission.ORGANISATION, while_closed=True)
def reopen() -> AnyResponse:
    try:
        operate.reopen_organisation(services().store, actor=actor(), now=now())
    except (InputError, OrganisationMovedError) as error:
        return _page(error)
    flash("The organisation is open again.")
    return redirect(url_for("console.organisation.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    known = services().issuer
    kept = {**{name: known.profile.get(name, "") for name in ("url", "email")}, "name": known.name}
    return page(
        "console/organisation.html",
        status=status_of(error),
        private=True,
        here="organisation",
        known=known,
        error=error,
        form=request.form if error is not None and "name" in request.form else kept,
        zones=sorted(available_timezones()),
        weekdays=operate.WEEKDAYS,
    )

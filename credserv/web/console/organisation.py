"""Console: the organisation. Its name, its time zone and first day of the week, and its end.

The console of the first organisation also shows all others. Its owners create, rename, close and reopen them,
and see nothing else of them.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, OrganisationMovedError
from credserv.journeys.admit.sign_in import Owner, create_console_link, require_email
from credserv.journeys.operate import organisation as operate
from credserv.records.organisations import MAIN, Founding, OrganisationRecord
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import context, now, services
from credserv.web.frame.languages import gettext, ngettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("organisation", __name__, url_prefix="/organisation")
everyone = Blueprint("organisations", __name__, url_prefix="/organisations")

ORGANISATIONS = Listing(
    "organisations",
    ("id", "name", "address", "did", "state", "created_at", "closed_at", "moved_at"),
    lambda: [(one, _address(one)) for one in operate.all_organisations(services().store)],
    lambda row: (
        row[0].id,
        row[0].name,
        row[1],
        row[0].did,
        "open" if row[0].is_open else "moved" if row[0].moved_at else "closed",
        row[0].created_at,
        row[0].closed_at,
        row[0].moved_at,
    ),
    states=("open", "closed", "moved"),
    page="list_all",
).serve(everyone, Permission.INSTALLATION)


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page()


@blueprint.post("/name")
@console_door(needs=Permission.ORGANISATION)
def rename() -> AnyResponse:
    fields = {name: request.form.get(name, "").strip() for name in ("name", "url", "email", "country")}
    try:
        operate.rename_organisation(
            services().store,
            fields["name"],
            url=fields["url"],
            email=fields["email"] or None,
            country=fields["country"],
            actor=actor(),
            now=now(),
        )
    except InputError as error:
        return _page(error)
    flash(gettext("Saved. Badges from now on bear this name; those issued before keep theirs."))
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/calendar")
@console_door(needs=Permission.ORGANISATION)
def change_calendar() -> AnyResponse:
    zone, weekday = request.form.get("time_zone", ""), request.form.get("first_weekday", -1, type=int)
    try:
        operate.change_calendar(services().store, zone, weekday, actor=actor(), now=now())
    except InputError as error:
        return _page(error)
    flash(gettext("Saved."))
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/close")
@console_door(needs=Permission.ORGANISATION, proof=True)
def close() -> AnyResponse:
    try:
        if request.form.get("sure") != "yes":
            raise InputError("confirm that nothing can be issued after this")
        operate.close_organisation(services().store, actor=actor(), now=now())
    except InputError as error:
        return _page(error)
    flash(gettext("The organisation is closed. What it issued keeps verifying."))
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/reset")
@console_door(needs=Permission.ORGANISATION, proof=True)
def reset() -> AnyResponse:
    """Reset a sandbox."""
    try:
        if request.form.get("sure") != "yes":
            raise InputError("confirm that all badges, people, messages and letters of it are to go")
        count = operate.reset_sandbox(services().store, actor=actor(), now=now())
    except InputError as error:
        return _page(error)
    flash(
        ngettext(
            "The sandbox is empty: %(num)s badge was deleted, and is reported as revoked.",
            "The sandbox is empty: %(num)s badges were deleted, and are reported as revoked.",
            count,
        )
    )
    return redirect(url_for("console.organisation.index"), 303)


@blueprint.post("/reopen")
@console_door(needs=Permission.ORGANISATION, while_closed=True, proof=True)
def reopen() -> AnyResponse:
    try:
        operate.reopen_organisation(services().store, actor=actor(), now=now())
    except (InputError, OrganisationMovedError) as error:
        return _page(error)
    flash(gettext("The organisation is open again."))
    return redirect(url_for("console.organisation.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    known = services().issuer
    kept = {**{name: known.profile.get(name, "") for name in ("url", "email", "country")}, "name": known.name}
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


# --- all of the installation -------------------------------------------------------------------------


@everyone.get("")
@console_door(needs=Permission.INSTALLATION)
def list_all() -> Response:
    return _list()


@everyone.post("")
@console_door(needs=Permission.INSTALLATION)
def found() -> Response:
    """Create an organisation; the link for its first owner is shown only in this response."""
    fields = {name: request.form.get(name, "").strip() for name in ("slug", "name", "address", "owner")}
    try:
        owner = Owner(require_email(fields["owner"]))
        sandbox = request.form.get("sandbox") == "yes"
        wanted = Founding(fields["slug"], fields["name"], address=fields["address"] or None, sandbox=sandbox)
        made = context().organisations.found(wanted, actor=_by(), now=now())
    except (InputError, ConflictError) as error:
        return _list(error)
    link = create_console_link(services().at_name(made.id), now(), owner=owner, actor=_by())
    return _detail(made.id, link=link)


@everyone.get("/<slug>")
@console_door(needs=Permission.INSTALLATION)
def detail(slug: str) -> Response:
    return _detail(slug)


@everyone.post("/<slug>/<deed>")
@console_door(needs=Permission.INSTALLATION, proof=True)
def change(slug: str, deed: str) -> AnyResponse:
    """Change an organisation. `deed` is `name`, `calendar`, `address`, `close` or `reopen`."""
    try:
        _do(deed, slug)
    except (InputError, ConflictError) as error:
        return _detail(slug, error)
    flash(gettext("Saved."))
    return redirect(url_for("console.organisations.detail", slug=slug), 303)


def _do(deed: str, slug: str) -> None:
    form, store, by, at = request.form, services().beside(slug).store, _by(), now()
    if deed == "name":
        fields = {member: form.get(member, "").strip() for member in ("url", "email", "country")}
        operate.rename_organisation(
            store,
            form.get("name", ""),
            url=fields["url"],
            email=fields["email"] or None,
            country=fields["country"],
            actor=by,
            now=at,
        )
    elif deed == "calendar":
        weekday = form.get("first_weekday", -1, type=int)
        operate.change_calendar(store, form.get("time_zone", ""), weekday, actor=by, now=at)
    elif deed == "address":
        address = form.get("address", "").strip() or None
        context().organisations.change_address(slug, address, actor=by, now=at)
    elif deed == "close":
        if form.get("sure") != "yes":
            raise InputError("confirm that nothing can be issued after this")
        operate.close_organisation(store, actor=by, now=at)
    elif deed == "reopen":
        operate.reopen_organisation(store, actor=by, now=at)
    else:
        raise InputError("there is nothing of this name to do")


def _by() -> str:
    """Return who acted, for the trail of the other organisation, which knows nobody here."""
    return f"installation/{actor()}"


def _list(error: CredservError | None = None) -> Response:
    return page(
        "console/organisations.html",
        status=status_of(error),
        private=True,
        here="organisation",
        known=ORGANISATIONS.found(),
        error=error,
        form=request.form if error is not None else {},
    )


def _detail(slug: str, error: CredservError | None = None, *, link: str = "") -> Response:
    known = operate.require_organisation(services().beside(slug).store)
    kept = {**{name: known.profile.get(name, "") for name in ("url", "email", "country")}, "name": known.name}
    return page(
        "console/one_organisation.html",
        status=status_of(error),
        private=True,
        here="organisation",
        known=known,
        address=_address(known),
        is_first=known.id == MAIN,
        error=error,
        link=link,
        form=request.form if error is not None and "name" in request.form else kept,
        zones=sorted(available_timezones()),
        weekdays=operate.WEEKDAYS,
    )


def _address(known: OrganisationRecord) -> str:
    return context().organisations.address_of(known.id)

"""Console: trusted issuers. Own entries, and lists that others publish, for each verifying organisation."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, UnavailableError
from credserv.journeys.trust import listed
from credserv.journeys.trust import refresh as trust_lists
from credserv.journeys.trust.lists import is_outdated
from credserv.records.roles import Permission
from credserv.records.trust import TrustedListKind, TrustedListRecord
from credserv.trust.trust_list import TrustedIssuers, build_trusted_issuer
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext, ngettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("trust", __name__, url_prefix="/trust")


def _read_lists() -> list[tuple[TrustedListRecord, int, str]]:
    """Return each list with its number of issuers, and a word of `standing` in _parts.html."""
    counts = listed.count_issuers(services())
    return [(known, counts.get(known.id, 0), _standing(known)) for known in listed.all_lists(services())]


LISTS = Listing(
    "trusted-issuers",
    ("id", "name", "organisation", "kind", "state", "issuers", "url", "fetched_at", "last_error"),
    _read_lists,
    lambda row: (
        row[0].id,
        row[0].name,
        row[0].organisation,
        row[0].kind,
        row[2],
        row[1],
        row[0].url,
        row[0].fetched_at,
        row[0].last_error,
    ),
    states=("in use", "expired"),
).serve(blueprint, Permission.INSPECT)
ISSUERS = Listing(
    "issuers",
    ("issuer", "name", "url", "valid_from", "valid_until", "accredits", "added_at"),
    lambda list_id: listed.all_issuers(services(), list_id),
    lambda one: (
        one.issuer,
        one.name,
        one.url,
        one.valid_from,
        one.valid_until,
        one.accredits,
        one.added_at,
    ),
    beneath="/lists/<list_id>",
    page="trusted_list",
    rows=100,
).serve(blueprint, Permission.INSPECT, shown=("list_id",))


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _index()


@blueprint.post("/issuers")
@console_door(needs=Permission.TRUST)
def add() -> AnyResponse:
    try:
        issuer = build_trusted_issuer(
            _field("issuer"), _field("name"), url=_field("url"), accredits=_field("accredits")
        )
        trust_lists.add_issuer(services(), _field("organisation"), issuer, actor=actor(), now=now())
    except InputError as error:
        return _index(error, form="add")
    flash(gettext("“%(name)s” is trusted from now on.", name=issuer.name))
    return _back()


@blueprint.post("/imports")
@console_door(needs=Permission.TRUST)
def import_file() -> AnyResponse:
    sent = request.files.get("file")
    try:
        read = trust_lists.import_issuers(
            services(),
            _field("organisation"),
            sent.read() if sent else b"",
            replace="replace" in request.form,
            actor=actor(),
            now=now(),
        )
    except InputError as error:
        return _index(error, form="import")
    flash(_counted(read))
    return _back()


@blueprint.post("/lists")
@console_door(needs=Permission.TRUST)
def subscribe() -> AnyResponse:
    try:
        known, read = trust_lists.subscribe(
            services(),
            _field("organisation"),
            name=_field("name"),
            url=_field("url"),
            actor=actor(),
            now=now(),
        )
    except (InputError, UnavailableError, ConflictError) as error:
        return _index(error, form="subscribe")
    flash(_counted(read, known.name))
    return redirect(url_for("console.trust.trusted_list", list_id=known.id), 303)


@blueprint.get("/lists/<list_id>")
@console_door(needs=Permission.INSPECT, shown=("list_id",))
def trusted_list(list_id: str) -> Response:
    known = listed.list_of_id(services(), list_id)
    return page(
        "console/trusted_list.html",
        private=True,
        here="trust",
        known=known,
        own=known.kind is TrustedListKind.OWN,
        outdated=is_outdated(services(), known, now()),
        expiry_days=services().trust_list_expiry.days,
        issuers=ISSUERS.found(list_id=list_id),
        now=now(),
    )


@blueprint.post("/lists/<list_id>/remove")
@console_door(needs=Permission.TRUST, shown=("list_id",))
def remove(list_id: str) -> AnyResponse:
    """Remove one issuer from a list kept here."""
    known = listed.own_list_of_id(services(), list_id)
    trust_lists.remove_issuer(services(), known.organisation, _field("issuer"), actor=actor(), now=now())
    flash(gettext("This list no longer trusts that issuer."))
    if not listed.list_is_there(services(), list_id):
        return _back()
    return redirect(url_for("console.trust.trusted_list", list_id=list_id), 303)


@blueprint.post("/lists/<list_id>/refresh")
@console_door(needs=Permission.TRUST, shown=("list_id",))
def refresh(list_id: str) -> AnyResponse:
    problem = trust_lists.refresh(services(), list_id, actor=actor(), now=now())
    if problem:
        flash(gettext("The list could not be refreshed: %(problem)s.", problem=problem), "fault")
    else:
        flash(gettext("The list was refreshed."))
    return redirect(url_for("console.trust.trusted_list", list_id=list_id), 303)


@blueprint.post("/lists/<list_id>/unsubscribe")
@console_door(needs=Permission.TRUST, shown=("list_id",))
def unsubscribe(list_id: str) -> AnyResponse:
    trust_lists.unsubscribe(services(), list_id, actor=actor(), now=now())
    flash(gettext("The list no longer counts."))
    return _back()


def _index(error: CredservError | None = None, *, form: str = "") -> Response:
    """Show the page. `form` is the one that `error` is about."""
    faults = error.faults if error is not None and form == "add" else ()
    return page(
        "console/trust.html",
        status=200 if error is None else 502 if isinstance(error, UnavailableError) else 400,
        private=True,
        here="trust",
        error=error,
        wrong=form,
        marked={fault.place.removeprefix("/"): fault.message for fault in faults},
        form=request.form,
        lists=LISTS.found(),
    )


def _standing(known: TrustedListRecord) -> str:
    """Return a word of `standing` in _parts.html."""
    return "expired" if is_outdated(services(), known, now()) else "in use"


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def _counted(read: TrustedIssuers, name: str = "") -> str:
    """Return the count in words. `name` is that of a list of others."""
    told = [_who_is_trusted(read)]
    if read.left_out:
        told.append(
            ngettext(
                "%(num)s entry cannot be used and is left out.",
                "%(num)s entries cannot be used and are left out.",
                read.left_out,
            )
        )
    if name:
        told.append(gettext("“%(name)s” is asked for again from time to time.", name=name))
    return " ".join(told)


def _who_is_trusted(read: TrustedIssuers) -> str:
    if read.kind is TrustedListKind.FEDERATION:
        return gettext("Who is in the federation is trusted from now on.")
    count = len(read.issuers)
    return ngettext(
        "%(num)s issuer is trusted from now on.", "%(num)s issuers are trusted from now on.", count
    )


def _back() -> AnyResponse:
    return redirect(url_for("console.trust.index"), 303)

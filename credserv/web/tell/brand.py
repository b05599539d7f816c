"""Console: the organisation's appearance, previewed before saving."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.colours import DARK_GROUNDS, INK, LIGHT_GROUNDS, WHITE, Accents, accents
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.journeys.operate import brand as operate
from credserv.records.brands import Brand
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page, picture_address
from credserv.web.frame.sessions import actor

blueprint = Blueprint("brand", __name__, url_prefix="/organisation/brand")

_FIELDS = ("colour", "imprint", "imprint_url", "sender", "reply_to")
_PLAIN = "#1d4f91"  # the stylesheet's accent, while no colour is chosen


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page(operate.brand_of(services().store))


@blueprint.post("")
@console_door(needs=Permission.ORGANISATION, body=Body.IMAGE)
def save() -> AnyResponse:
    """Save, or show a preview without saving."""
    form, known = request.form, operate.brand_of(services().store)
    told = {name: form[name] for name in _FIELDS if name in form}
    no_logo = form.get("logo_is") == "none"
    try:
        made = operate.read_brand(known, told, picture=_picture(), no_logo=no_logo)
        if form.get("do") != "save":
            return _page(made, chosen=made.logo != known.logo)
        operate.set_brand(services().store, made, actor=actor(), now=now())
    except (InputError, UnavailableError) as error:
        return _page(known, error)
    flash(gettext("Saved. Pages, letters, certificates and cards look like this from now on."))
    return redirect(url_for("tell.brand.index"), 303)


def _picture() -> bytes:
    """Return the chosen file, else the one returned from a preview. Raises InputError."""
    file = request.files.get("logo")
    chosen: bytes = file.read() if file is not None else b""
    try:
        return chosen or base64.b64decode(request.form.get("looked_at", ""), validate=True)
    except ValueError as error:
        raise InputError("the logo that was looked at came back damaged: choose it again") from error


def _page(shown: Brand, error: CredservError | None = None, *, chosen: bool = False) -> Response:
    """Show the page.

    Args:
        chosen: the logo is not the saved one. It is returned with the form, also while other fields have to
            be corrected.
    """
    seen = accents(shown.colour or _PLAIN)
    faults = {fault.place.removeprefix("/"): fault.message for fault in error.faults} if error else {}
    logo_again = request.form.get("looked_at", "") if faults and "logo" not in faults else ""
    return page(
        "tell/brand.html",
        status=status_of(error),
        private=True,
        here="organisation",
        shown=shown,
        form=request.form if error is not None else vars(shown),
        error=error,
        faults=faults,
        logo=picture_address(shown.logo),
        looked_at=base64.b64encode(shown.logo).decode() if chosen else logo_again,
        looks=_looks(seen),
        told=_told(shown.colour, seen),
    )


def _looks(seen: Accents) -> list[dict[str, str]]:
    """Return what the page's little pictures are drawn with, in light and dark mode."""
    day, night = LIGHT_GROUNDS, DARK_GROUNDS
    return [
        {"name": gettext("By day"), "page": day[0], "surface": day[1], "text": "#1a2330", "muted": "#525e6e"}
        | {"accent": seen.light, "on_accent": WHITE},
        {
            "name": gettext("By night"),
            "page": night[0],
            "surface": night[1],
            "text": "#e7ebf1",
            "muted": "#a7b2c0",
        }
        | {"accent": seen.dark, "on_accent": INK},
    ]


def _told(colour: str, seen: Accents) -> list[str]:
    """Return where the colour had to be changed to be readable."""
    if not colour:
        return []
    by_day = gettext(
        "On light pages it would be hard to read, so it is darkened to %(colour)s there.", colour=seen.light
    )
    by_night = gettext(
        "On dark pages it would be hard to read, so it is lightened to %(colour)s there.", colour=seen.dark
    )
    told = [said for said, made in ((by_day, seen.light), (by_night, seen.dark)) if made != colour]
    return told or [gettext("It can be read on light and on dark pages, and is used as it is.")]

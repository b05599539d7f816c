"""Console: the picture of an achievement, designed from shapes, icons and colours, or uploaded."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from credserv.carriers.badge_picture import sketch
from credserv.ground.colours import SIGN_CONTRAST, TEXT_CONTRAST, text_on
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.journeys.define import pictures
from credserv.journeys.publish import publish
from credserv.openbadges.badge_design import MAX_TEXT_CHARS, PALETTE, Design, read_design
from credserv.openbadges.badge_icons import ICONS, drawing_of
from credserv.openbadges.badge_image import BadgeImage
from credserv.openbadges.badge_shapes import SHAPES
from credserv.openbadges.display import achievement_display
from credserv.records.achievements import AchievementVersion
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import gettext, number
from credserv.web.frame.rendering import brand, page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("pictures", __name__, url_prefix="/achievements/<key>/picture")

OWN_COLOUR = "our colour"
_OTHER = "other"  # the ground that was typed


@blueprint.get("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def picture(key: str) -> Response:
    return _page(key)


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def design(key: str) -> AnyResponse:
    """Save a design, or show a preview without saving."""
    form = request.form
    told = {name: form.get(name, "") for name in ("shape", "icon", "ground", "ink", "text")}
    if told["ground"] == _OTHER:
        told["ground"] = form.get("other_ground", "")
    try:
        chosen = read_design(told)
        if form.get("do") != "save":
            return _page(key, chosen=chosen)
        made = pictures.set_design(services(), key, chosen, actor=actor(), now=now())
    except (InputError, UnavailableError) as error:
        return _page(key, error)
    return _made(made)


@blueprint.post("/upload")
@console_door(needs=Permission.DEFINE, body=Body.IMAGE, shown=("key",))
def upload(key: str) -> AnyResponse:
    """Upload a picture drawn elsewhere."""
    svg, caption = _file("svg"), request.form.get("caption", "").strip()
    try:
        if not caption:
            raise InputError("say in words what the picture shows, for those who cannot see it")
        drawn = BadgeImage(_file("png"), svg or None, caption)
        made = pictures.set_picture(services(), key, drawn, actor=actor(), now=now())
    except InputError as error:
        return _page(key, error)
    return _made(made)


def _made(version: AchievementVersion) -> AnyResponse:
    flash(
        gettext(
            "Version %(version)s is the newest. Badges issued from now on have its picture.",
            version=version.version,
        )
    )
    return redirect(url_for("console.achievements.achievement", key=version.key), 303)


def _file(name: str) -> bytes:
    file = request.files.get(name)
    content: bytes = b"" if file is None else file.read()
    return content


def _page(key: str, error: CredservError | None = None, *, chosen: Design | None = None) -> Response:
    """Show the page: a preview of `chosen`, else the newest version."""
    version = publish.achievement(services(), key)
    filled = chosen or pictures.design_of(services(), version) or Design()
    palette: Mapping[str, str] = {brand().colour: OWN_COLOUR, **PALETTE} if brand().colour else PALETTE
    sent = error is not None and "shape" in request.form
    return page(
        "teach/picture.html",
        status=status_of(error),
        private=True,
        here="achievements",
        error=error,
        faults={fault.place.removeprefix("/"): fault.message for fault in error.faults} if error else {},
        version=version,
        display=achievement_display(version.achievement),
        form=request.form if sent else _filled(filled, palette),
        drawn=_address(sketch(chosen)) if chosen else "",
        shown=chosen,
        told=_told(chosen) if chosen else "",
        shapes=SHAPES,
        icons=[(name, words, Markup(drawing_of(name))) for name, words in ICONS.items()],  # noqa: S704  files of ours
        palette=palette,
        max_text=MAX_TEXT_CHARS,
    )


def _filled(design: Design, palette: Mapping[str, str]) -> dict[str, str]:
    """Return the form filled in from a design."""
    told = {"shape": design.shape, "icon": design.icon, "text": design.text}
    told["ink"] = "" if design.ink == text_on(design.ground) else design.ink
    if design.ground in palette:
        return {**told, "ground": design.ground}
    return {**told, "ground": _OTHER, "other_ground": design.ground}


def _told(design: Design) -> str:
    """Return whether it is visible enough (WCAG 2.2, 1.4.3 and 1.4.11)."""
    ratio, for_icons = number(round(design.contrast, 1)), number(SIGN_CONTRAST)
    if design.contrast >= TEXT_CONTRAST:
        return gettext("Easy to see: the contrast is %(ratio)s to 1.", ratio=ratio)
    if design.contrast < SIGN_CONTRAST:
        return gettext(
            "Hard to see: the contrast is %(ratio)s to 1, and an icon needs %(needed)s. "
            "Choose other colours.",
            ratio=ratio,
            needed=for_icons,
        )
    if design.text:
        return gettext(
            "The letters are hard to read: the contrast is %(ratio)s to 1, and they need %(needed)s. "
            "Choose other colours.",
            ratio=ratio,
            needed=TEXT_CONTRAST,
        )
    return gettext("It can be seen: the contrast is %(ratio)s to 1.", ratio=ratio)


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"

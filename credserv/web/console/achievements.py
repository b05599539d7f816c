"""Console: achievements. Their versions, and uploads of definitions with every fault reported."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.define import achievements as define
from credserv.journeys.define import catalogue
from credserv.journeys.publish import publish
from credserv.openbadges.display import achievement_display
from credserv.openbadges.skills import result_descriptions
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import KIND_WORDS, page
from credserv.web.frame.sessions import actor
from credserv.web.frame.tables import csv_file

blueprint = Blueprint("achievements", __name__, url_prefix="/achievements")

_PAGE_TILES = 48


@blueprint.get("")
@console_door(needs=Permission.LOOK)
def index() -> Response:
    """List achievements by key, a page at a time; `after` is the last key of the previous page."""
    after, text = request.args.get("after", ""), _asked()
    newest = catalogue.find_newest(services(), text, after=after, limit=_PAGE_TILES + 1)
    shown = newest[:_PAGE_TILES]
    return page(
        "console/achievements.html",
        private=True,
        here="achievements",
        items=[(version, achievement_display(version.achievement)) for version in shown],
        kinds=KIND_WORDS,
        after=after,
        text=text,
        next_after=shown[-1].key if len(newest) > _PAGE_TILES else "",
    )


@blueprint.get("/export")
@console_door(needs=Permission.LOOK)
def export() -> Response:
    rows = (
        (one.key, one.version, one.achievement["name"], KIND_WORDS[one.kind])
        for one in catalogue.find_newest(services(), _asked())
    )
    return csv_file("achievements", ("key", "version", "name", "kind"), rows)


def _asked() -> str:
    return request.args.get("q", "").strip()[:200]


@blueprint.get("/new")
@console_door(needs=Permission.DEFINE)
def new() -> Response:
    return page("console/achievement_new.html", private=True, here="achievements", form={})


@blueprint.post("")
@console_door(needs=Permission.DEFINE, body=Body.IMAGE)
def upload() -> AnyResponse:
    """Load a definition file with the pictures it names. Nothing is stored when there is a fault."""
    try:
        file = request.files.get("definition")
        raw = file.read() if file is not None else b""
        if not raw:
            raise InputError("choose a definition file")
        version, created = define.define(
            services(), parse_json_object(raw), read_image=_uploaded_image, actor=actor(), now=now()
        )
    except InputError as error:
        return _fault_page(error)
    if created:
        flash(
            gettext(
                "Version %(version)s was made. Credentials issued from now on name it.",
                version=version.version,
            )
        )
    else:
        flash(gettext("This same definition was loaded before, so no new version was needed."))
    return redirect(url_for("console.achievements.achievement", key=version.key), 303)


@blueprint.post("/by-form")
@console_door(needs=Permission.DEFINE)
def create() -> AnyResponse:
    """Create the first version of an achievement from the fields that every one has."""
    try:
        version, _ = define.define(
            services(),
            catalogue.definition_from_form(services(), request.form),
            read_image=define.no_image_files,
            actor=actor(),
            now=now(),
        )
    except InputError as error:
        return _fault_page(error)
    flash(gettext("The achievement was created. Next, say what it takes to earn it, and draw its picture."))
    return redirect(url_for("console.achievements.achievement", key=version.key), 303)


@blueprint.get("/<key>", defaults={"number": None})
@blueprint.get("/<key>/<int:number>")
@console_door(needs=Permission.LOOK, shown=("key", "number"))
def achievement(key: str, number: int | None) -> Response:
    version = publish.achievement(services(), key, number)
    return page(
        "console/achievement.html",
        private=True,
        here="achievements",
        version=version,
        versions=catalogue.all_versions(services(), key),
        kind=KIND_WORDS[version.kind],
        display=achievement_display(version.achievement),
        measured=result_descriptions(version.achievement),
    )


def _uploaded_image(name: str) -> bytes:
    """Return a picture uploaded with the definition, by file name."""
    for file in request.files.getlist("images"):
        if file.filename == name:
            file.stream.seek(0)
            content: bytes = file.read()
            return content
    raise InputError(f"the picture {name!r} was not uploaded with the definition")


def _fault_page(error: CredservError) -> Response:
    return page(
        "console/achievement_new.html",
        status=400,
        private=True,
        here="achievements",
        error=error,
        form=request.form,
    )

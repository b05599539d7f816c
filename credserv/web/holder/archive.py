"""The exit archive: everything a person holds, in one file to take along."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.transfer import archives
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_archive", __name__, url_prefix="/wallet/archive")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

_LOOK_AGAIN_SECONDS = 5


@blueprint.get("")
@holder_door(proof=True)
def show() -> Response:
    """Show its purpose and a button; for a large wallet, its progress and where to download it."""
    asked = archives.find_archive(services(), holder_id(), now())
    response = page("wallet/archive.html", private=True, asked=asked)
    if asked is not None and asked.is_going_on:
        response.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return response


@blueprint.post("")
@holder_door(proof=True, budget="verify")
def make() -> AnyResponse:
    """Make the file. It contains everything somebody has earned, so an open session is not enough.

    For a large wallet, a job makes it.
    """
    with_backup = request.form.get("backup") == "yes"
    made = archives.ask_for_archive(services(), holder_id(), now(), with_backup=with_backup)
    return redirect(url_for("wallet_archive.show"), 303) if made is None else _file(made, now())


@blueprint.get("/file")
@holder_door(proof=True)
def file() -> Response:
    """Return the file a job made, any number of times within its day."""
    asked, content = archives.fetch_archive(services(), holder_id(), now())
    return _file(content, asked.made_at or now())


@blueprint.post("/remove")
@holder_door(proof=True)
def remove() -> AnyResponse:
    archives.let_archive_go(services(), holder_id())
    flash(gettext("The archive is no longer kept here."))
    return redirect(url_for("wallet_archive.show"), 303)


def _file(content: bytes, made_at: datetime) -> Response:
    response = Response(content, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="credentials-{made_at:%Y-%m-%d}.zip"'
    return response

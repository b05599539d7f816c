"""The exit archive: everything that a person holds, in one file to take along."""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.carry.leaving import make_archive
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_archive", __name__, url_prefix="/wallet/archive")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("")
@holder_door(proof=True)
def show() -> Response:
    """What it is for, and a button."""
    return page("wallet/archive.html", private=True)


@blueprint.post("")
@holder_door(proof=True, budget="verify")
def make() -> Response:
    """The file. It says all that somebody has earned, so a session that was left open is not enough."""
    person_id = holder_id()
    with_backup = request.form.get("backup") == "yes"
    made = make_archive(services(), person_id, now(), with_backup=with_backup)
    response = Response(made, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="credentials-{now():%Y-%m-%d}.zip"'
    return response

"""The exit archive: everything that a person holds, in one file to take along."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.carry.leaving import make_archive
from credserv.records.access import SessionKind
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page
from credserv.web.frame.sessions import current_session
from credserv.web.holder.wallet import ask_to_come_in

blueprint = Blueprint("wallet_archive", __name__, url_prefix="/wallet/archive")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
holder_door = partial(door, session=SessionKind.HOLDER, form=True, private=True, proof=True)


@blueprint.get("")
@holder_door()
def show() -> Response:
    """What it is for, and a button."""
    return page("wallet/archive.html", private=True)


@blueprint.post("")
@holder_door(budget="verify")
def make() -> Response:
    """The file. It says all that somebody has earned, so a session that was left open is not enough."""
    person_id = current_session(services(), SessionKind.HOLDER, now()).subject
    with_backup = request.form.get("backup") == "yes"
    made = make_archive(services(), person_id, now(), with_backup=with_backup)
    response = Response(made, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="credentials-{now():%Y-%m-%d}.zip"'
    return response

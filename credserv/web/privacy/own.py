"""A person's own data: everything stored about them as a file, and its erasure."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, UnauthenticatedError
from credserv.ground.languages import catalogue
from credserv.journeys.admit.writing_to import choose_language, known_language
from credserv.journeys.hold.erasure import erase, tell_all
from credserv.records.access import SessionKind
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext, keep_choice
from credserv.web.frame.rendering import install, page
from credserv.web.privacy import consents, objections

blueprint = Blueprint("privacy", __name__, url_prefix="/wallet/data")
blueprint.record_once(install)
blueprint.register_blueprint(consents.blueprint)
blueprint.register_blueprint(objections.blueprint)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("")
@holder_door()
def show() -> Response:
    return page("wallet/data.html", private=True, written_in=known_language(services(), holder_id()))


@blueprint.post("/language")
@holder_door()
def choose() -> AnyResponse:
    """Choose the language of letters, and of pages in this browser."""
    language = request.form.get("language", "")
    choose_language(services(), holder_id(), language)
    flash(catalogue(language).gettext("Your letters come in this language from now on."))
    return keep_choice(redirect(url_for("privacy.show"), 303), language)


@blueprint.post("/file")
@holder_door(budget="verify", proof=True)
def take() -> Response:
    """Download the data. It contains everything known about somebody, so an open session is not enough."""
    response = Response(tell_all(services(), holder_id(), now()), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="about-me-{now():%Y-%m-%d}.zip"'
    return response


@blueprint.get("/erase")
@holder_door(proof=True)
def ask() -> Response:
    """Show what will be erased, what stays, and a button."""
    return page("wallet/erase.html", private=True, error=None)


@blueprint.post("/erase")
@holder_door(proof=True)
def end() -> AnyResponse:
    if request.form.get("sure") != "yes":
        return page("wallet/erase.html", status=400, private=True, error=None, missing=True)
    try:
        erase(services(), holder_id(), now())
    except ConflictError as error:
        return page("wallet/erase.html", status=409, private=True, error=error)
    response = sessions.sign_out(services(), redirect(url_for("wallet.home"), 303), SessionKind.HOLDER)
    flash(gettext("You were erased. What you downloaded stays yours, and can still be checked."))
    return response

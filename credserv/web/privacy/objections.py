"""A badge that its holder says is not theirs, or wrong: the objection, and its outcome."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.award import objections
from credserv.journeys.hold import wallet
from credserv.records.objections import ObjectionKind
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("objections", __name__, url_prefix="/objections")


@blueprint.get("")
@holder_door()
def index() -> Response:
    known = objections.objections_of(services(), holder_id())
    return page("wallet/objections.html", private=True, known=known)


@blueprint.get("/<credential_id>")
@holder_door(guessable=True)
def ask(credential_id: str) -> Response:
    return _page(credential_id)


@blueprint.post("/<credential_id>")
@holder_door(guessable=True)
def say(credential_id: str) -> AnyResponse:
    kind, words = request.form.get("kind", ""), request.form.get("words", "").strip()
    try:
        if kind not in set(ObjectionKind):
            raise InputError("choose what is not right")
        objections.object_to(services(), holder_id(), credential_id, ObjectionKind(kind), words, now())
    except (InputError, ConflictError) as error:
        return _page(credential_id, error)
    flash(gettext("It was reported. Here you see what becomes of it."))
    return redirect(url_for("privacy.objections.index"), 303)


def _page(credential_id: str, error: CredservError | None = None) -> Response:
    return page(
        "wallet/objection.html",
        status=status_of(error),
        private=True,
        item=wallet.held(services(), holder_id(), credential_id, now()),
        max_words=objections.MAX_WORDS,
        form=request.form,
        error=error,
    )

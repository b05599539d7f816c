"""Endorsing without an account, by a link that the applicant gave: the word of a witness."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, flash, redirect, request, url_for
from itsdangerous import BadSignature
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError
from credserv.journeys.accredit import endorsing
from credserv.journeys.accredit.asked_to_endorse import look_as_endorser
from credserv.journeys.accredit.endorsing import MAX_COMMENT_CHARS
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import install, page, root
from credserv.web.mentoring.endorse import outside_serializer, read_wish

blueprint = Blueprint("mentoring_endorse_outside", __name__, url_prefix="/endorse")
blueprint.record_once(install)
_door = partial(door, guessable=True, form=True, private=True)


@blueprint.get("/<token>")
@_door()
def look(token: str) -> Response:
    return _page(token)


@blueprint.post("/<token>")
@_door(budget="links")
def endorse(token: str) -> AnyResponse:
    try:
        if request.form.get("sure") != "yes":
            raise InputError("tick that your name and your words may stand in the badge")
        wish = replace(read_wish(), stated_at=None, reference=None)
        endorsing.endorse_from_outside(
            services(), _application(token), request.form.get("name", ""), wish, now=now()
        )
    except (InputError, ConflictError) as error:
        return _page(token, error)
    flash("Thank you. What you said was signed and handed in.")
    return redirect(url_for("mentoring_endorse_outside.look", token=token), 303)


def _application(token: str) -> str:
    """Raises NotFoundError."""
    try:
        return str(outside_serializer().loads(token))
    except BadSignature as error:
        raise NotFoundError("there is no such link") from error


def _page(token: str, error: CredservError | None = None) -> Response:
    asked = look_as_endorser(services(), _application(token), None, now())
    return page(
        "mentoring/endorse_outside.html",
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        asked=asked,
        action=f"{root()}/endorse/{token}",
        most=MAX_COMMENT_CHARS,
        typed=request.form,
        error=error,
    )

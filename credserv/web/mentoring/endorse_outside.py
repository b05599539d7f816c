"""Endorse without an account, by a link from the applicant, with a key of one's own.

The endorser is a witness, or somebody whom a trusted accreditor accredited.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from itsdangerous import BadSignature
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit import endorsing, signing_elsewhere
from credserv.journeys.accredit.asked_to_endorse import look_as_endorser
from credserv.journeys.accredit.endorsing import EndorsementWish
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, root
from credserv.web.mentoring.elsewhere import MENDABLE, form_page, read_signed, show_ready, told_of
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
    flash(gettext("Thank you. What you said was signed and handed in."))
    return redirect(url_for("mentoring_endorse_outside.look", token=token), 303)


@blueprint.get("/<token>/elsewhere")
@_door()
def look_elsewhere(token: str) -> Response:
    return _elsewhere(token)


@blueprint.post("/<token>/elsewhere")
@_door(budget="verify")
def ready(token: str) -> Response:
    """Show what to sign to somebody another organisation accredited."""
    name, typed = _application(token), request.form

    def make(wish: EndorsementWish) -> JsonObject:
        shown = parse_json_object(typed.get("accreditation", "").encode())
        who = typed.get("name", "")
        return signing_elsewhere.ready_for_outsider(services(), name, who, shown, wish, now())

    return show_ready(make, partial(_elsewhere, token))


@blueprint.post("/<token>/elsewhere/signed")
@_door(budget="verify")
def hand_in(token: str) -> AnyResponse:
    try:
        given = signing_elsewhere.hand_in_from_outside(
            services(), _application(token), *read_signed(), now=now()
        )
    except MENDABLE as error:
        return _elsewhere(token, error=error)
    flash(told_of(given))
    return redirect(url_for("mentoring_endorse_outside.look_elsewhere", token=token), 303)


def _application(token: str) -> str:
    """Return the application. Raises NotFoundError."""
    try:
        return str(outside_serializer().loads(token))
    except BadSignature as error:
        raise NotFoundError("there is no such link") from error


def _page(token: str, error: CredservError | None = None) -> Response:
    return _form(token, "mentoring/endorse_outside.html", "", error=error)


def _elsewhere(token: str, **told: Any) -> Response:
    return _form(token, "mentoring/elsewhere_outside.html", "/elsewhere", **told)


def _form(token: str, template: str, beneath: str, **told: Any) -> Response:
    asked = look_as_endorser(services(), _application(token), None, now())
    return form_page(template, asked, f"{root()}/endorse/{token}{beneath}", **told)

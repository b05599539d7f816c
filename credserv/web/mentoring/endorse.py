"""Endorse a colleague's application, on a phone: who asks, for which badge, and one click that signs.

Applicants give away the address with the application's own id. A reference can be guessed, so an address with
a reference does not show who applies; somebody who knows it can still endorse.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from itsdangerous import URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.endorsing import WHY
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    ForbiddenError,
    InputError,
    SigningKeyError,
)
from credserv.journeys.accredit import endorsing
from credserv.journeys.accredit.asked_to_endorse import look_as_endorser, takes_endorsements
from credserv.journeys.accredit.endorsements import judged_of_own
from credserv.journeys.accredit.endorsing import MAX_COMMENT_CHARS, EndorsementWish
from credserv.journeys.accredit.signing_elsewhere import own_did
from credserv.journeys.admit.persons import member_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import page, root

blueprint = Blueprint("endorse", __name__)

OUTSIDE_SALT = "credserv: a link to endorse without an account"
_MAX_REFERENCE = 200


@blueprint.get("/endorse/<name>")
@holder_door(guessable=True)
def look(name: str) -> Response:
    return _page(name)


@blueprint.post("/endorse/<name>")
@holder_door(guessable=True, proof=True)
def endorse(name: str) -> AnyResponse:
    """Endorse, only soon after confirming one's identity, because this signs in one's name."""
    try:
        wish = read_wish()
        endorsing.endorse(services(), name, _member(), wish, now=now())
    except (InputError, ConflictError, ForbiddenError, SigningKeyError) as error:
        return _page(name, error)
    flash(gettext("Signed. Your endorsement was handed in."))
    return redirect(url_for("mentoring.endorse.look", name=name), 303)


@blueprint.get("/applications/<name>/endorsements")
@holder_door(guessable=True)
def ask(name: str) -> Response:
    """Show the applicant what came, what it amounts to, and what to send to whom."""
    found, weighed = judged_of_own(services(), _member(), name, now())
    token = outside_serializer().dumps(found.id)
    told = token if isinstance(token, str) else token.decode("ascii")
    return page(
        "mentoring/endorsements.html",
        private=True,
        application=found,
        weighed=weighed,
        why=WHY,
        takes=takes_endorsements(services(), found, now()),
        colleagues=f"{services().public_url}/wallet/mentoring/endorse/{found.id}",
        outside=f"{services().public_url}/endorse/{told}",
    )


def read_wish() -> EndorsementWish:
    """Return the wish. Raises InputError."""
    typed = request.form
    reference = typed.get("reference", "").strip()
    if len(reference) > _MAX_REFERENCE:
        raise InputError(f"a reference has at most {_MAX_REFERENCE} characters")
    return EndorsementWish(
        typed.get("competency", ""),
        typed.get("comment", "").replace("\r\n", "\n").strip(),
        _stated(typed.get("stated_at", "").strip()),
        reference or None,
    )


def outside_serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=OUTSIDE_SALT)


def _stated(typed: str) -> datetime | None:
    return parse_instant(typed) if typed else None


def _member() -> str:
    return member_of(services(), holder_id()).id


def _page(name: str, error: CredservError | None = None) -> Response:
    asked = look_as_endorser(services(), name, _member(), now())
    return page(
        "mentoring/endorse.html",
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        asked=asked,
        known=asked.application.id == name,
        is_own=asked.application.membership_id == _member(),
        signs_elsewhere=own_did(services(), _member()) is not None,
        action=f"{root()}/wallet/mentoring/endorse/{name}",
        most=MAX_COMMENT_CHARS,
        typed=request.form,
        error=error,
    )

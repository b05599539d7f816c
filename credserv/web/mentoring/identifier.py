"""The DID under which a person endorses and is accredited: which it is, and how to use their own."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, CredservError, InputError, UnavailableError
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit import identity
from credserv.journeys.admit.persons import member_of
from credserv.journeys.proving import proof_domain
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import page

blueprint = Blueprint("identifier", __name__)

_SALT = "credserv: a challenge for a key of their own"
_LIFE = timedelta(minutes=15)


@blueprint.get("/identifier")
@holder_door()
def look() -> Response:
    return _page()


@blueprint.post("/identifier")
@holder_door(proof=True, budget="verify")
def bring() -> AnyResponse:
    """Use one's own DID, proved by signing what was recently given to this person."""
    typed = request.form
    try:
        challenge = _read(typed.get("challenge", ""))
        presentation = parse_json_object(typed.get("presentation", "").encode())
        identity.bring_did(services(), _member(), presentation, challenge, now())
    except (InputError, ConflictError, UnavailableError) as error:
        return _page(error)
    flash(gettext("From now on you are known by your own DID, and sign with its key."))
    return redirect(url_for("mentoring.identifier.look"), 303)


def _member() -> str:
    return member_of(services(), holder_id()).id


def _page(error: CredservError | None = None) -> Response:
    challenge = random_token(16)
    signed = _serializer().dumps([challenge, holder_id(), int(now().timestamp())])
    return page(
        "mentoring/identifier.html",
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        found=identity.find_did(services(), _member()),
        challenge=challenge,
        domain=proof_domain(services()),
        signed=signed if isinstance(signed, str) else signed.decode("ascii"),
        error=error,
    )


def _read(text: str) -> str:
    """Return the challenge. Raises InputError for somebody else's, or an old one."""
    try:
        challenge, whose, given = _serializer().loads(text)
    except (BadData, ValueError) as error:
        raise InputError("this form is not ours: load the page again") from error
    if whose != holder_id() or now().timestamp() - given > _LIFE.total_seconds():
        raise InputError("this form was open for too long: load the page again")
    return str(challenge)


def _serializer() -> URLSafeSerializer:
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=_SALT, signer_kwargs=how)

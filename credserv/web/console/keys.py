"""Console: API keys and signing keys.

API keys are created with scopes, shown once and ended at once. For signing keys it shows their state, and the
ceremonies that bring new ones into use.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import (
    ConflictError,
    CredservError,
    ForbiddenError,
    InputError,
    SigningKeyError,
    UnavailableError,
)
from credserv.journeys.admit import access
from credserv.journeys.operate import ceremony
from credserv.journeys.publish.did_documents import find_history
from credserv.records.organisations import KeyPlace, WantedKey
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import context, now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("keys", __name__, url_prefix="/keys")

SCOPE_WORDS = {
    "credentials:issue": "Issue credentials",
    "credentials:read": "Read credentials and their state",
    "credentials:status": "Revoke, suspend and restore credentials",
    "directory:write": "Report people and groups, as your directory does (SCIM)",
    "achievements:write": "Load achievements and new versions of them",
    "accreditations:read": "Read programmes, applications, accreditations and audits",
    "accreditations:write": "Send what happens in them: evidence, decisions, appeals, audits",
    "people:write": "Say by which names people are known in learning systems, and who works where",
    "outcomes:read": "Read metrics and published figures",
    "outcomes:write": "Tell what became of people, set metrics, freeze quarters",
    "vc-api:issue": "Sign credentials that it builds itself (VC-API)",
}

PLACE_WORDS = {
    KeyPlace.FILE: "A new key, in an encrypted file of this installation",
    KeyPlace.NEW_IN_TOKEN: "A new key, made in the token (PKCS#11)",
    KeyPlace.TOKEN: "A key that is in the token already",
    KeyPlace.KMS: "A key that is in AWS KMS already",
}
KIND_WORDS = {"ed25519": "Ed25519", "p256": "P-256", "p384": "P-384"}
_REFUSALS = (ConflictError, ForbiddenError, InputError, SigningKeyError, UnavailableError)

KEYS = Listing(
    "api-keys",
    ("id", "name", "scopes", "state", "created_at", "last_used_at", "ended_at"),
    lambda: access.all_api_keys(services()),
    lambda key: (
        key.id,
        key.name,
        key.scopes,
        "ended" if key.ended_at else "in use",
        key.created_at,
        key.last_used_at,
        key.ended_at,
    ),
    states=("in use", "ended"),
).serve(blueprint, Permission.INSPECT)


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _page()


@blueprint.post("")
@console_door(needs=Permission.KEYS, proof=True)
def create() -> Response:
    name, scopes = request.form.get("name", ""), request.form.getlist("scope")
    if access.RULING_SCOPES & set(scopes) and not colleague().may(Permission.ORGANISATION):
        raise ForbiddenError("only an owner makes keys for a directory")
    try:
        record, token = access.create_api_key(services(), name, scopes, now(), actor=actor())
    except InputError as error:
        return _page(400, problem=error.detail, name=name, chosen=scopes)
    return page("console/key_created.html", private=True, here="keys", record=record, key=token)


@blueprint.post("/<key_id>/end")
@console_door(needs=Permission.KEYS, proof=True)
def end(key_id: str) -> AnyResponse:
    access.end_api_key(services(), key_id, now(), actor=actor())
    flash(gettext("The API key no longer works. Calls with it are refused from now on."))
    return redirect(url_for("console.keys.index"), 303)


def _page(status: int = 200, *, problem: str = "", name: str = "", chosen: Sequence[str] = ()) -> Response:
    keys = KEYS.found()
    return page(
        "console/keys.html",
        status=status,
        private=True,
        here="keys",
        found=keys,
        keys=[key for key in keys.items if key.ended_at is None],
        ended=[key for key in keys.items if key.ended_at is not None],
        signing=services().issuer.keys,
        history=find_history(services()),
        scopes=SCOPE_WORDS,
        problem=problem,
        name=name,
        chosen=chosen,
    )


# --- ceremonies of signing keys ------------------------------------------------------------------------


@blueprint.get("/ceremonies")
@console_door(needs=Permission.INSPECT)
def ceremonies() -> Response:
    return _ceremonies()


@blueprint.post("/ceremonies")
@console_door(needs=Permission.ORGANISATION, proof=True)
def begin() -> AnyResponse:
    form = request.form
    try:
        place = form.get("place", "")
        if place in set(KeyPlace):
            wanted = WantedKey(form.get("kind", ""), KeyPlace(place), form.get("key", "").strip())
        else:  # the verification method of an existing one
            wanted = WantedKey(place=KeyPlace.PENDING, name=place)
        begun = ceremony.begin_ceremony(
            services(), context().organisations, wanted, form.get("backup", ""), actor=actor(), now=now()
        )
    except _REFUSALS as error:
        return _ceremonies(error)
    return redirect(url_for("console.keys.one_ceremony", key=begun.key.public_key_multibase), 303)


@blueprint.get("/ceremonies/<key>")
@console_door(needs=Permission.INSPECT)
def one_ceremony(key: str) -> Response:
    return _one(key)


@blueprint.post("/ceremonies/<key>/witness")
@console_door(needs=Permission.INSPECT, proof=True)
def witness(key: str) -> AnyResponse:
    compared = request.form.get("compared", "")
    try:
        if request.form.get("present") != "yes":
            raise InputError("confirm that you were there, and that what you see here is what was read aloud")
        ceremony.witness_ceremony(
            services(), context().organisations, key, compared, actor=actor(), now=now()
        )
    except _REFUSALS as error:
        return _one(key, error)
    flash(gettext("You have witnessed this key. This page is the record of it, and can be printed."))
    return redirect(url_for("console.keys.one_ceremony", key=key), 303)


@blueprint.post("/ceremonies/<key>/end")
@console_door(needs=Permission.ORGANISATION, proof=True)
def end_ceremony(key: str) -> AnyResponse:
    try:
        ceremony.end_ceremony(services(), context().organisations, key, actor=actor(), now=now())
    except _REFUSALS as error:
        return _one(key, error)
    flash(gettext("The ceremony was stopped. Its key is withdrawn, and never signed anything."))
    return redirect(url_for("console.keys.one_ceremony", key=key), 303)


def _ceremonies(error: CredservError | None = None) -> Response:
    return page(
        "console/ceremonies.html",
        status=_status(error),
        private=True,
        here="keys",
        found=ceremony.ceremonies(services()),
        pending=ceremony.waiting_keys(services()),
        known=services().issuer,
        places=PLACE_WORDS,
        kinds=KIND_WORDS,
        error=error,
        form=request.form,
    )


def _one(key: str, error: CredservError | None = None) -> Response:
    found = ceremony.ceremony_of(services(), key)
    return page(
        "console/ceremony.html",
        status=_status(error),
        private=True,
        here="keys",
        one=found,
        digits=ceremony.COMPARED,
        is_mine=found.begun.line.actor == actor(),
        error=error,
        form=request.form,
    )


def _status(error: CredservError | None) -> int:
    return 503 if isinstance(error, (SigningKeyError, UnavailableError)) else status_of(error)

"""Console: API keys, made with scopes, shown once, ended at once; and how the signing keys stand."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ForbiddenError, InputError
from credserv.journeys.admit import access
from credserv.journeys.publish.did_documents import find_history
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("keys", __name__, url_prefix="/keys")

SCOPE_WORDS = {
    "credentials:issue": "Issue credentials",
    "credentials:read": "Read credentials and their state",
    "credentials:status": "Revoke, suspend and restore credentials",
    "directory:write": "Tell of people and groups, as your directory does (SCIM)",
    "achievements:write": "Load achievements and new versions of them",
    "accreditations:read": "Read programmes, applications, accreditations and audits",
    "accreditations:write": "Send what happens in them: evidence, decisions, appeals, audits",
    "people:write": "Say by which names people are known in learning systems, and who works where",
    "outcomes:read": "Read metrics and published figures",
    "outcomes:write": "Tell what became of people, set metrics, freeze quarters",
    "vc-api:issue": "Sign credentials that it builds itself (VC-API)",
}

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
    flash(gettext("The API key was ended. Calls with it are refused from now on."))
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

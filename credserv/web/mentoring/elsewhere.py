"""Endorse with a key of one's own: what to sign, including what entitles the signer, and where to submit it.

The form is the same for members and for outsiders (`endorse_outside`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.endorsing import WHY
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    ForbiddenError,
    InputError,
    ProofError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit import signing_elsewhere
from credserv.journeys.accredit.asked_to_endorse import look_as_endorser
from credserv.journeys.accredit.endorsements import JudgedEndorsement
from credserv.journeys.accredit.endorsing import MAX_COMMENT_CHARS, EndorsementWish
from credserv.journeys.admit.persons import member_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import page, root
from credserv.web.mentoring.endorse import read_wish

blueprint = Blueprint("elsewhere", __name__)

MENDABLE = (InputError, ConflictError, ForbiddenError, ProofError, UnavailableError)


@blueprint.get("/endorse/<name>/elsewhere")
@holder_door(guessable=True)
def look(name: str) -> Response:
    return _page(name)


@blueprint.post("/endorse/<name>/elsewhere")
@holder_door(guessable=True, budget="verify")
def ready(name: str) -> Response:
    return show_ready(
        lambda wish: signing_elsewhere.ready_for_member(services(), name, _member(), wish, now()),
        lambda **told: _page(name, **told),
    )


@blueprint.post("/endorse/<name>/elsewhere/signed")
@holder_door(guessable=True, budget="verify")
def hand_in(name: str) -> AnyResponse:
    """Submit an endorsement. No recent confirmation is needed: their own key signed it."""
    try:
        given = signing_elsewhere.hand_in(
            services(), name, *read_signed(), actor=f"person:{holder_id()}", now=now()
        )
    except MENDABLE as error:
        return _page(name, error=error)
    flash(told_of(given))
    return redirect(url_for("mentoring.endorse.look", name=name), 303)


# --- the form, for both -----------------------------------------------------------------------------


def show_ready(make: Callable[[EndorsementWish], JsonObject], show: Callable[..., Response]) -> Response:
    """Show what to sign, on the page that requested it. The date is that of the click."""
    try:
        made = make(replace(read_wish(), stated_at=None, reference=None))
    except MENDABLE as error:
        return show(error=error)
    return show(made=json.dumps(made, ensure_ascii=False, indent=1), is_entitled="evidence" in made)


def read_signed() -> tuple[JsonObject, str]:
    """Return what was signed, and for which competency. Raises InputError."""
    return parse_json_object(request.form.get("signed", "").encode()), request.form.get("competency", "")


def told_of(given: JudgedEndorsement) -> str:
    if given.counts:
        return gettext("Your endorsement was handed in. It counts.")
    why = gettext(WHY[given.weight])
    return gettext("Your endorsement was handed in. It does not count: who gave it %(why)s.", why=why)


def form_page(
    template: str, asked: Any, action: str, *, error: CredservError | None = None, **told: Any
) -> Response:
    return page(
        template,
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        asked=asked,
        action=action,
        most=MAX_COMMENT_CHARS,
        typed=request.form,
        error=error,
        **told,
    )


def _member() -> str:
    return member_of(services(), holder_id()).id


def _page(name: str, **told: Any) -> Response:
    return form_page(
        "mentoring/elsewhere.html",
        look_as_endorser(services(), name, _member(), now()),
        f"{root()}/wallet/mentoring/endorse/{name}/elsewhere",
        did=signing_elsewhere.own_did(services(), _member()),
        **told,
    )

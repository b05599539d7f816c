"""Console: badges that holders say are not theirs, or wrong, and the decisions about them."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import AbsentError, ConflictError, CredservError, ForbiddenError, InputError
from credserv.ground.names import cut
from credserv.journeys.admit.colleagues import require_grant
from credserv.journeys.admit.members import read_day
from credserv.journeys.award import objections
from credserv.journeys.define.catalogue import newest_of_each
from credserv.openbadges.display import achievement_display
from credserv.records.credentials import CredentialRecord
from credserv.records.objections import ObjectionKind, ObjectionRecord
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("objections", __name__, url_prefix="/objections")

OBJECTIONS = Listing(
    "objections",
    ("id", "badge", "kind", "words", "state", "made_at", "decided_at", "reason"),
    lambda: objections.all_objections(services()),
    lambda one: (
        one.objection.id,
        one.name,
        one.objection.kind,
        one.objection.words,
        "half done" if one.objection.ordered else one.objection.state,
        one.objection.made_at,
        one.objection.decided_at,
        one.objection.reason,
    ),
    states=("open", "half done", "upheld", "refused"),
).serve(blueprint, Permission.INSPECT)


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    found = OBJECTIONS.found()
    return page(
        "tell/objections.html",
        private=True,
        here="objections",
        found=found,
        unsettled=[one for one in found.items if not one.objection.is_settled],
        settled=[one for one in found.items if one.objection.is_settled],
    )


@blueprint.get("/<objection_id>")
@console_door(needs=Permission.INSPECT)
def show(objection_id: str) -> Response:
    return _page(objection_id)


@blueprint.post("/<objection_id>")
@console_door(needs=Permission.CHANGE_STATUS, proof=True)
def decide(objection_id: str) -> AnyResponse:
    reason, deed = request.form.get("reason", "").strip(), request.form.get("do", "")
    found, credential = objections.find_objection(services(), objection_id)
    try:
        if deed == "refuse":
            objections.refuse(services(), objection_id, reason, actor=actor(), now=now())
        elif deed == "uphold":
            if request.form.get("sure") != "yes":
                raise InputError("confirm that the badge is revoked, which cannot be undone")
            instead = _instead(found, credential)
            objections.uphold(services(), objection_id, reason, instead, actor=actor(), now=now())
        else:
            raise InputError("choose what you decide")
    except (InputError, AbsentError, ConflictError, ForbiddenError) as error:
        return _page(objection_id, error)
    flash(gettext("Decided. The holder reads your reason."))
    return redirect(url_for("tell.objections.index"), 303)


def _instead(objection: ObjectionRecord, credential: CredentialRecord) -> objections.Instead | None:
    """Return the replacement; None if none is wanted.

    Raises InputError, and ForbiddenError without a grant.
    """
    form, order = request.form, credential.order
    email = form.get("email", "").strip() if objection.kind is ObjectionKind.NOT_MINE else ""
    if objection.kind is ObjectionKind.NOT_MINE and not email:
        return None
    key = form.get("achievement", "")
    require_grant(services(), colleague(), key, email or order.recipient.email or "", now())
    day = read_day(form.get("day", ""))
    if day is None or day > services().today(now()):
        raise InputError("say on which day it was earned, today at the latest")
    same = day == order.awarded_at.date()
    return objections.Instead(
        achievement_key=key,
        awarded_at=order.awarded_at if same else datetime(day.year, day.month, day.day, tzinfo=UTC),
        email=email or None,
        name=cut(form.get("name", "").strip(), 200) or None,
        keeps_results=form.get("keeps_results") == "yes",
    )


def _page(objection_id: str, error: CredservError | None = None) -> Response:
    found, credential = objections.find_objection(services(), objection_id)
    newest = newest_of_each(services())
    return page(
        "tell/objection.html",
        status=status_of(error),
        private=True,
        here="objections",
        told=objections.describe_objection(services(), found),
        record=credential,
        achievements=[(version.key, achievement_display(version.achievement).name) for version in newest],
        chosen=request.form.get("achievement") or credential.order.achievement_key,
        form=request.form,
        max_words=objections.MAX_WORDS,
        error=error,
    )

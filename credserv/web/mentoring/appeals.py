"""A person reads why a decision about them was made, and appeals against it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.accredit.appeals import MAX_CHARS, Appeal, open_appeal
from credserv.journeys.accredit.own_cases import own_case, own_cases
from credserv.records.accreditation import AppealAbout
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("appeals", __name__, url_prefix="/appeals")

WORDS = {
    AppealAbout.REFUSAL: "your application was refused",
    AppealAbout.SUSPENSION: "it was suspended",
    AppealAbout.AUDIT: "an auditor found",
    AppealAbout.REVOCATION: "it was revoked",
}
FOLLOWS = {
    AppealAbout.REFUSAL: "Your application is open again.",
    AppealAbout.SUSPENSION: "That suspension is over.",
    AppealAbout.AUDIT: "A suspension for it is over, and another auditor looks at it.",
    AppealAbout.REVOCATION: "What was revoked stays revoked. You get another badge for the rest of the time.",
}


@blueprint.get("")
@holder_door()
def index() -> Response:
    return page(
        "mentoring/appeals.html",
        private=True,
        cases=own_cases(services(), holder_id(), now()),
        follows=FOLLOWS,
        words=WORDS,
    )


@blueprint.get("/<credential_id>")
@holder_door(guessable=True)
def ask(credential_id: str) -> Response:
    return _page(credential_id)


@blueprint.post("/<credential_id>")
@holder_door(guessable=True)
def say(credential_id: str) -> AnyResponse:
    case = own_case(services(), holder_id(), credential_id, now())
    about = request.form.get("about", "")
    try:
        if about not in set(AppealAbout):
            raise InputError("choose what you appeal against")
        wanted = Appeal(request.form.get("words", "").strip(), AppealAbout(about))
        by = case.application.membership_id
        open_appeal(services(), credential_id, wanted, by=by, actor=f"person:{holder_id()}", now=now())
    except (InputError, ConflictError) as error:
        return _page(credential_id, error)
    flash(gettext("Your appeal was sent. Somebody who had no part in it decides; you read the reason here."))
    return redirect(url_for("mentoring.appeals.index"), 303)


def _page(credential_id: str, error: CredservError | None = None) -> Response:
    return page(
        "mentoring/appeal.html",
        status=status_of(error),
        private=True,
        case=own_case(services(), holder_id(), credential_id, now()),
        words=WORDS,
        max_chars=MAX_CHARS,
        form=request.form,
        error=error,
    )

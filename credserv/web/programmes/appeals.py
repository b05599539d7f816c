"""Console: appeals, each with its case, decided by somebody who had no part in it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.separation import involved
from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError
from credserv.journeys.accredit import appeals
from credserv.journeys.accredit.case_file import case_file, name_of
from credserv.journeys.accredit.parts import case_of
from credserv.records.accreditation import AppealAbout
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("appeals", __name__, url_prefix="/appeals")

WORDS = {
    AppealAbout.REFUSAL: "the refusal",
    AppealAbout.SUSPENSION: "the suspension",
    AppealAbout.AUDIT: "what an auditor found",
    AppealAbout.REVOCATION: "the revocation",
}
FOLLOWS = {
    AppealAbout.REFUSAL: "The application is open again, for as long as it had been.",
    AppealAbout.SUSPENSION: "The suspension ends now.",
    AppealAbout.AUDIT: "A suspension for it ends now, and another auditor looks at the case.",
    AppealAbout.REVOCATION: "The revocation itself is final. They may apply again.",
}

APPEALS = Listing(
    "appeals",
    ("id", "person", "credential", "against", "words", "opened_at"),
    lambda: [(one, name_of(services(), one.opened_by)) for one in appeals.undecided_appeals(services())],
    lambda row: (row[0].id, row[1], row[0].credential_id, row[0].about, row[0].words, row[0].opened_at),
).serve(blueprint, Permission.CASES)


@blueprint.get("")
@console_door(needs=Permission.CASES)
def index() -> Response:
    return page("programmes/appeals.html", private=True, here="appeals", appeals=APPEALS.found(), words=WORDS)


@blueprint.get("/<appeal_id>")
@console_door(needs=Permission.CASES)
def show(appeal_id: str) -> Response:
    return _page(appeal_id)


@blueprint.post("/<appeal_id>")
@console_door(needs=Permission.DECIDE)
def decide(appeal_id: str) -> AnyResponse:
    said = request.form.get("verdict", "")
    try:
        if said not in ("upheld", "rejected"):
            raise InputError("choose what you decide")
        reason = request.form.get("reason", "").strip()
        verdict = appeals.Verdict(said == "upheld", colleague().membership_id, reason)
        appeals.decide_appeal(services(), appeal_id, verdict, actor=actor(), now=now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(appeal_id, error)
    flash(gettext("Decided. The person reads your reason."))
    return redirect(url_for("programmes.appeals.index"), 303)


def _page(appeal_id: str, error: CredservError | None = None) -> Response:
    found = appeals.find_appeal(services(), appeal_id)
    part = involved(case_of(services(), found.credential_id), colleague().membership_id)
    return page(
        "programmes/appeal.html",
        status=status_of(error),
        private=True,
        here="appeals",
        appeal=found,
        file=case_file(services(), found.credential_id, now()),
        say=gettext,
        words=WORDS,
        follows=FOLLOWS[found.about],
        part=None if part is None else part.value,
        max_chars=appeals.MAX_CHARS,
        form=request.form,
        error=error,
    )

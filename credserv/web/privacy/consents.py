"""A person's consents: view, download, withdraw."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, NotFoundError
from credserv.journeys.hold import consents, declining
from credserv.journeys.measure import agreeing
from credserv.journeys.transfer import hosts
from credserv.records.consents import FOR_ORGANISATION, Purpose
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("consents", __name__, url_prefix="/consents")
WORDS = {
    Purpose.APP: "Let an app in",
    Purpose.ANSWER: "Answered somebody who asked",
    Purpose.TAKE: "Took a badge into an app",
    Purpose.HOST: "Connected a host",
    Purpose.FACTS: "Shared with facts of you",
    Purpose.PROFILE: "Made a public page",
    Purpose.OUTCOMES: "Be counted in figures",
    Purpose.REGISTER: "Stand in the register of mentors",
    Purpose.FEEDBACK: "Have others asked about your work",
    Purpose.MATCHING: "Let earlier mentoring count in suggestions",
    Purpose.PROGRESS: "Show who leads you how far you are",
    Purpose.NO_AWARDS: "Be awarded no badges",
}


@blueprint.get("")
@holder_door()
def index() -> Response:
    return _page()


@blueprint.post("/give")
@holder_door(budget="verify")
def give() -> AnyResponse:
    """Give consent to the organisation of this address."""
    try:
        if not agreeing.may_ask(services(), holder_id()):
            raise NotFoundError("this organisation asks nothing of you")
        purpose = agreeing.parse_purpose(request.form.get("purpose", ""))
    except NotFoundError as error:
        return _page(error)
    agreeing.agree(services(), holder_id(), purpose, actor="holder", now=now())
    flash(gettext("Written down. You can withdraw it here at any time."))
    return redirect(url_for("privacy.consents.index"), 303)


@blueprint.post("/no-awards")
@holder_door(budget="verify")
def no_awards() -> AnyResponse:
    """Ask for no awards by the organisation of this address, or end that wish."""
    wants_none = request.form.get("wish") == "none"
    try:
        (declining.decline if wants_none else declining.allow_again)(services(), holder_id(), now())
    except NotFoundError as error:
        return _page(error)
    flash(
        gettext("You are awarded no badges from now on.")
        if wants_none
        else gettext("Badges are awarded to you again.")
    )
    return redirect(url_for("privacy.consents.index"), 303)


@blueprint.post("/withdraw")
@holder_door(budget="verify")
def withdraw() -> AnyResponse:
    """Withdraw a consent; a host is notified, if it says how."""
    chosen = request.form.get("consent", "")
    try:
        found = consents.find_consent(services(), holder_id(), chosen)
        if found.purpose is Purpose.HOST and found.withdrawn_at is None:
            hosts.disconnect(services(), holder_id(), found.reference, now())
        else:
            consents.withdraw(services(), holder_id(), chosen, now())
    except (NotFoundError, ConflictError) as error:
        return _page(error)
    flash(gettext("Withdrawn. It no longer allows anything."))
    return redirect(url_for("privacy.consents.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    return page(
        "wallet/consents.html",
        status=status_of(error),
        private=True,
        known=consents.consents_of(services(), holder_id()),
        words=WORDS,
        asked=FOR_ORGANISATION if agreeing.may_ask(services(), holder_id()) else (),
        declines_since=declining.declines_since(services(), holder_id()),
        agreed=agreeing.agreed(services(), holder_id(), now()),
        now=now(),
        error=error,
    )

"""A person asks this organisation to confirm their employment."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, NotFoundError, UnauthenticatedError
from credserv.journeys.award.employment_requests import ask_for_employment, requests_of
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_employment", __name__, url_prefix="/wallet/employment")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("")
@holder_door()
def home() -> Response:
    return _page()


@blueprint.post("")
@holder_door()
def ask() -> AnyResponse:
    try:
        ask_for_employment(services(), holder_id(), now())
    except (ConflictError, NotFoundError) as error:
        return _page(error)
    flash(
        gettext(
            "Your request was sent. You see here what becomes of it; if it is granted, a credential "
            "comes to your wallet."
        )
    )
    return redirect(url_for("wallet_employment.home"), 303)


def _page(error: CredservError | None = None) -> Response:
    return page(
        "wallet/employment.html",
        status=status_of(error),
        private=True,
        asked=requests_of(services(), holder_id()),
        error=error,
    )

"""The wallet: badges that count towards this organisation's badges by the person's choice, and undoing
that."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import InputError, NotFoundError, UnauthenticatedError, UnavailableError
from credserv.journeys.award.handed_in import hand_in, handed_by, take_back
from credserv.journeys.transfer.brought import brought_file
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_counting", __name__, url_prefix="/wallet/counting")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("")
@holder_door()
def home() -> AnyResponse:
    return page(
        "wallet/counting.html",
        private=True,
        items=handed_by(services(), holder_id(), now=now()),
        name=services().issuer.profile.get("name"),
    )


@blueprint.post("")
@holder_door(budget="verify")
def add() -> AnyResponse:
    """Add one of the imported badges, chosen on its page."""
    import_id = request.form.get("import", "")
    _, content = brought_file(services(), holder_id(), import_id)
    try:
        hand_in(services(), holder_id(), content, now=now())
    except (InputError, NotFoundError, UnavailableError) as error:
        flash(gettext("It was not handed in: %(why)s.", why=error.detail), "fault")
        return redirect(url_for("wallet_imports.one", import_id=import_id), 303)
    flash(gettext("It counts from now on."))
    return redirect(url_for("wallet_counting.home"), 303)


@blueprint.post("/<handed_id>/take-back")
@holder_door(guessable=True)
def remove(handed_id: str) -> AnyResponse:
    take_back(services(), holder_id(), handed_id, now=now())
    flash(gettext("It no longer counts, and the organisation keeps nothing of it."))
    return redirect(url_for("wallet_counting.home"), 303)

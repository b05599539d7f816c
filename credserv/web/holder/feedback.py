"""A feedback link: one question to one person, without an account. Viewing it changes nothing."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.award import assess, feedback
from credserv.journeys.publish import publish
from credserv.mastery.targets import fragment_of
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page
from credserv.web.frame.translated import achievement_for_reader

blueprint = Blueprint("feedback", __name__, url_prefix="/feedback")
blueprint.record_once(install)
feedback_door = partial(door, guessable=True, form=True, private=True)


@blueprint.get("/<token>")
@feedback_door()
def look(token: str) -> Response:
    return _page(token)


@blueprint.post("/<token>")
@feedback_door(budget="links")
def say(token: str) -> AnyResponse:
    typed = request.form
    try:
        if not typed.get("level") and typed.get("shown") not in ("yes", "no"):
            raise InputError("choose how well it was done")
        feedback.answer(
            services(),
            token,
            level=typed.get("level") or None,
            shown=typed.get("shown") == "yes",
            note=typed.get("note", "").strip(),
            context=typed.get("context", ""),
            now=now(),
        )
    except (InputError, ConflictError) as error:
        return _page(token, error)
    flash(gettext("Thank you. Your answer was recorded."))
    return redirect(url_for("feedback.look", token=token), 303)


def _page(token: str, error: CredservError | None = None) -> Response:
    asked = feedback.asked_by(services(), token, now())
    version = publish.achievement(services(), asked.achievement_key, None)
    return page(
        "wallet/feedback.html",
        status=status_of(error),
        private=True,
        asked=asked,
        action=f"/feedback/{token}",
        display=achievement_for_reader(version),
        levels=[(fragment_of(level), level) for level in assess.rubric_of(version)],
        contexts=() if asked.round else assess.contexts_of(services(), version.key),
        form=request.form,
        error=error,
    )

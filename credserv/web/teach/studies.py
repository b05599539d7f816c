"""Console: an achievement's worth as learning, and what the EU's learning credential still needs."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.journeys.define import studies
from credserv.journeys.learning import missing_of
from credserv.journeys.publish import publish
from credserv.openbadges.display import achievement_display
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("studies", __name__, url_prefix="/achievements/<key>/learning")


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key",))
def learning(key: str) -> Response:
    return _page(key)


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def change(key: str) -> AnyResponse:
    try:
        made = studies.set_studies(services(), key, request.form, actor=actor(), now=now())
    except InputError as error:
        return _page(key, error)
    flash(
        gettext(
            "Version %(version)s is the newest. Credentials issued from now on name it.", version=made.version
        )
    )
    return redirect(url_for(".learning", key=key), 303)


def _page(key: str, error: CredservError | None = None) -> Response:
    version = publish.achievement(services(), key, None)
    return page(
        "teach/studies.html",
        status=status_of(error),
        private=True,
        here="achievements",
        error=error,
        version=version,
        display=achievement_display(version.achievement),
        missing=missing_of(services(), version),
        form=studies.studies_form(version) if error is None else request.form,
    )

"""Console: an achievement's alignments, picked from the frameworks without typing."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, NotFoundError
from credserv.journeys.define import alignments
from credserv.journeys.define.skills import list_frameworks, search_skills
from credserv.journeys.publish import publish
from credserv.openbadges.definition_advice import advise
from credserv.openbadges.display import achievement_display
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("alignments", __name__, url_prefix="/achievements/<key>/skills")


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key",))
def skills(key: str) -> Response:
    """Show its alignments, and with `q` possible ones."""
    return _page(key)


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def change(key: str) -> AnyResponse:
    """Align to a framework's skill (`pick`), remove one (`remove`), or add the address typed."""
    form = request.form
    try:
        if form.get("pick"):
            made = alignments.align(services(), key, form["pick"], actor=actor(), now=now())
        elif form.get("remove"):
            made = alignments.unalign(services(), key, form["remove"], actor=actor(), now=now())
        else:
            made = alignments.align_freely(
                services(),
                key,
                name=form.get("name", ""),
                url=form.get("url", ""),
                framework=form.get("named_framework", ""),
                actor=actor(),
                now=now(),
            )
    except (InputError, NotFoundError) as error:
        return _page(key, error)
    flash(
        gettext(
            "Version %(version)s is the newest. Credentials issued from now on name it.", version=made.version
        )
    )
    return redirect(url_for(".skills", key=key, q=form.get("q", "") or None), 303)


def _page(key: str, error: CredservError | None = None) -> Response:
    version = publish.achievement(services(), key, None)
    words, chosen = request.values.get("q", "").strip(), request.values.get("framework", "")
    return page(
        "teach/alignments.html",
        status=status_of(error),
        private=True,
        here="achievements",
        error=error,
        version=version,
        display=achievement_display(version.achievement),
        aligned=alignments.alignments_of(services(), version),
        advice=advise(version.achievement, version.learning),
        frameworks=list_frameworks(services()),
        words=words,
        chosen=chosen,
        found=search_skills(services(), words, framework_id=chosen) if words else (),
    )

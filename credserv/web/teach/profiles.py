"""Console: a pathway from a role profile. Proposed here, then viewed, changed and saved like any other."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.define.profile_pathways import make_target, propose_profile_pathway
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("profiles", __name__, url_prefix="/frameworks/profiles/<key>/pathway")


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key",))
def propose(key: str) -> Response:
    return _page(key)


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def make(key: str) -> AnyResponse:
    """Create the badge it leads to if that is new; the steps are shown, not saved."""
    form = request.form
    try:
        toward = form.get("toward", "") or make_target(
            services(), key, form.get("name", ""), actor=actor(), now=now()
        )
    except InputError as error:
        return _page(key, error)
    gaps = form.get("gaps") or None
    return redirect(url_for("teach.pathways.pathway", key=toward, profile=key, gaps=gaps), 303)


def _page(key: str, error: CredservError | None = None) -> Response:
    proposed = propose_profile_pathway(services(), key)
    return page(
        "teach/profile_pathway.html",
        status=status_of(error),
        private=True,
        here="frameworks",
        error=error,
        key=key,
        proposed=proposed,
        covered=[one for one in proposed.skills if not one.gap],
        choices=[(one.key, str(one.achievement["name"])) for one in newest_of_each(services())],
        form=request.form,
    )

"""The wallet against the role profiles of the organisation: what somebody has, and what is missing."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, UnauthenticatedError
from credserv.journeys.check.eligibility import assess, tell_eligibility
from credserv.journeys.check.many import MAX_INPUTS, Submitted
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import list_profiles, require_profile
from credserv.journeys.hold import wallet
from credserv.records.access import SessionKind
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page
from credserv.web.frame.sessions import current_session

blueprint = Blueprint("wallet_roles", __name__, url_prefix="/wallet")
blueprint.record_once(install)


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_come_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("wallet.home"), 303)


@blueprint.get("/roles")
@door(budget="verify", session=SessionKind.HOLDER, form=True, private=True)
def roles() -> Response:
    """Each badge is verified as anybody would; with `profile` the sheet of that role."""
    own, key = services(), request.args.get("profile", "")
    person_id = current_session(own, SessionKind.HOLDER, now()).subject
    told = None
    if key:
        profile = require_profile(own, key)
        held = wallet.wallet(own, person_id, now()).credentials[:MAX_INPUTS]
        given = [Submitted(one.display.name, data=one.signed) for one in held]
        links = known_links(own, [skill.uri for skill in profile.skills])
        told = tell_eligibility(assess(own, profile, given, now=now(), crosswalk=links))
    return page("wallet/roles.html", private=True, profiles=list_profiles(own), told=told)

"""The wallet compared with the organisation's role profiles: what somebody has, and what is missing."""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.accredit.skill_mentors import name_mentors_for
from credserv.journeys.check.eligibility import assess, tell_eligibility
from credserv.journeys.check.many import MAX_INPUTS, Submitted
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import list_profiles, require_profile
from credserv.journeys.hold import wallet
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_roles", __name__, url_prefix="/wallet")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)


@blueprint.get("/roles")
@holder_door(budget="verify")
def roles() -> Response:
    """Show roles, verifying each badge as anybody would; with `profile`, that role's sheet and whom to
    ask."""
    own, key = services(), request.args.get("profile", "")
    person_id = holder_id()
    told, left = None, 0
    if key:
        profile = require_profile(own, key)
        held = wallet.wallet(own, person_id, now()).credentials
        given = [Submitted(one.display.name, data=one.signed) for one in held[:MAX_INPUTS]]
        left = len(held) - len(given)
        links = known_links(own, [skill.uri for skill in profile.skills])
        shown = tell_eligibility(assess(own, profile, given, now=now(), crosswalk=links))
        told = name_mentors_for(own, shown, person_id, now())
    return page("wallet/roles.html", private=True, profiles=list_profiles(own), told=told, left=left)

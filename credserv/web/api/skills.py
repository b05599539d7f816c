"""/api/v1: imported frameworks, and the search for skills in them, for programs."""

from __future__ import annotations

from typing import Any

from flask import Response

from credserv.ground.canonical_json import to_json
from credserv.journeys.award.reached import reached_skills, tell_reached
from credserv.journeys.define.profile_pathways import propose_profile_pathway, tell_profile_pathway
from credserv.journeys.define.role_profiles import list_profiles, tell_profile
from credserv.journeys.define.skills import list_frameworks, search_skills, tell_framework, tell_skill
from credserv.web.api import skill_shapes as payloads
from credserv.web.frame.auth import require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.strict import Blueprint

bp = Blueprint("skills", __name__, url_prefix="/api/v1", description="For programs, with an API key.")


@bp.route("/frameworks", methods=["GET"], tags=["Skills"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.doc(operationId="listFrameworks")
@bp.response(200, payloads.FrameworkListAnswer)
def get_frameworks() -> Response:
    """List the imported competency frameworks by name, each with its licence."""
    return _json({"items": [tell_framework(one) for one in list_frameworks(services())]})


@bp.route("/skills", methods=["GET"], tags=["Skills"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(payloads.SkillQuery, location="query", unknown="raise")
@bp.doc(operationId="searchSkills")
@bp.response(200, payloads.SkillListAnswer)
def get_skills(query: dict[str, Any]) -> Response:
    """Find skills while somebody types: by the beginnings of words, by code or by URI, best match first."""
    found = search_skills(
        services(), query["q"], framework_id=query.get("framework", ""), limit=query["limit"]
    )
    return _json({"items": [tell_skill(one, query.get("language", "")) for one in found]})


@bp.route("/skills/reached", methods=["GET"], tags=["Skills"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.arguments(payloads.ReachedQuery, location="query", unknown="raise")
@bp.doc(operationId="listReachedSkills")
@bp.response(200, payloads.ReachedListAnswer)
def get_reached(query: dict[str, Any]) -> Response:
    """Return the skills in somebody's badges of this organisation, each with the level reached.

    Only valid badges count; roles and levels among their alignments are left out.
    """
    found = reached_skills(services(), query["email"], now=now())
    return _json({"items": [tell_reached(one) for one in found]})


@bp.route("/role-profiles", methods=["GET"], tags=["Skills"])
@door(budget="api", machine=True)
@require_scope("credentials:read")
@bp.doc(operationId="listRoleProfiles")
@bp.response(200, payloads.RoleProfileListAnswer)
def get_role_profiles() -> Response:
    """List the organisation's role profiles by name."""
    return _json({"items": [tell_profile(one) for one in list_profiles(services())]})


@bp.route("/role-profiles/<string:key>/pathway", methods=["GET"], tags=["Skills"])
@door(budget="api", machine=True, shown=("key",))
@require_scope("credentials:read")
@bp.arguments(payloads.ProfilePathwayQuery, location="query", unknown="raise")
@bp.doc(operationId="proposeProfilePathway")
@bp.response(200, payloads.ProfilePathwayAnswer)
def get_profile_pathway(query: dict[str, Any], key: str) -> Response:
    """Propose a pathway to a role: for each skill it requires, the badges that show it, or that none does.

    Nothing is stored. `rule` is a proposal: change it, and set it (`setRule`) as the rule of the badge at the
    end of the pathway.
    """
    proposed = propose_profile_pathway(
        services(), key, toward=query.get("toward", ""), steps_for_gaps=query["gaps"] == "steps"
    )
    return _json(tell_profile_pathway(proposed))


def _json(answer: dict[str, Any]) -> Response:
    return Response(to_json(answer), mimetype="application/json")

"""The wallet: how somebody came to what they can do."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.journeys.hold import wallet
from credserv.journeys.measure.trajectory import Badge, trajectory_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.rendering import page

blueprint = Blueprint("trajectory", __name__, url_prefix="/trajectory")


@blueprint.get("")
@holder_door()
def show() -> Response:
    """Of badges that stand; what was revoked shows nothing."""
    found = wallet.wallet(services(), holder_id(), now()).credentials
    badges = [
        Badge(one.organisation, one.record.id, one.signed)
        for one in found
        if one.standing is not wallet.Standing.REVOKED
    ]
    return page("mentoring/trajectory.html", private=True, lines=trajectory_of(services(), badges))

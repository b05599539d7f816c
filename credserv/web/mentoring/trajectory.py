"""The wallet: how somebody gained their skills."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.own_sessions import Practised, practised
from credserv.journeys.admit.persons import member_of
from credserv.journeys.hold import wallet
from credserv.journeys.measure.trajectory import Badge, trajectory_of
from credserv.journeys.transfer.brought import proven_badges
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.rendering import page

blueprint = Blueprint("trajectory", __name__, url_prefix="/trajectory")


@blueprint.get("")
@holder_door()
def show() -> Response:
    """Show valid badges from here and elsewhere; revoked ones show nothing."""
    found = wallet.wallet(services(), holder_id(), now()).credentials
    badges = [
        Badge(one.organisation, one.record.id, one.signed)
        for one in found
        if one.standing is not wallet.Standing.REVOKED
    ]
    brought = proven_badges(services(), holder_id())
    return page(
        "mentoring/trajectory.html",
        private=True,
        lines=trajectory_of(services(), badges, brought),
        practised=_practised(),
    )


def _practised() -> tuple[Practised, ...]:
    """Return the practice; somebody who is no member here has no sessions here."""
    try:
        return practised(services(), member_of(services(), holder_id()).id, now())
    except NotFoundError:
        return ()

"""Console: with whom people succeed soonest, or that nothing shows it."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.journeys.measure.fastest import CAUTION, fastest_paths
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page

blueprint = Blueprint("fastest", __name__, url_prefix="/fastest-path")


@blueprint.get("")
@console_door(needs=Permission.PROGRAMMES)
def index() -> Response:
    return page(
        "programmes/fastest.html",
        private=True,
        here="capacity",
        found=fastest_paths(services(), now()),
        caution=CAUTION,
    )

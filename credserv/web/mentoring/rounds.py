"""Feedback from all sides about oneself, once it is complete."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.journeys.award import rounds
from credserv.journeys.publish import publish
from credserv.openbadges.display import achievement_display
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.rendering import page

blueprint = Blueprint("rounds", __name__, url_prefix="/feedback")


@blueprint.get("")
@holder_door()
def index() -> Response:
    found = [
        (one, achievement_display(publish.achievement(services(), one.round.achievement_key).achievement))
        for one in rounds.rounds_about(services(), holder_id(), now())
    ]
    return page("mentoring/rounds.html", private=True, rounds=found)

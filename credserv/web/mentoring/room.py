"""The pages of whoever mentors, learns from mentors, applies or endorses: its areas have a file each beside
this one."""

from __future__ import annotations

from flask import Blueprint

from credserv.ground.errors import UnauthenticatedError
from credserv.web.frame.holder_doors import ask_to_come_in
from credserv.web.frame.rendering import install
from credserv.web.mentoring import (
    appeals,
    applications,
    counted,
    elsewhere,
    endorse,
    identifier,
    practice,
    rounds,
    trajectory,
)
from credserv.web.mentoring.mentors import find, offer, sessions

_AREAS: tuple[Blueprint, ...] = (
    applications.blueprint,
    appeals.blueprint,
    counted.blueprint,
    find.blueprint,
    offer.blueprint,
    practice.blueprint,
    rounds.blueprint,
    sessions.blueprint,
    endorse.blueprint,
    elsewhere.blueprint,
    identifier.blueprint,
    trajectory.blueprint,
)

blueprint = Blueprint("mentoring", __name__, url_prefix="/wallet/mentoring")
blueprint.record_once(install)
for _area in _AREAS:
    blueprint.register_blueprint(_area)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

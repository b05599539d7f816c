"""The pages of people who mentor, learn from mentors, apply or endorse.

Each area has a file in this folder; those of mentors are a room of their own (`web/mentors`), added by the
factory.
"""

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

_AREAS: tuple[Blueprint, ...] = (
    applications.blueprint,
    appeals.blueprint,
    counted.blueprint,
    practice.blueprint,
    rounds.blueprint,
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

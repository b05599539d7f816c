"""The console's third room: its areas have a file each in this folder."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, UnauthenticatedError
from credserv.web.frame.console_doors import name_menu
from credserv.web.frame.rendering import install
from credserv.web.tell import (
    brand,
    letters,
    mappings,
    objections,
    personnel,
    provider,
    rehearsals,
    webhooks,
    wrong,
)

blueprint = Blueprint("tell", __name__, url_prefix="/console")
blueprint.record_once(install)
blueprint.context_processor(name_menu)
for _area in (brand, letters, mappings, objections, personnel, provider, rehearsals, webhooks, wrong):
    blueprint.register_blueprint(_area.blueprint)


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_sign_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("console.home"), 303)
